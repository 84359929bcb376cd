/* metrics.c: gatehouse metrics ...: the figures of the instance, as /metrics has them, for who is on the machine. */
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "watch/figures.h"
#include "base/banned.h"

static enum cli_exit
show(struct cli *c)
{
	struct buf out = buf_new(c->arena, FIGURES_MAX);

	figures_write(&out, c->config, c->store);
	fwrite(out.data, 1, out.len, stdout);
	return (enum cli_exit)output_end();
}

static const struct cli_verb verbs[] = {
	{ "show", "", "Print all figures in Prometheus' text format.", NULL, CLI_STORE, show },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_metrics = {
	"metrics", "What the instance counts and measures.",
	"gatehouse --root run metrics show\n",
	verbs, true,
};
