/* log.c: gatehouse log ...: how much each program writes into its log, changed while it runs. */
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/metrics.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "base/banned.h"

/* By the figure of METRIC_LOG_LEVEL. */
static const char *const levels[] = { "default", "debug", "info", "warn", "error" };
#define LEVELS (sizeof(levels) / sizeof(levels[0]))

static const struct output_column columns[] = {
	{ "program", "program", OUTPUT_TEXT },
	{ "level", "level", OUTPUT_TEXT },
	{ NULL, NULL, 0 },
};

struct look {
	struct cli	*c;
	struct json	*rows;		/* what there is, by program */
	const char	*program;	/* that gets a level; NULL = none does */
	uint64_t	 level;
};

static void
visit(void *arg, struct metric *m, const char *labels)
{
	struct look *l = arg;
	struct arena *a = l->c->arena;
	const char *begin = strchr(labels, '"');
	char *program = begin != NULL ? arena_strndup(a, begin + 1, strcspn(begin + 1, "\"")) : NULL;

	if (program == NULL)
		return;
	if (l->program != NULL && strcmp(l->program, program) == 0)
		metric_set(m, l->level);
	uint64_t v = metric_value(m);
	struct json *row = json_append(a, l->rows, json_object(a));
	json_set_string(a, row, "program", program);
	json_set_string(a, row, "level", levels[v < LEVELS ? v : 0]);
}

static bool
has_program(const struct json *rows, const char *program)
{
	for (const struct json *row = json_first(rows); row != NULL; row = json_next(row))
		if (strcmp(json_get_string(row, "program"), program) == 0)
			return true;
	return false;
}

static enum cli_exit
level(struct cli *c)
{
	struct look l = { .c = c, .rows = json_array(c->arena) };
	size_t to = LEVELS;

	if (c->words_count == 1)
		return (enum cli_exit)output_refuse(c, output_command(c, "log level %s debug", output_word(c, c->words[0])),
		    "which level? debug, info, warn, error or default");
	if (c->words_count == 2) {
		for (to = 0; to < LEVELS && strcmp(levels[to], c->words[1]) != 0; to++)
			continue;
		if (to == LEVELS)
			return (enum cli_exit)output_refuse(c, "take debug, info, warn, error or default",
			    "%s is no level", c->words[1]);
		l.program = c->words[0];
		l.level = to;
	}
	metrics_each(METRIC_LOG_LEVEL, visit, &l);
	if (l.program != NULL && !has_program(l.rows, l.program))
		return (enum cli_exit)output_refuse(c, output_command(c, "log level"),
		    "no program called %s has run in this instance", l.program);
	output_list(c, l.rows, columns, "no program has run yet");
	return CLI_DONE;
}

static const struct cli_verb verbs[] = {
	{ "level", "[PROGRAM] [LEVEL]", "Show each program's log level, or set one: debug, info, warn, error, or default, which is "
	    "info; it holds at once, and until it is set again.", NULL, CLI_CONFIG, level },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_log = {
	"log", "How much the programs write into their logs.",
	"gatehouse --root run log level\n",
	verbs, true,
};
