/* args.c: what was given on the command line, by the names of options. */
#include "cli/args.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/help.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "base/banned.h"

const char **
args_values(const struct cli *c, const char *option, size_t *n)
{
	const char **values = arena_alloc(c->arena, (c->given_count + 1) * sizeof(*values));

	*n = 0;
	for (size_t i = 0; i < c->given_count; i++)
		if (strcmp(c->given[i].option->name, option) == 0)
			values[(*n)++] = c->given[i].value;
	return values;
}

bool
args_has(const struct cli *c, const char *option)
{
	size_t n;

	args_values(c, option, &n);
	return n > 0;
}

const char *
args_value(const struct cli *c, const char *option)
{
	size_t n;
	const char **values = args_values(c, option, &n);

	return n > 0 ? values[n - 1] : NULL;
}

bool
args_number(const struct cli *c, const char *option, long long min, long long max, long long otherwise, long long *out)
{
	const char *text = args_value(c, option);

	*out = otherwise;
	if (text == NULL || text_to_int(text, min, max, out))
		return true;
	args_wrong(c, "--%s must be a whole number from %lld to %lld", option, min, max);
	return false;
}

int
args_wrong(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	output_error(arena_vprintf(c->arena, fmt, ap));
	va_end(ap);
	help_usage(c, stderr);
	return CLI_USAGE;
}
