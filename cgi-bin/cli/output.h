/* output.h: what the tool prints: columns or JSON from the same values; refusals with reason and next step. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stddef.h>

#include "db/store.h"

struct cli;
struct json;

/* How a member is shown to a person. JSON has it as it is. */
enum output_kind {
	OUTPUT_TEXT,	/* text as it is, arrays joined by commas, anything else as JSON */
	OUTPUT_TIME,	/* seconds since 1970 as UTC; "never" for 0 */
	OUTPUT_MS,	/* the same of milliseconds */
	OUTPUT_COUNT,	/* how many an array has */
	OUTPUT_YES,	/* yes or no */
};

struct output_column {
	const char	*member;	/* of the rows; NULL ends a list */
	const char	*title;
	enum output_kind kind;
};

/* A value as tables show it; "-" for none. */
const char *output_text(const struct cli *, const struct json *, enum output_kind);

/* One JSON text on a line of its own, whatever --json says. */
void	 output_json(const struct cli *, const struct json *);

/* An array of objects: a table of the given columns; with --json all of it. none is said where there are no rows. */
void	 output_list(const struct cli *, const struct json *rows, const struct output_column *, const char *none);

/* One object: a line a member; columns (may be NULL) says title and kind of some. With --json as it is. */
void	 output_object(const struct cli *, const struct json *, const struct output_column *);

/* One line for a person, nothing with --json. */
void	 output_say(const struct cli *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* "gatehouse --root run user list": a command of this tool on the same instance, to be copied: what comes from a
 * record goes into it by output_word. */
const char *output_command(const struct cli *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* A word as a shell takes it, quoted where it must be: somebody else may have chosen it. */
const char *output_word(const struct cli *, const char *word);

/* "gatehouse: ..." on stderr. */
void	 output_error(const char *what);

/* Refuse: what and why on stderr, then the next command (or step) to take. Always CLI_REFUSED. */
int	 output_refuse(const struct cli *, const char *next, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* Refuse because the store did not do it. Always CLI_REFUSED. */
int	 output_store(const struct cli *, enum store_result);

/* Flush. CLI_REFUSED, and said, if something printed did not arrive: it may have been a password. Else CLI_DONE. */
int	 output_end(void);

#endif
