/* help.h: usage lines and help, made from the tables of nouns and verbs. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

struct cli;
struct cli_noun;

/* The usage of the verb, of all verbs of the noun, or of the tool: as far as they are known. */
void	 help_usage(const struct cli *, FILE *);

/* What -h and "help" print: examples, usage, what each option means. With --json the tables themselves, for
 * completion and for tests. */
void	 help_show(const struct cli *, const struct cli_noun *const *nouns);

#endif
