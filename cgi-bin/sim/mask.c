/* mask.c: by value where we know it, by the name of its member otherwise. */
#include "sim/mask.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "sim/home.h"
#include "web/form.h"
#include "base/banned.h"

#define TEXT_MAX ((size_t)1 << 20)
#define SHORTEST 8

static const struct member {
	const char	*name, *variable;
} members[] = {
	{ "access_token", "ACCESS_TOKEN" },
	{ "refresh_token", "REFRESH_TOKEN" },
	{ "client_secret", "CLIENT_SECRET" },
	{ "token", "CALLBACK_TOKEN" },
	{ "accessToken", "CALLBACK_TOKEN" },
	{ "refreshToken", "CALLBACK_REFRESH_TOKEN" },
	{ "clientSecret", "SMARTTHINGS_SECRET" },
	{ "code", "CALLBACK_CODE" },
	{ "authToken", "APP_TOKEN" },
	{ "password", NULL },
	{ NULL, NULL },
};

struct mask
mask_of(const struct home *h)
{
	static const struct { const char *secret, *name; } known[] = {
		{ "access", "ACCESS_TOKEN" }, { "refresh", "REFRESH_TOKEN" }, { "refresh_before", "OLD_REFRESH_TOKEN" },
		{ "code", "CODE" },
	};
	struct mask m = { .arena = h->arena };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		mask_add(&m, known[i].name, home_secret(h, known[i].secret));
	return m;
}

void
mask_add(struct mask *m, const char *name, const char *value)
{
	if (value != NULL && strlen(value) >= SHORTEST && m->count < MASK_MAX)
		m->entries[m->count++] = (struct mask_entry){ name, value };
}

/* --- hiding --- */

/* All that we know, wherever it stands. */
static char *
hide_known(const struct mask *m, const char *text)
{
	char *now = arena_strdup(m->arena, text);

	for (size_t i = 0; i < m->count; i++) {
		const char *value = m->entries[i].value, *from = now;
		if (strstr(now, value) == NULL)
			continue;
		struct buf b = buf_new(m->arena, TEXT_MAX);
		for (const char *at; (at = strstr(from, value)) != NULL; from = at + strlen(value)) {
			buf_add(&b, from, (size_t)(at - from));
			buf_printf(&b, "$%s", m->entries[i].name);
		}
		buf_text(&b, from);
		now = b.data;
	}
	return now;
}

static const struct member *
find_member(const char *name)
{
	const struct member *e = members;

	while (e->name != NULL && (name == NULL || strcmp(e->name, name) != 0))
		e++;
	return e->name != NULL ? e : NULL;
}

/* What stands for a value of that name; NULL if it may be seen. */
static const char *
stand_in(const struct mask *m, const char *name, const char *value, bool issuing)
{
	const struct member *e = find_member(name);

	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->entries[i].value, value) == 0)
			return arena_printf(m->arena, "$%s", m->entries[i].name);
	if (e == NULL || *value == '\0')
		return NULL;
	return issuing && e->variable != NULL ? arena_printf(m->arena, "$%s", e->variable) : MASK_UNKNOWN;
}

static struct json *
hide_json(const struct mask *m, const struct json *v, const char *name, bool issuing)
{
	struct json *copy;
	const char *text = json_string(v), *instead;

	switch (json_type(v)) {
	case JSON_STRING:
		instead = stand_in(m, name, text, issuing);
		return json_new_string(m->arena, instead != NULL ? instead : text);
	case JSON_ARRAY:
		copy = json_array(m->arena);
		for (const struct json *e = json_first(v); e != NULL; e = json_next(e))
			json_append(m->arena, copy, hide_json(m, e, name, issuing));
		return copy;
	case JSON_OBJECT:
		copy = json_object(m->arena);
		for (const struct json *e = json_first(v); e != NULL; e = json_next(e))
			json_set(m->arena, copy, json_name(e), hide_json(m, e, json_name(e), issuing));
		return copy;
	default:
		return json_copy(m->arena, v);
	}
}

/* The variables stand in it as they are, for a shell. */
static char *
hide_form(const struct mask *m, const struct pair *list, bool issuing)
{
	char *text = arena_strdup(m->arena, "");

	for (const struct pair *p = list; p != NULL; p = p->next) {
		const char *instead = stand_in(m, p->name, p->value, issuing);
		text = instead == NULL ? form_add(m->arena, text, p->name, p->value) :
		    arena_printf(m->arena, "%s%s%s=%s", text, *text != '\0' ? "&" : "", p->name, instead);
	}
	return text;
}

char *
mask_hide(const struct mask *m, enum mask_form form, bool issuing, const char *text)
{
	size_t len = strlen(text);
	struct pair *list;

	if (form == MASK_FORM && form_decode(m->arena, text, len, &list))
		text = hide_form(m, list, issuing);
	else if (form == MASK_JSON) {
		const struct json *v = json_parse(m->arena, text, len, NULL);
		if (v != NULL)
			text = json_print(m->arena, hide_json(m, v, NULL, issuing));
	}
	return hide_known(m, text);
}

/* --- showing --- */

size_t
mask_variable(const char *text)
{
	static const char *const names[] = { "ACCESS_TOKEN", "REFRESH_TOKEN", "OLD_REFRESH_TOKEN", "CODE", "CLIENT_SECRET",
		"CALLBACK_TOKEN", "CALLBACK_REFRESH_TOKEN", "CALLBACK_CODE", "SMARTTHINGS_SECRET", "APP_TOKEN", "APP_REFRESH_TOKEN",
		"EVENT_TOKEN", "CONFIRMATION_TOKEN", "VENDOR_CODE" };
	size_t n = *text == '$' ? strspn(text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") : 0;

	/* Ours alone: "$HOME" in the name of a device is nobody's secret. */
	for (size_t i = 0; n > 0 && i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == n && memcmp(names[i], text + 1, n) == 0)
			return n + 1;
	return 0;
}

/* The value of a text that is a variable and nothing else; NULL if it is none that we have. */
static const char *
value_of(const struct mask *m, const char *text, size_t len)
{
	if (len < 2 || mask_variable(text) < len)
		return NULL;
	for (size_t i = 0; i < m->count; i++)
		if (strlen(m->entries[i].name) == len - 1 && memcmp(m->entries[i].name, text + 1, len - 1) == 0)
			return m->entries[i].value;
	return NULL;
}

static char *
show_form(const struct mask *m, const struct pair *list)
{
	char *text = arena_strdup(m->arena, "");

	for (const struct pair *p = list; p != NULL; p = p->next) {
		const char *value = value_of(m, p->value, strlen(p->value));
		text = form_add(m->arena, text, p->name, value != NULL ? value : p->value);
	}
	return text;
}

char *
mask_show(const struct mask *m, enum mask_form form, const char *text)
{
	struct buf b = buf_new(m->arena, TEXT_MAX);
	struct pair *list;

	if (form == MASK_FORM && form_decode(m->arena, text, strlen(text), &list))
		return show_form(m, list);
	/* As text, not as JSON: what is broken on purpose must arrive broken. Whole strings alone are looked at. */
	buf_text(&b, "");
	for (const char *s = text; *s != '\0'; s++) {
		size_t n = *s == '"' ? mask_variable(s + 1) : 0;
		const char *value = n > 0 && s[1 + n] == '"' ? value_of(m, s + 1, n) : NULL;
		buf_char(&b, *s);
		if (value != NULL) {
			buf_text(&b, value);
			s += n;
		}
	}
	return b.data != NULL ? b.data : arena_strdup(m->arena, "");
}
