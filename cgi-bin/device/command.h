/* command.h: check a command against the catalogue and carry it out on a device, through the device's source. */
#ifndef DEVICE_COMMAND_H
#define DEVICE_COMMAND_H

#include <stddef.h>

#include "db/store.h"

struct arena;
struct catalogue;
struct device;
struct json;

/* One command as a consumer gives it. */
struct command {
	const char	*component;	/* "main" */
	const char	*capability;	/* with or without "st." */
	const char	*name;
	const struct json *arguments;	/* an array; NULL = none came */
};

enum command_fault {
	COMMAND_OK,
	COMMAND_NO_DEVICE,		/* unknown or deleted */
	COMMAND_OFFLINE,
	COMMAND_NOT_SUPPORTED,		/* the device has no such component, capability or command */
	COMMAND_BAD_ARGUMENT,		/* too few, wrong type, out of range */
	COMMAND_UNAVAILABLE,		/* the store or the device's source cannot do it now */
};

struct command_outcome {
	enum command_fault	 fault;
	const char		*detail;	/* of a fault: one sentence, no secrets */
	/* What the commands carried out touched, and what the one that failed would have touched, as it is now: an array
	 * of state_show; never NULL. A refresh makes it the whole state. */
	struct json		*states;
};

/* Carry out n commands on one device in order, in one transaction: those before the first that fails take effect, the
 * rest are not tried (schema protocol: the first failing command stops the device). Durable when it returns.
 * origin: the grant id of the link that asked (so that it is not told of its own change), or NULL. */
void	 command_run(struct store *, struct arena *, const struct catalogue *, const char *user, const char *device,
	    const struct command *, size_t n, const char *origin, struct command_outcome *);

/* The same, unless it was done already: once is a text that stands for this very message. A repetition within a minute
 * changes nothing; its outcome has the fault of the first time and the states as they are now. */
void	 command_run_once(struct store *, struct arena *, const struct catalogue *, const char *user, const char *device,
	    const struct command *, size_t n, const char *origin, const char *once, struct command_outcome *);

/* --- for consumers that name commands without their capability --- */

/* The capability of this component that has the command: preferred (may be NULL), if that has it; else the first that does.
 * NULL if none does. */
const char	*command_capability(const struct catalogue *, const struct device *, const char *component,
		    const char *preferred, const char *name);

/* Arguments of which some came as text, as parts of an address do: where the command wants a number or a truth, the text that
 * says one becomes it. Others stay as they are, to be judged by command_run. */
const struct json *command_arguments(struct arena *, const struct catalogue *, const char *capability, const char *name,
		    const struct json *arguments);

/* All commands of a component: {"on":[],"setLevel":["level","rate"]}. */
struct json	*command_names(struct arena *, const struct catalogue *, const struct device *, const char *component);

/* The command that brings an attribute to a value, by what the catalogue says commands do: its name, and its arguments (an
 * array). NULL if there is none. */
const char *command_toward(struct arena *, const struct catalogue *, const char *capability, const char *attribute,
	    const struct json *value, struct json **arguments);

#endif
