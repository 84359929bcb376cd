/* source.h: where devices come from: who carries out commands that were checked.
 *
 * A consumer never knows which source a device has, a source never knows who asked. */
#ifndef DEVICE_SOURCE_H
#define DEVICE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "device/command.h"

struct arena;
struct capability;
struct catalogue;
struct command_type;
struct device;
struct json;
struct store;

/* A command that the device has and whose arguments are right. */
struct checked_command {
	const char		*component;
	const struct capability	*capability;
	const struct command_type *type;
	const struct json	*arguments;	/* an array, or NULL */
};

/* An attribute that a command was about. */
struct touched {
	const char		*component, *capability, *attribute;
	struct touched		*next;
};

struct source_job {
	struct store		*store;
	struct arena		*arena;
	const struct catalogue	*catalogue;
	const char		*user, *device;
	const struct checked_command *commands;
	size_t			 n;
	const char		*origin;
	const char		*once;		/* key of a record: see command_run_once; NULL = as often as it comes */
	/* What came of it. A source that starts over begins with source_begin. */
	enum command_fault	 fault;
	const char		*detail;
	const struct json	*state;		/* the device's, afterwards */
	struct touched		*touched;	/* in the order in which they came up */
	bool			 all;		/* somebody wants the whole state */
};

struct source {
	const char	*name;		/* as in the device's record */
	/* Carry out the commands in order until one fails. Durable when it returns. about: the source's own. */
	void		 (*carry_out)(struct source_job *, void *about);
	void		*about;
};

/* Make a source known that stands on a floor above, for the process's life: for programs, when they start. */
void	 source_add(const struct source *);

/* NULL if there is none of that name. */
const struct source *source_find(const char *name);

/* Forget what came of an earlier try. */
void	 source_begin(struct source_job *);

/* Remember an attribute that is to be told, once. */
void	 source_touch(struct source_job *, const char *component, const char *capability, const char *attribute);

/* Remember all that a command is about and the device has. */
void	 source_touch_command(struct source_job *, const struct device *, const struct checked_command *);

/* The ids of what a command asks for. */
const char	*source_capability(const struct checked_command *);
const char	*source_command(const struct checked_command *);

/* Why the device, as its state is, cannot take what a command asks for; NULL if it can. */
const char	*source_command_fault(const struct source_job *, const struct device *, const struct json *state,
		    const struct checked_command *);

/* Say why it cannot be done, by what the store answered; true if it answered STORE_OK. */
bool	 source_stored(struct source_job *, enum store_result);

/* Devices that are only a record here: the effects of the catalogue are all that happens. */
extern const struct source source_virtual;

#endif
