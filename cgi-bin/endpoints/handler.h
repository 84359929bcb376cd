/* handler.h: what an action of an app can do: a table of kinds, each a check of the file and a function that runs.
 *
 * A new kind is one more file with a struct handler, its name below and its row in handler.c. */
#ifndef ENDPOINTS_HANDLER_H
#define ENDPOINTS_HANDLER_H

#include <stdbool.h>
#include <stddef.h>

#include "db/store.h"
#include "endpoints/endpoints.h"
#include "oauth/grant.h"
#include "oauth/token.h"

struct definition;
struct device;
struct json;
struct mapping;
struct sight;
struct state_value;
struct webapp;

/* One request on its way. */
struct execution {
	const struct endpoints_context	*context;
	struct arena			*arena;
	const struct endpoints_call	*call;
	struct access_token		 token;
	struct grant			 grant;		/* the installation */
	const struct webapp		*app;
	const struct json		*devices;	/* ids of the installation's devices */
	const struct json		*params;	/* variables of the path; NULL before it is known */
	const struct json		*json, *xml;	/* the body; NULL = none, or the other one */
	struct endpoints_answer		*answer;
};

/* A device as templates see it. */
struct device_view {
	const struct device	*device;
	const struct json	*state;
};

struct handler {
	const char	*name;
	const char	*members;	/* of its action, beside "do", "status" and "answer" */
	/* Complain about what is not right with an action. NULL = the members are all there is to say. */
	void		(*check)(struct definition *, const char *path, const struct webapp *, const struct json *spec);
	/* Make the answer: handler_done, or one of the refusals. */
	void		(*run)(struct execution *, const struct json *spec);
	bool		 controls;	/* it changes devices: the token needs the scope for that */
	const char	*summary;	/* for people: what it does */
};

const struct handler *handler_find(const char *name);

/* Complain about an action; its handler, or NULL after a complaint. */
const struct handler *handler_check(struct definition *, const char *path, const struct webapp *, const struct json *spec);

/* --- for the kinds --- */

/* It went well: result goes through the action's "answer", if it has one, and becomes the body where the method has one. */
void	 handler_done(struct execution *, const struct json *spec, const struct json *result);

/* It did not: the body is {"error":true,"type":"SmartAppException","message":...}. */
void	 handler_refuse(struct execution *, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The store, or what stands behind it, failed us: 500 without a reason. */
void	 handler_fail(struct execution *, enum store_result);

/* A member of the action with its placeholders filled in: NULL if there is none, or if it comes to null. */
const struct json *handler_value(struct execution *, const struct json *spec, const char *member);

/* The same as text; *refused: it must be there, or be a text, and is not: the answer is made. */
const char *handler_text(struct execution *, const struct json *spec, const char *member, bool must, bool *refused);

/* The devices that an action is about: its "device", or those of its "input", or all. NULL: the answer is made. */
struct json *handler_devices(struct execution *, const struct json *spec);

/* Look a device of the installation up. STORE_ABSENT if it has none of that id. */
enum store_result handler_view(struct execution *, const char *id, struct device *, struct device_view *);

/* The same, not read yet. */
enum store_result handler_sight(struct execution *, const char *id, struct sight *);

/* The one device that an action names. False: the answer is made. */
bool	 handler_one(struct execution *, const struct json *spec, struct device *, struct device_view *);

/* An attribute as requests name it: "outlet2/switch.switch", "switch.switch" or "switch". */
struct attribute_name {
	const char	*component;	/* "main" */
	const char	*capability;	/* NULL: whichever has the attribute */
	const char	*attribute;
};
struct attribute_name attribute_name_read(struct arena *, const char *text);
bool	 attribute_name_is(const struct attribute_name *, const char *component, const char *capability,
	    const char *attribute);

/* Its value on a device; false if it has none. */
bool	 handler_attribute(struct execution *, const struct device_view *, const char *name, struct state_value *);

/* Complaints that several kinds share: device and input, not both; templates of members. */
void	 handler_check_devices(struct definition *, const char *path, const struct webapp *, const struct json *spec);
void	 handler_check_member(struct definition *, const char *path, const struct json *spec, const char *member, bool must,
	    unsigned about);

extern const struct handler handler_list, handler_get, handler_attribute_kind, handler_states, handler_command,
    handler_subscribe, handler_unsubscribe, handler_subscriptions, handler_render, handler_value_kind, handler_error;

#endif
