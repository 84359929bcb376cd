/* help.c: one writer of usage lines for all verbs, folded at the width of a terminal. */
#include "cli/help.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "base/banned.h"

#define WIDTH 100

/* A line that is folded between words; what follows a fold stands below the first word. */
struct line {
	FILE	*out;
	int	 indent, column;
};

static void
line_add(struct line *l, const char *word)
{
	int len = (int)strlen(word);

	if (l->column + 1 + len > WIDTH && l->column > l->indent) {
		fprintf(l->out, "\n%*s", l->indent, "");
		l->column = l->indent;
	}
	fprintf(l->out, " %s", word);
	l->column += 1 + len;
}

/* "[--scope "a b"]", "--redirect-uri URI...": an option as usage lines have it. */
static char *
option_text(struct arena *a, const struct cli_option *o)
{
	bool must = (o->often & CLI_MUST) != 0;

	return arena_printf(a, "%s--%s%s%s%s%s", must ? "" : "[", o->name, o->value != NULL ? " " : "",
	    o->value != NULL ? o->value : "", must ? "" : "]", (o->often & CLI_MANY) != 0 ? "..." : "");
}

static void
verb_usage(const struct cli *c, const struct cli_verb *v, const char *before, FILE *out)
{
	struct line l = { out, 12, 0 };

	l.column = fprintf(out, "%sgatehouse %s %s", before, c->noun->name, v->name);
	if (*v->words != '\0')
		line_add(&l, v->words);
	for (const struct cli_option *o = v->options; o != NULL && o->name != NULL; o++)
		line_add(&l, option_text(c->arena, o));
	fputc('\n', out);
}

void
help_usage(const struct cli *c, FILE *out)
{
	if (c->noun == NULL)
		fputs("usage: gatehouse [--root DIR] [--json] NOUN VERB ...\n"
		    "       gatehouse help [NOUN]\n", out);
	else if (c->verb != NULL)
		verb_usage(c, c->verb, "usage: ", out);
	else
		for (const struct cli_verb *v = c->noun->verbs; v->name != NULL; v++)
			verb_usage(c, v, v == c->noun->verbs ? "usage: " : "       ", out);
}

static void
show_verb(const struct cli *c)
{
	printf("%s\n\n", c->verb->help);
	help_usage(c, stdout);
	if (c->verb->options != NULL)
		putchar('\n');
	for (const struct cli_option *o = c->verb->options; o != NULL && o->name != NULL; o++) {
		char *name = arena_printf(c->arena, "--%s%s%s", o->name, o->value != NULL ? " " : "",
		    o->value != NULL ? o->value : "");
		printf("  %-28s  %s\n", name, o->help);
	}
}

static void
show_noun(const struct cli *c)
{
	printf("%s\n\nexamples:\n", c->noun->help);
	for (const char *s = c->noun->examples; *s != '\0'; s += strcspn(s, "\n") + 1)
		printf("  %.*s\n", (int)strcspn(s, "\n"), s);
	putchar('\n');
	help_usage(c, stdout);
	putchar('\n');
	for (const struct cli_verb *v = c->noun->verbs; v->name != NULL; v++)
		printf("  %-10s  %s\n", v->name, v->help);
	printf("\ngatehouse help %s VERB says what the options of a verb mean.\n", c->noun->name);
}

static void
show_tool(const struct cli *c, const struct cli_noun *const *nouns)
{
	fputs("examples:\n"
	    "  gatehouse --root run user add kim --starter-devices\n"
	    "  gatehouse --root run user link kim\n"
	    "  gatehouse --root run device list --user kim --json\n\n", stdout);
	help_usage(c, stdout);
	putchar('\n');
	for (; *nouns != NULL; nouns++)
		printf("  %-10s  %s\n", (*nouns)->name, (*nouns)->help);
	fputs("\n"
	    "  --root DIR  the instance to work on; without it, the folder that GATEHOUSE_ROOT names\n"
	    "  --json      answer in JSON\n"
	    "  --version   say which version this is\n\n"
	    "gatehouse help NOUN says more.\n"
	    "Passwords and secrets are read from stdin or made up, never taken as words of the command line.\n"
	    "Exit status: 0 done, 1 refused (stderr says why and what to do next), 2 the command line is not right.\n",
	    stdout);
}

/* --- the tables as JSON --- */

static struct json *
verb_json(struct arena *a, const struct cli_verb *v)
{
	struct json *verb = json_object(a);

	json_set_string(a, verb, "verb", v->name);
	json_set_string(a, verb, "words", v->words);
	json_set_string(a, verb, "help", v->help);
	struct json *options = json_set(a, verb, "options", json_array(a));
	for (const struct cli_option *o = v->options; o != NULL && o->name != NULL; o++) {
		struct json *option = json_append(a, options, json_object(a));
		json_set_string(a, option, "option", o->name);
		json_set_string(a, option, "value", o->value);
		json_set_bool(a, option, "must", (o->often & CLI_MUST) != 0);
		json_set_bool(a, option, "many", (o->often & CLI_MANY) != 0);
		json_set_string(a, option, "help", o->help);
	}
	return verb;
}

static void
show_json(const struct cli *c, const struct cli_noun *const *nouns)
{
	struct json *all = json_array(c->arena);

	for (; *nouns != NULL; nouns++) {
		if (c->noun != NULL && *nouns != c->noun)
			continue;
		struct json *noun = json_append(c->arena, all, json_object(c->arena));
		json_set_string(c->arena, noun, "noun", (*nouns)->name);
		json_set_string(c->arena, noun, "help", (*nouns)->help);
		json_set_string(c->arena, noun, "usual", (*nouns)->first_is_usual ? (*nouns)->verbs[0].name : NULL);
		struct json *verbs = json_set(c->arena, noun, "verbs", json_array(c->arena));
		for (const struct cli_verb *v = (*nouns)->verbs; v->name != NULL; v++)
			json_append(c->arena, verbs, verb_json(c->arena, v));
	}
	output_json(c, all);
}

void
help_show(const struct cli *c, const struct cli_noun *const *nouns)
{
	if (c->json)
		show_json(c, nouns);
	else if (c->verb != NULL)
		show_verb(c);
	else if (c->noun != NULL)
		show_noun(c);
	else
		show_tool(c, nouns);
}
