/* courier.c: gatehouse courier ...: what the courier has to send and has not sent yet. */
#include "cli/noun.h"
#include "cli/output.h"
#include "courier/outbox.h"
#include "base/banned.h"

static const struct output_column columns[] = {
	{ "user", "user", OUTPUT_TEXT },
	{ "lane", "lane", OUTPUT_TEXT },
	{ "kind", "kind", OUTPUT_TEXT },
	{ "host", "host", OUTPUT_TEXT },
	{ "waiting", "waiting", OUTPUT_TEXT },
	{ "oldest", "oldest", OUTPUT_MS },
	{ "failures", "failures", OUTPUT_TEXT },
	{ "why", "why", OUTPUT_TEXT },
	{ "next", "next try", OUTPUT_MS },
	{ NULL, NULL, 0 },
};

static enum cli_exit
list(struct cli *c)
{
	struct json *rows;
	enum store_result r = outbox_list(c->store, c->arena, &rows);

	if (r != STORE_OK)
		return output_store(c, r);
	output_list(c, rows, columns, "nothing waits");
	return CLI_DONE;
}

static const struct cli_verb verbs[] = {
	{ "list", "", "List the lanes of calls that wait: to whom, how many, since when, what failed.", NULL, CLI_STORE, list },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_courier = {
	"courier", "The daemon that calls others: what it has to send.",
	"gatehouse --root run courier list\n",
	verbs, true,
};
