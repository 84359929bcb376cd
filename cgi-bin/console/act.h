/* act.h: what an owner does to a device, from a form's fields or from JSON, and in which words it went wrong. */
#ifndef CONSOLE_ACT_H
#define CONSOLE_ACT_H

#include "db/store.h"
#include "device/command.h"

struct app;
struct arena;
struct json;
struct pair;

struct act_result {
	int		 status;	/* of HTTP: 200 if it was done */
	const char	*text;		/* of html/text: what to say; NULL if it was done */
	const char	*detail;	/* in English, from the catalogue's checks; NULL if there is none */
	struct json	*states;	/* array of state_show: what was touched, as it is now; NULL = nothing to tell */
};

/* Carry out "outlet2/switch.on". The arguments are the fields "a.NAME", "a.NAME.MEMBER" of the form: typed texts. */
struct act_result act_command_form(struct app *, struct arena *, const char *user, const char *device, const char *path,
		    const struct pair *form);

struct act_result act_command(struct app *, struct arena *, const char *user, const char *device, const struct command *);

/* Set attributes as a sensor would report them: texts as state_set takes them. */
struct act_result act_set(struct app *, struct arena *, const char *user, const char *device, const char *const *texts,
		    size_t n);

/* name NULL: it stays. room NULL: it stays, "": none. */
struct act_result act_label(struct app *, struct arena *, const char *user, const char *device, const char *name,
		    const char *room);

struct act_result act_online(struct app *, struct arena *, const char *user, const char *device, bool online);
struct act_result act_delete(struct app *, struct arena *, const char *user, const char *device);

/* Add a device from a definition (see device_define). */
struct act_result act_add(struct app *, struct arena *, const char *user, const struct json *definition, const char **id);

/* The result of a store's answer alone. */
struct act_result act_stored(enum store_result);

#endif
