/* catalogue.h: the catalogue as structs: for the files of this folder only; others see capability.h. */
#ifndef DEVICE_CATALOGUE_H
#define DEVICE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/capability.h"

struct json;

enum value_kind { VALUE_ENUM, VALUE_INTEGER, VALUE_NUMBER, VALUE_STRING, VALUE_BOOLEAN, VALUE_ARRAY, VALUE_OBJECT };

enum value_format { FORMAT_NONE, FORMAT_ISO8601, FORMAT_URL };

/* What a value may be. */
struct value_type {
	enum value_kind		 kind;
	enum value_format	 format;	/* of a string */
	double			 min, max;	/* of an integer or number; infinite = no bound */
	size_t			 chars;		/* of a string, at most */
	const char		*const *values;	/* of an enum, NULL at the end */
	const struct value_type	*items;		/* of an array */
	const struct member	*members;	/* of an object, name NULL at the end; NULL = anything goes */
};

struct member {
	const char		*name;
	struct value_type	 type;
	bool			 required;
};

struct attribute {
	const char		*name;
	struct value_type	 type;
	const char		*const *units;	/* NULL at the end, the first is the usual one; NULL = it has none */
	const struct json	*initial;	/* NULL = nothing is known until somebody says it */
	bool			 event;		/* each value is news, also the same one again */
};

struct argument {
	const char		*name;
	struct value_type	 type;
	bool			 optional;
};

/* A row that a number or text is looked up in: the first with number <= to, or the one of that text. */
struct mapping {
	const char		*from;		/* NULL at the end, or by number */
	double			 to;
	const struct json	*value;		/* NULL at the end */
};

/* One thing that a command does. Where the value comes from: value, or argument (through map, if there is one),
 * or add (to what is there), or turn (what is there, looked up). */
struct effect {
	const char		*capability;	/* of a neighbour, if the device has it; NULL = the command's own */
	const char		*attribute;	/* NULL = refresh */
	const char		*member;	/* only this member of the attribute's object; NULL = all of it */
	const struct json	*value;
	const char		*argument;	/* "color.hue": a member of an object; not there = no effect */
	const char		*unit_argument;	/* where the unit stands; NULL = the unit stays */
	const char		*times;		/* the argument that add is multiplied by; NULL = once */
	const struct mapping	*map, *turn;
	double			 add;		/* 0 = no addition */
	const char		*when, *is;	/* only if this argument is this text; NULL = always */
	const struct json	*data;		/* facts beside the value; NULL = none */
};

struct command_type {
	const char		*name;
	const struct argument	*arguments;
	size_t			 n_arguments;
	const struct effect	*effects;
	size_t			 n_effects;
};

struct capability {
	const char		*id;
	const struct attribute	*attributes;
	size_t			 n_attributes;
	const struct command_type *commands;
	size_t			 n_commands;
};

/* An attribute as one device type has it. */
struct override {
	const struct capability	*capability;
	struct attribute	 attribute;
};

#define CATALOGUE_CUSTOM "custom-capabilities.json"

struct device_type {
	const char		*name, *category, *model;
	const struct json	*components;
	const struct override	*overrides;
	size_t			 n_overrides;
};

struct catalogue {
	const struct capability	*capabilities;	/* sorted by id */
	size_t			 n_capabilities;
	const struct device_type *types;	/* in the file's order */
	size_t			 n_types;
	/* Where it came from: for catalogue_refresh. */
	const char		*conf, *custom;	/* folders */
	struct arena		*own;		/* of what was read later; NULL: nothing was */
	struct catalogue_file {			/* the owner's, as it was when it was last looked at */
		int64_t		 seconds, nanoseconds, size, number;	/* size -1: there was none */
	} file;
	int64_t			 looked;	/* ms */
	uint64_t		 edition;	/* how often it was read anew */
};

/* What is known of the owner's file now. */
struct catalogue_file catalogue_look(const char *custom);

/* By name; NULL if there is none. */
const struct attribute *capability_attribute(const struct capability *, const char *name);
const struct command_type *capability_command(const struct capability *, const char *name);

/* The attribute as devices of this type (NULL: of none that we know) have it. NULL if there is none. */
const struct attribute *device_type_attribute(const struct device_type *, const struct capability *, const char *name);

#endif
