/* effect.h: what a command does to attributes, as the catalogue's data says it. */
#ifndef DEVICE_EFFECT_H
#define DEVICE_EFFECT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct attribute;
struct capability;
struct catalogue;
struct command_type;
struct definition;
struct device;
struct device_type;
struct effect;
struct json;

#define EFFECTS_MAX 16	/* of one command */

/* Read the effects of a command: an array. At most EFFECTS_MAX. */
const struct effect *effects_read(struct definition *, const char *path, const struct json *, size_t *n);

/* Complain if an effect names what is not there or what cannot fit. For when all capabilities are known. */
void	 effects_check(struct definition *, const char *path, const struct catalogue *, const struct capability *,
	    const struct command_type *);

/* A command that was checked and found to be allowed, on a device as it is. */
struct effect_run {
	struct arena		*arena;
	const struct catalogue	*catalogue;
	const struct device	*device;
	const struct device_type *type;		/* the device's; NULL = a profile of the owner's */
	const struct json	*state;		/* of the device */
	const char		*component;
	const struct capability	*capability;
	const struct command_type *command;
	const struct json	*arguments;	/* an array, or NULL */
};

/* What becomes of one attribute. */
struct effect_change {
	const struct capability	*capability;
	const struct attribute	*attribute;
	const struct json	*value, *data;	/* data NULL = none */
	const char		*unit;		/* NULL = as it was */
};

/* An argument by name, or a member of one ("color.hue"); NULL if it did not come. */
const struct json *effect_argument(const struct command_type *, const struct json *arguments, const char *name);

/* The attribute that an effect is on. NULL if the device does not have it there, or for a refresh. */
const struct attribute *effect_target(const struct effect_run *, const struct effect *, const struct capability **);

/* Does it go on from what is there, as a step or a toggle does? Then it is another thing to do it twice. */
bool	 effects_go_on(const struct command_type *);

/* Work out what the command's effects come to, without doing it. NULL if it can be done, else why not: a value that
 * this device's attribute does not take. *refresh: the command asks for the whole state. */
const char *effects_compute(const struct effect_run *, struct effect_change changes[EFFECTS_MAX], size_t *n,
	    bool *refresh);

#endif
