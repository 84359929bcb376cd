/* mask.c: a printer that looks at names before it prints values, and ends when there is enough. */
#include "base/mask.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/banned.h"

#define HIDDEN "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"	/* three bullets */
#define KNOWN_MIN 4	/* bytes: shorter ones would be found in any word */
#define JWT_MIN 40

/* Does a name speak of a secret? Compared without case; parts of words count. */
static bool
is_secret_name(const char *name)
{
	static const char *const words[] = { "token", "secret", "password", "passwd", "code", "credential", "authorization",
	    "assertion", "verifier" };
	static const char *const harmless[] = { "tokenType", "token_type", "oauthToken" };

	for (size_t i = 0; name != NULL && i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (strcmp(name, harmless[i]) == 0)
			return false;
	/* Many names are looked at: only where a word may begin are the words. */
	for (; name != NULL && (name = strpbrk(name, "tspcavTSPCAV")) != NULL; name++)
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if ((*name | 0x20) == *words[i] && strncasecmp(name, words[i], strlen(words[i])) == 0)
				return true;
	return false;
}

/* A command or a state about codes: {"capability":"st.lockCodes","command":"setCode","arguments":[1,"1234"]}. */
static bool
is_about_secrets(const struct json *object)
{
	static const char *const members[] = { "capability", "command", "attribute" };

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (is_secret_name(json_get_string(object, members[i])))
			return true;
	return false;
}

static bool
is_payload(const char *name)
{
	return name != NULL && (strcmp(name, "arguments") == 0 || strcmp(name, "value") == 0 || strcmp(name, "data") == 0);
}

/* Is what stands in this member of object secret? */
static bool
hides(const struct json *object, const struct json *member, bool secret)
{
	const char *name = json_name(member);

	return secret || is_secret_name(name) || (is_payload(name) && is_about_secrets(object));
}

/* --- learning --- */

static void
know(struct mask *m, const char *secret)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->known[i], secret) == 0)
			return;
	if (strlen(secret) >= KNOWN_MIN && m->n < MASK_KNOWN)
		m->known[m->n++] = secret;
}

static void
learn(struct mask *m, const struct json *v, bool secret)
{
	bool object = json_type(v) == JSON_OBJECT;

	if (secret && json_string(v) != NULL)
		know(m, json_string(v));
	if (!object && json_type(v) != JSON_ARRAY)
		return;
	for (const struct json *e = json_first(v); e != NULL; e = json_next(e))
		learn(m, e, object ? hides(v, e, secret) : secret);
}

void
mask_learn(struct mask *m, const struct json *message)
{
	learn(m, message, false);
}

/* --- printing --- */

/* How many bytes at s are a secret; 0 if none are. */
static size_t
secret_at(const struct mask *m, const char *s)
{
	static const char token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
	size_t longest = 0;

	for (size_t i = 0; i < m->n; i++) {
		size_t len = strlen(m->known[i]);
		if (len > longest && strncmp(s, m->known[i], len) == 0)
			longest = len;
	}
	if (longest == 0 && strncmp(s, "eyJ", 3) == 0 && strspn(s, token) >= JWT_MIN)
		longest = strspn(s, token);
	return longest;
}

char *
mask_text(struct arena *a, const struct mask *m, const char *text)
{
	struct buf out = buf_new(a, strlen(text) * sizeof(HIDDEN) + sizeof(HIDDEN));
	bool url = strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;

	for (const char *s = text; *s != '\0';) {
		size_t len = secret_at(m, s);
		if (url && *s == '?')
			len = strlen(s);
		if (len > 0)
			buf_text(&out, HIDDEN);
		else
			buf_char(&out, *s);
		s += len > 0 ? len : 1;
	}
	return out.len > 0 ? out.data : arena_strdup(a, "");
}

struct printing {
	const struct mask	*mask;
	struct buf		 out;
};

static void
new_line(struct printing *p, unsigned depth)
{
	buf_char(&p->out, '\n');
	for (unsigned i = 0; i < depth; i++)
		buf_text(&p->out, "  ");
}

static void
put_text(struct printing *p, const char *text)
{
	buf_text(&p->out, json_print(p->out.arena, json_new_string(p->out.arena, mask_text(p->out.arena, p->mask, text))));
}

static void	 put(struct printing *, const struct json *, bool secret, unsigned depth);

static void
put_all(struct printing *p, const struct json *v, bool secret, unsigned depth)
{
	bool object = json_type(v) == JSON_OBJECT;

	buf_char(&p->out, object ? '{' : '[');
	for (const struct json *e = json_first(v); e != NULL && !p->out.over; e = json_next(e)) {
		if (e != json_first(v))
			buf_char(&p->out, ',');
		new_line(p, depth + 1);
		if (object) {
			put_text(p, json_name(e));
			buf_text(&p->out, ": ");
		}
		put(p, e, object ? hides(v, e, secret) : secret, depth + 1);
	}
	if (json_first(v) != NULL)
		new_line(p, depth);
	buf_char(&p->out, object ? '}' : ']');
}

static void
put(struct printing *p, const struct json *v, bool secret, unsigned depth)
{
	enum json_type type = json_type(v);

	if (type == JSON_OBJECT || type == JSON_ARRAY)
		put_all(p, v, secret, depth);
	else if (secret && (type == JSON_STRING || type == JSON_NUMBER))
		buf_text(&p->out, "\"" HIDDEN "\"");
	else if (type == JSON_STRING)
		put_text(p, json_string(v));
	else
		buf_text(&p->out, json_print(p->out.arena, v));
}

char *
mask_print(struct arena *a, const struct mask *m, const struct json *message, size_t max)
{
	struct printing p = { m, buf_new(a, max) };

	if (message != NULL)
		put(&p, message, false, 0);
	if (p.out.over)
		return arena_printf(a, "%s\n\xe2\x80\xa6", p.out.data);
	return p.out.len > 0 ? p.out.data : arena_strdup(a, "");
}
