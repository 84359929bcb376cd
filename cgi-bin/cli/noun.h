/* noun.h: what the command line tool is made of: a table of nouns, each a table of verbs, each a function.
 *
 * A file of this folder holds one noun; a new noun is one more such file, its name below and its row in gatehouse.c.
 * Help, usage lines and "did you mean" come out of the same tables. */
#ifndef CLI_NOUN_H
#define CLI_NOUN_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct breached;
struct catalogue;
struct cli;
struct config;
struct keyring;
struct store;

/* How the tool ends. */
enum cli_exit { CLI_DONE, CLI_REFUSED, CLI_USAGE };

/* What a verb needs opened before it runs; 0 = nothing, not even the config. */
enum cli_part { CLI_CONFIG = 1, CLI_STORE = 2, CLI_CATALOGUE = 4, CLI_KEYS = 8, CLI_PASSWORDS = 16 };

/* How often an option may stand: once if at all, unless it says otherwise. */
enum cli_often { CLI_MANY = 1, CLI_MUST = 2 };

struct cli_option {
	const char	*name;	/* without the two hyphens; NULL ends a list */
	const char	*value;	/* what stands behind it, "URI"; NULL = nothing does */
	unsigned	 often;
	const char	*help;
};

struct cli_verb {
	const char	*name;
	const char	*words;	/* "ID NAME", "[FILE]", "ID VALUE...": what stands behind the verb */
	const char	*help;	/* one sentence */
	const struct cli_option *options;	/* NULL = none */
	unsigned	 parts;
	enum cli_exit	(*run)(struct cli *);
};

struct cli_noun {
	const char	*name;
	const char	*help;		/* one sentence */
	const char	*examples;	/* lines to copy, each ended by a newline */
	const struct cli_verb *verbs;	/* up to one without a name */
	bool		 first_is_usual;	/* without a verb, the first is meant */
};

/* An option as it was given. */
struct cli_given {
	const struct cli_option *option;
	const char	*value;	/* NULL if it takes none */
};

/* One call of the tool. */
struct cli {
	struct arena	*arena;
	const char	*root;		/* the instance's folder; NULL if none was named */
	const char	*conf;		/* the folder of capabilities.json and device-types.json */
	bool		 json;		/* --json */
	const struct cli_noun *noun;
	const struct cli_verb *verb;
	const char	**words;	/* behind the verb, without options */
	size_t		 words_count;
	struct cli_given *given;
	size_t		 given_count;
	/* What the verb's parts name; NULL otherwise. */
	const struct config *config;
	struct store	*store;
	const struct catalogue *catalogue;
	struct keyring	*keyring;
	struct breached	*breached;
};

extern const struct cli_noun cli_smartapp, cli_log, cli_metrics;
extern const struct cli_noun cli_user, cli_client, cli_device, cli_token, cli_grant, cli_activity, cli_sim, cli_config,
    cli_keys, cli_store, cli_schema, cli_app, cli_connector, cli_courier, cli_nodeserver;

#endif
