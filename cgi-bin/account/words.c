/* words.c: dictionary first, then the name itself, taken apart at its capitals. */
#include "account/words.h"

#include <ctype.h>
#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "web/page.h"
#include "web/request.h"
#include "base/banned.h"

#define WORD_MAX 200	/* bytes; more of a text is not shown in a line */

struct words
words_for(const struct app *app, const struct request *rq)
{
	return (struct words){ rq->arena, app->pages, page_language(app->pages, rq) };
}

static const char *
take_apart(struct arena *a, const char *name)
{
	struct buf b = buf_new(a, 2 * WORD_MAX);

	for (const char *c = name; *c != '\0'; c++) {
		bool begins = isupper((unsigned char)*c) && c > name && islower((unsigned char)c[-1]);
		if (c == name)
			buf_char(&b, (char)toupper((unsigned char)*c));
		else if (*c == '_' || *c == '.')
			buf_char(&b, ' ');
		else if (begins) {
			buf_char(&b, ' ');
			buf_char(&b, islower((unsigned char)c[1]) ? (char)tolower((unsigned char)*c) : *c);
		} else
			buf_char(&b, *c);
	}
	return b.data;
}

const char *
words_say(const struct words *w, const char *kind, const char *name)
{
	const char *word = page_word(w->pages, w->language, kind, name);

	return word != NULL ? word : take_apart(w->arena, name);
}

static const char *
unit_said(const char *unit)
{
	return strcmp(unit, "C") == 0 ? "°C" : strcmp(unit, "F") == 0 ? "°F" : unit;
}

const char *
words_value(const struct words *w, const struct json *value, const char *unit)
{
	const char *text = json_string(value);

	if (text != NULL) {
		const char *word = page_word(w->pages, w->language, "value", text);
		text = word != NULL ? word : text;
	} else if (json_type(value) == JSON_BOOL)
		text = words_say(w, "value", json_bool(value, false) ? "true" : "false");
	else
		text = json_type(value) == JSON_NONE || json_type(value) == JSON_NULL ? "–" : json_print(w->arena, value);
	text = arena_strndup(w->arena, text, (size_t)text_cut(text, WORD_MAX));
	return unit != NULL ? arena_printf(w->arena, "%s %s", text, unit_said(unit)) : text;
}

const char *
words_text(const struct words *w, const char *key)
{
	return page_text(w->pages, w->language, key);
}
