/* request.h: lifecycle requests as structs: what SmartThings sent, checked and typed.
 *
 * Everything lives in the arena that it was read into. Members that may be absent are NULL (texts, JSON) or 0 (times).
 * Every reader answers with a value of an enum; none of them ends anything. This header needs no other of ours, so that
 * handlers (smartapp/handler.h) compile against it alone. */
#ifndef SMARTAPP_REQUEST_H
#define SMARTAPP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct json;

#define SMARTAPP_TOKEN_MAX	4096	/* bytes of an access or refresh token */
#define SMARTAPP_EVENTS_MAX	500	/* of one request */

/* What settings of type BOOLEAN hold, as text. */
#define SMARTAPP_TRUE		"true"
#define SMARTAPP_FALSE		"false"

enum smartapp_phase {
	SMARTAPP_CONFIRMATION,
	SMARTAPP_CONFIGURATION,
	SMARTAPP_INSTALL,
	SMARTAPP_UPDATE,
	SMARTAPP_UNINSTALL,
	SMARTAPP_OAUTH_CALLBACK,
	SMARTAPP_EVENT,
	SMARTAPP_PING,
	SMARTAPP_PHASES,
};

enum smartapp_config_phase { SMARTAPP_INITIALIZE, SMARTAPP_PAGE };

enum smartapp_value_type {
	SMARTAPP_VALUE_STRING,
	SMARTAPP_VALUE_DEVICE,
	SMARTAPP_VALUE_MODE,
	SMARTAPP_VALUE_SCENE,
	SMARTAPP_VALUE_PERMISSION,
	SMARTAPP_VALUE_MESSAGE,
	SMARTAPP_VALUE_OTHER,	/* a type of tomorrow, or none: json has it */
};

enum smartapp_event_type {
	SMARTAPP_DEVICE_COMMANDS_EVENT,
	SMARTAPP_DEVICE_EVENT,
	SMARTAPP_DEVICE_HEALTH_EVENT,
	SMARTAPP_DEVICE_LIFECYCLE_EVENT,
	SMARTAPP_HUB_HEALTH_EVENT,
	SMARTAPP_INSTALLED_APP_LIFECYCLE_EVENT,
	SMARTAPP_MODE_EVENT,
	SMARTAPP_SCENE_LIFECYCLE_EVENT,
	SMARTAPP_SECURITY_ARM_STATE_EVENT,
	SMARTAPP_TIMER_EVENT,
	SMARTAPP_WEATHER_EVENT,
	SMARTAPP_OTHER_EVENT,	/* one that is younger than this list: type_name has its name */
};

/* What went wrong with a whole request. */
enum smartapp_error {
	SMARTAPP_OK,
	SMARTAPP_INTERNAL_ERROR,	/* 500 */
	SMARTAPP_BAD_REQUEST_ERROR,	/* 400 */
	SMARTAPP_SIGNATURE_ERROR,	/* 401 */
};

/* What a reader of settings found. */
enum smartapp_read {
	SMARTAPP_READ_OK,
	SMARTAPP_READ_ABSENT,		/* the setting is not in the configuration */
	SMARTAPP_READ_EMPTY,		/* it is, with nothing in it */
	SMARTAPP_READ_TYPE,		/* its value is of another type: a device where a text was wanted */
	SMARTAPP_READ_FORM,		/* a text, but not "true"/"false", or no number, or one out of range */
};

struct smartapp_device {
	const char	*device_id, *component_id;	/* "main" unless said */
};

/* One value of a setting. */
struct smartapp_value {
	enum smartapp_value_type type;
	const char	*string;		/* STRING; the id of a MODE or SCENE; the key of a MESSAGE */
	struct smartapp_device	 device;	/* DEVICE */
	const struct json	*json;		/* as it came */
	struct smartapp_value	*next;
};

/* A setting with its values; the whole configuration is a list of these. */
struct smartapp_setting {
	const char		*key;
	struct smartapp_value	*values;
	size_t			 count;
	struct smartapp_setting	*next;
};

struct smartapp_installed_app {
	const char		*installed_app_id, *location_id;
	struct smartapp_setting	*config;
	const struct json	*config_json;		/* the same as it came */
	const char		**permissions;		/* NULL at the end */
};

struct smartapp_event {
	int64_t			 time;			/* ms; that of its arrival where the event has none */
	enum smartapp_event_type type;
	const char		*type_name;		/* "DEVICE_EVENT" */
	const struct json	*data;			/* the member that is named after the type: an object, or NULL */
	const struct json	*weather_data, *air_quality_data;
	struct smartapp_event	*next;
};

struct smartapp_confirmation {
	const char		*app_id, *confirmation_url;
};

struct smartapp_configuration {
	const char		*installed_app_id;
	enum smartapp_config_phase phase;
	const char		*page_id, *previous_page_id;	/* "" if there is none */
	struct smartapp_setting	*config;
	const struct json	*config_json;
};

/* INSTALL, UPDATE, UNINSTALL and EVENT: what a phase does not have is NULL. */
struct smartapp_lifecycle {
	const char		*auth_token, *refresh_token;
	struct smartapp_installed_app installed_app;
	struct smartapp_setting	*previous_config;	/* UPDATE */
	const char		**previous_permissions;
	struct smartapp_event	*events;		/* EVENT, in their order */
	size_t			 event_count;
};

struct smartapp_oauth_callback {
	const char		*installed_app_id, *url_path;	/* holds the third party's code: a secret */
};

struct smartapp_request {
	enum smartapp_phase	 phase;
	bool			 api_only;		/* came as messageType: an API access app */
	const char		*execution_id, *app_id, *locale, *version;
	const struct json	*client, *settings;	/* objects, or NULL */
	/* That of the phase is set. */
	struct smartapp_confirmation	 confirmation;
	struct smartapp_configuration	 configuration;
	struct smartapp_lifecycle	 data;
	struct smartapp_oauth_callback	 oauth_callback;
	const char		*challenge;		/* PING */
};

/* "INSTALL" ...; what else nobody sends is "". */
const char	*smartapp_phase_name(enum smartapp_phase);
const char	*smartapp_event_name(enum smartapp_event_type);
const char	*smartapp_error_name(enum smartapp_error);	/* "BadRequestError" ... */
const char	*smartapp_read_name(enum smartapp_read);	/* a few words for a log */

/* By its name; SMARTAPP_OTHER_EVENT, SMARTAPP_VALUE_OTHER if there is none such. */
enum smartapp_event_type smartapp_event_type(const char *name);
enum smartapp_value_type smartapp_value_type(const char *name);

/* Read a request out of its parsed body. NULL if it is one, else what is wrong with it. now: ms, for events without a time. */
const char	*smartapp_request_read(struct arena *, const struct json *body, int64_t now, struct smartapp_request *);

/* The phase that a body names, in either envelope; SMARTAPP_PHASES if it names none. */
enum smartapp_phase smartapp_request_phase(const struct json *body);

/* Read a configuration map by itself, as records keep it. NULL if it is one, else what is wrong. */
const char	*smartapp_config_read(struct arena *, const struct json *map, struct smartapp_setting **);

/* An id of an installed app, location, device ...: 1 to 64 of letters, digits, . _ -, not beginning with a dot. */
bool		 smartapp_id_ok(const char *);

/* The seed's token(), app_id() and location_id(): NULL where the phase has none. */
const char	*smartapp_token(const struct smartapp_request *);
const char	*smartapp_app_id(const struct smartapp_request *);
const char	*smartapp_location_id(const struct smartapp_request *);

/* --- settings --- */

/* The setting of that key; NULL if there is none. */
const struct smartapp_setting *smartapp_find(const struct smartapp_setting *config, const char *key);

/* Its devices: *values is the first of *count, linked by next. All of them must be devices. */
enum smartapp_read smartapp_as_devices(const struct smartapp_setting *config, const char *key,
		    const struct smartapp_value **values, size_t *count);

/* Its first value as text; as true or false, which are exactly the texts "true" and "false"; as a whole number of 64 bits; as
 * a finite decimal. On anything but SMARTAPP_READ_OK *out is left alone. */
enum smartapp_read smartapp_as_str(const struct smartapp_setting *config, const char *key, const char **out);
enum smartapp_read smartapp_as_bool(const struct smartapp_setting *config, const char *key, bool *out);
enum smartapp_read smartapp_as_int(const struct smartapp_setting *config, const char *key, long long *out);
enum smartapp_read smartapp_as_float(const struct smartapp_setting *config, const char *key, double *out);

/* --- events --- */

/* The first event from e on, e among them, that is of the type and for which predicate (NULL = any) says yes; NULL at the
 * end: for (e = smartapp_filter(list, t, p, x); e != NULL; e = smartapp_filter(e->next, t, p, x)) */
typedef bool	 (*smartapp_predicate)(void *arg, const struct json *data);
const struct smartapp_event *smartapp_filter(const struct smartapp_event *e, enum smartapp_event_type,
		    smartapp_predicate, void *arg);

/* What the event has for that type; NULL if it is of another. */
const struct json *smartapp_for_type(const struct smartapp_event *, enum smartapp_event_type);

#endif
