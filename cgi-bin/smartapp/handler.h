/* handler.h: your own code behind the SmartApp webhook: a table of functions, one a phase, in a shared object that the
 * config names ("smartapp": {"handler": "my-app.so"}). docs/smartapp.md has an example.
 *
 *     const struct smartapp_handler smartapp_handler = { .version = SMARTAPP_HANDLER_VERSION, .event = my_event };
 *
 * A function is called after the request was verified and read, before the answer that is given without it. What it asks
 * for (calls, values, state) is collected, and written down in one transaction with the answer if it returns SMARTAPP_OK;
 * the courier makes the calls afterwards, in order, with a fresh token. Nothing is done if it returns an error. A signed
 * request is given to it once: that it will be is on disk before it is, so neither a twin that comes at the same moment nor
 * a repetition after a crash gets to it; they are answered as the first was, an error where it never was. Functions run one at a time and should return within a second. All texts
 * and values live until they return. */
#ifndef SMARTAPP_HANDLER_H
#define SMARTAPP_HANDLER_H

#include "smartapp/page.h"
#include "smartapp/request.h"

#define SMARTAPP_HANDLER_VERSION 1

struct smartapp_call;
struct smartapp_tools;

typedef enum smartapp_error (*smartapp_function)(struct smartapp_call *);

struct smartapp_handler {
	unsigned		 version;	/* SMARTAPP_HANDLER_VERSION */
	smartapp_function	 confirmation, configuration, install, update, uninstall, oauth_callback, event;	/* NULL: nothing to do */
	/* Dynamic pages: called for INITIALIZE and PAGE; may answer by tools->answer, else the definition's page is it. */
	smartapp_function	 initialize, page;
};

/* One request. */
struct smartapp_call {
	const struct smartapp_tools	*tools;
	const struct smartapp_request	*request;
	const struct smartapp_definition *definition;
	const char			*correlation_id;	/* "-" if there is none */
	struct lifecycle			*own;			/* not for handlers */
};

struct smartapp_tools {
	/* Readers, as request.h has them. */
	const char	*(*token)(const struct smartapp_request *);
	const char	*(*app_id)(const struct smartapp_request *);
	const char	*(*location_id)(const struct smartapp_request *);
	enum smartapp_read (*as_devices)(const struct smartapp_setting *, const char *, const struct smartapp_value **, size_t *);
	enum smartapp_read (*as_str)(const struct smartapp_setting *, const char *, const char **);
	enum smartapp_read (*as_bool)(const struct smartapp_setting *, const char *, bool *);
	enum smartapp_read (*as_int)(const struct smartapp_setting *, const char *, long long *);
	enum smartapp_read (*as_float)(const struct smartapp_setting *, const char *, double *);
	const struct json *(*for_type)(const struct smartapp_event *, enum smartapp_event_type);
	const struct smartapp_event *(*filter)(const struct smartapp_event *, enum smartapp_event_type, smartapp_predicate, void *);

	/* The definition's, as page.h has them. */
	const struct smartapp_config_page *(*find_page)(const struct smartapp_definition *, const char *id);
	const struct smartapp_config_setting *(*find_setting)(const struct smartapp_definition *, const char *id);

	/* JSON, exact names; NULL and false where it is not there, or of another type. */
	const struct json *(*json_get)(const struct json *object, const char *name);
	const struct json *(*json_first)(const struct json *);
	const struct json *(*json_next)(const struct json *);
	const char	*(*json_string)(const struct json *);
	bool		 (*json_number)(const struct json *, double *);
	bool		 (*json_bool)(const struct json *, bool otherwise);
	/* Read a JSON text; NULL if it is none. A text of a value. printf into fresh memory. */
	struct json	*(*json_parse)(struct smartapp_call *, const char *text);
	char		*(*json_print)(struct smartapp_call *, const struct json *);
	char		*(*format)(struct smartapp_call *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

	/* Answers to INITIALIZE and PAGE. sections: a JSON text, an array as in a definition. Page ids NULL = none. */
	void		 (*answer_init)(struct smartapp_call *, const char *id, const char *name, const char *description,
			    const char *const *permissions, const char *first_page_id);
	bool		 (*answer_page)(struct smartapp_call *, const char *page_id, const char *name, const char *previous_page_id,
			    const char *next_page_id, bool complete, const char *sections);

	/* Wishes. False if it is refused: no JSON, too many. body: a JSON text, or NULL. */
	/* A call of SmartThings' API: "POST", "/devices/<id>/commands" ... */
	bool		 (*api)(struct smartapp_call *, const char *method, const char *path, const char *body);
	/* A command to a device; arguments: a JSON array, or NULL. */
	bool		 (*command)(struct smartapp_call *, const char *device, const char *component, const char *capability,
			    const char *command, const char *arguments);
	/* A subscription or a schedule of this installed app, as the API wants it. On INSTALL and UPDATE those of before go first. */
	bool		 (*subscribe)(struct smartapp_call *, const char *body);
	bool		 (*schedule)(struct smartapp_call *, const char *body);
	/* A value of a virtual device here: "switch.switch", "\"on\"". */
	bool		 (*set)(struct smartapp_call *, const char *user, const char *device, const char *attribute, const char *value);
	/* A JSON text to a web hook of yours. */
	bool		 (*post)(struct smartapp_call *, const char *url, const char *body);

	/* State of this installed app: names to JSON values. NULL if there is none; value NULL takes it away. */
	const struct json *(*state_get)(struct smartapp_call *, const char *name);
	bool		 (*state_set)(struct smartapp_call *, const char *name, const char *value);

	/* A line of the log. Never a token. */
	void		 (*log)(struct smartapp_call *, const char *text);
};

#endif
