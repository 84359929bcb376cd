/* args_read.c: find noun and verb first, as they say which options there are; then everything else. */
#include "cli/args.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/guess.h"
#include "base/text.h"
#include "cli/noun.h"
#include "base/banned.h"

/* Options of the tool itself, good with every verb. */
enum { ROOT, JSON, HELP, VERSION };
static const struct cli_option everywhere[] = {
	[ROOT] = { "root", "DIR", 0, NULL },
	[JSON] = { "json", NULL, 0, NULL },
	[HELP] = { "help", NULL, 0, NULL },
	[VERSION] = { "version", NULL, 0, NULL },
	{ NULL, NULL, 0, NULL },
};

/* Where reading stands. */
struct reading {
	struct cli	*cli;
	char		**next, **end;
	bool		 words_only;	/* a lone "--" has passed */
	bool		 wants_help, wants_version;
	bool		 verb_meant;	/* cli->verb is the noun's usual one: none was named so far */
};

/* --- saying what is wrong --- */

/* A word that nobody knows. Only its beginning is shown: it may be a secret that slipped out of its place. */
static void
unknown(const struct cli *c, const char *kind, const char *prefix, const struct guess *g)
{
	const char *typed = arena_strndup(c->arena, g->typed, strnlen(g->typed, 40));

	if (g->best != NULL)
		args_wrong(c, "%s%s: no such %s; did you mean %s%s?", prefix, typed, kind, prefix, g->best);
	else
		args_wrong(c, "%s%s: no such %s", prefix, typed, kind);
}

/* --- options --- */

static const struct cli_option *
option_find(const struct cli_option *list, const char *name, struct guess *g)
{
	for (; list != NULL && list->name != NULL; list++) {
		if (strcmp(list->name, name) == 0)
			return list;
		guess_try(g, list->name);
	}
	return NULL;
}

static bool
option_given(const struct cli *c, const struct cli_option *o)
{
	for (size_t i = 0; i < c->given_count; i++)
		if (c->given[i].option == o)
			return true;
	return false;
}

/* Take note of an option. */
static bool
option_take(struct reading *r, const struct cli_option *o, const char *value)
{
	struct cli *c = r->cli;

	if (option_given(c, o) && (o->often & CLI_MANY) == 0) {
		args_wrong(c, "--%s stands twice", o->name);
		return false;
	}
	c->given[c->given_count++] = (struct cli_given){ o, value };
	if (o == &everywhere[ROOT])
		c->root = value;
	c->json |= o == &everywhere[JSON];
	r->wants_help |= o == &everywhere[HELP];
	r->wants_version |= o == &everywhere[VERSION];
	return true;
}

/* The option whose text is "name" or "name=value". */
static bool
option_read(struct reading *r, const char *text)
{
	struct cli *c = r->cli;
	const char *equals = strchr(text, '=');
	const char *name = equals != NULL ? arena_strndup(c->arena, text, (size_t)(equals - text)) : text;
	struct guess g = guess_new(name);

	const struct cli_option *o = option_find(everywhere, name, &g);
	if (o == NULL && c->verb != NULL)
		o = option_find(c->verb->options, name, &g);
	if (o == NULL) {
		unknown(c, c->verb == NULL ? "option before the verb" : "option", "--", &g);
		return false;
	}
	if (o->value == NULL && equals != NULL) {
		args_wrong(c, "--%s takes no value", name);
		return false;
	}
	const char *value = equals != NULL ? equals + 1 : NULL;
	if (o->value != NULL && value == NULL) {
		if (r->next == r->end || **r->next == '-') {
			args_wrong(c, "--%s needs its %s; one that begins with a hyphen is written --%s=%s", name,
			    o->value, name, o->value);
			return false;
		}
		value = *r->next++;
	}
	if (o->value != NULL && *value == '\0') {
		args_wrong(c, "--%s needs its %s, which is empty", name, o->value);
		return false;
	}
	return option_take(r, o, value);
}

/* The next word that is no option; NULL at the end, or with *ok false. */
static const char *
word_read(struct reading *r, bool *ok)
{
	*ok = true;
	while (r->next < r->end) {
		const char *word = *r->next++;
		if (r->words_only || *word != '-')
			return word;
		if (strcmp(word, "--") == 0)
			r->words_only = true;
		else if (strcmp(word, "-h") == 0)
			r->wants_help = true;
		else if (word[1] != '-') {
			args_wrong(r->cli, "options have two hyphens; a word that begins with one stands behind --");
			*ok = false;
		} else
			*ok = option_read(r, word + 2);
		if (!*ok)
			return NULL;
	}
	return NULL;
}

/* --- nouns and verbs --- */

static bool
noun_find(struct reading *r, const struct cli_noun *const *nouns, const char *word)
{
	struct cli *c = r->cli;
	struct guess g = guess_new(word);

	for (; *nouns != NULL; nouns++) {
		if (strcmp((*nouns)->name, word) == 0) {
			c->noun = *nouns;
			r->verb_meant = c->noun->first_is_usual;
			c->verb = r->verb_meant ? c->noun->verbs : NULL;
			return true;
		}
		guess_try(&g, (*nouns)->name);
	}
	unknown(c, "noun", "", &g);
	return false;
}

static bool
verb_find(struct cli *c, const char *word)
{
	struct guess g = guess_new(word);

	for (const struct cli_verb *v = c->noun->verbs; v->name != NULL; v++) {
		if (strcmp(v->name, word) == 0) {
			c->verb = v;
			return true;
		}
		guess_try(&g, v->name);
	}
	unknown(c, arena_printf(c->arena, "verb of %s", c->noun->name), "", &g);
	return false;
}

/* Noun, verb, and the words behind them. */
static bool
words_read(struct reading *r, const struct cli_noun *const *nouns)
{
	struct cli *c = r->cli;
	const char *word;
	bool ok, help = false;

	while ((word = word_read(r, &ok)) != NULL) {
		if (c->noun == NULL && !help && strcmp(word, "help") == 0)
			help = r->wants_help = true;
		else if (c->noun == NULL) {
			if (!noun_find(r, nouns, word))
				return false;
		} else if (c->verb == NULL || r->verb_meant) {
			r->verb_meant = false;
			if (!verb_find(c, word))
				return false;
		} else
			c->words[c->words_count++] = word;
	}
	return ok;
}

/* How many words a verb takes, by what it says of them. */
static bool
words_fit(const struct cli *c)
{
	const char *s = c->verb->words;
	size_t least = 0, most = 0;

	while (*s != '\0') {
		size_t n = strcspn(s, " ");
		least += *s != '[';
		most++;
		if (n > 3 && memcmp(s + n - 3, "...", 3) == 0)
			most = SIZE_MAX;
		s += n + strspn(s + n, " ");
	}
	if (c->words_count >= least && c->words_count <= most)
		return true;
	if (*c->verb->words == '\0')
		args_wrong(c, "%s %s takes no words behind it", c->noun->name, c->verb->name);
	else
		args_wrong(c, "%s %s wants %s behind it, not %zu word%s", c->noun->name, c->verb->name, c->verb->words,
		    c->words_count, c->words_count == 1 ? "" : "s");
	return false;
}

static bool
options_fit(const struct cli *c)
{
	for (const struct cli_option *o = c->verb->options; o != NULL && o->name != NULL; o++)
		if ((o->often & CLI_MUST) != 0 && !option_given(c, o)) {
			args_wrong(c, "--%s %s is missing", o->name, o->value);
			return false;
		}
	return true;
}

static bool
all_utf8(const struct cli *c, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!text_is_utf8(argv[i], strlen(argv[i]))) {
			args_wrong(c, "word %d of the command line is not UTF-8", i);
			return false;
		}
	return true;
}

enum args_want
args_read(struct cli *c, const struct cli_noun *const *nouns, int argc, char **argv)
{
	struct reading r = { .cli = c, .next = argv + (argc > 0), .end = argv + argc };

	c->words = arena_alloc(c->arena, (size_t)(argc + 1) * sizeof(*c->words));
	c->given = arena_alloc(c->arena, (size_t)(argc + 1) * sizeof(*c->given));
	if (!all_utf8(c, argc, argv) || !words_read(&r, nouns))
		return ARGS_WRONG;
	if (r.wants_version)
		return ARGS_VERSION;
	if (r.wants_help) {
		c->verb = r.verb_meant ? NULL : c->verb;
		return ARGS_HELP;
	}
	if (c->verb == NULL) {
		if (c->noun != NULL)
			args_wrong(c, "%s: the verb is missing", c->noun->name);
		else
			args_wrong(c, "the noun and the verb are missing");
		return ARGS_WRONG;
	}
	return words_fit(c) && options_fit(c) ? ARGS_RUN : ARGS_WRONG;
}
