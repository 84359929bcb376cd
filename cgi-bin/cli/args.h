/* args.h: the words of a command line, sorted into noun, verb, words and options by the tables. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

struct cli;
struct cli_noun;

enum args_want {
	ARGS_RUN,	/* noun, verb, words and options are right */
	ARGS_HELP,	/* help is wanted: for cli->noun and cli->verb, as far as they were named */
	ARGS_VERSION,
	ARGS_WRONG,	/* was said on stderr, with the usage line */
};

/* Sort argv. cli->arena is given; root, json, noun, verb, words and given are filled in. Options may stand before or
 * behind words; "--name value" and "--name=value" are the same, but a value that begins with a hyphen needs the latter;
 * behind a lone "--" everything is a word. nouns ends with NULL. */
enum args_want	 args_read(struct cli *, const struct cli_noun *const *nouns, int argc, char **argv);

/* Was the option given? Its value; NULL if it was not given. */
bool		 args_has(const struct cli *, const char *option);
const char	*args_value(const struct cli *, const char *option);

/* All values of an option that may stand several times, in order; *n is how many there are. */
const char	**args_values(const struct cli *, const char *option, size_t *n);

/* The whole number of an option, otherwise if it was not given. False if it is none from min to max; that was said. */
bool		 args_number(const struct cli *, const char *option, long long min, long long max, long long otherwise,
		    long long *out);

/* Say that the command line is not right, with the verb's usage line. Always CLI_USAGE. */
int		 args_wrong(const struct cli *, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));

#endif
