/* verify.c: a table of steps, each a rule of docs/smartapp.md; the first that fails ends it. */
#include "smartapp/verify.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/secret.h"
#include "smartapp/incoming.h"
#include "smartapp/signature.h"
#include "smartapp/when.h"
#include "base/banned.h"

#define VALUE_MAX	2048	/* bytes of a signed header */
#define STRING_MAX	(64u << 10)
#define SHOWN_MAX	1200	/* bytes of the signing string in the log */

static const char *
header(const struct verification *v, const char *name)
{
	return v->in->header(v->in->arg, name);
}

const char *
incoming_correlation(struct arena *a, const struct incoming *in)
{
	const char *id = in->header(in->arg, INCOMING_CORRELATION);
	size_t n = 0;

	while (id != NULL && n < 100 && (isalnum((unsigned char)id[n]) || (id[n] != '\0' && strchr("-_.:", id[n]) != NULL)))
		n++;
	return n > 0 ? arena_strndup(a, id, n) : "-";
}

/* --- the steps; each says what is not well --- */

static const char *
check_authorization(struct verification *v)
{
	const char *value = header(v, INCOMING_AUTHORIZATION);

	if (value == NULL)
		return "there is no Authorization, or there are two";
	return authorization_read(v->arena, value, &v->auth);
}

static const char *
check_algorithm(struct verification *v)
{
	return strcmp(v->auth.algorithm, "rsa-sha256") == 0 ? NULL : "algorithm= is not rsa-sha256";
}

static const char *
check_signed_names(struct verification *v)
{
	static const struct { const char *name, *why; } musts[] = {
		{ "(request-target)", "(request-target) is not signed" },
		{ INCOMING_DIGEST, "digest is not signed" },
		{ INCOMING_DATE, "date is not signed" },
	};

	for (size_t i = 0; i < sizeof(musts) / sizeof(musts[0]); i++) {
		bool found = false;
		for (size_t j = 0; j < v->auth.headers_count; j++)
			found |= strcmp(v->auth.headers[j], musts[i].name) == 0;
		if (!found)
			return musts[i].why;
	}
	return NULL;
}

bool
verify_key_id_is_remote(const char *id, const char *prefix)
{
	size_t n = strlen(prefix);

	if (strncmp(id, prefix, n) != 0)
		return false;
	size_t region = strspn(id += n, "abcdefghijklmnopqrstuvwxyz0123456789");
	if (region < 1 || region > 32 || id[region] != '/')
		return false;
	id += region + 1;
	size_t serial = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
	return serial >= 1 && serial <= 128 && id[serial] == '\0';
}

bool
verify_key_id_is_local(const char *id)
{
	static const char head[] = "/SmartThings/";
	size_t n = strlen(head);

	return strncmp(id, head, n) == 0 && strlen(id + n) == 47 && strspn(id + n, "0123456789abcdef:") == 47;
}

static const char *
check_key_id(struct verification *v)
{
	if (verify_key_id_is_local(v->auth.key_id))
		return v->rules->local != NULL ? NULL : "keyId is of the older scheme, and smartapp.local_key_file is not set";
	return verify_key_id_is_remote(v->auth.key_id, v->rules->key_prefix) ? NULL : "keyId has not the form of a key id";
}

static const char *
check_date(struct verification *v)
{
	const char *text = header(v, INCOMING_DATE);

	v->date = 0;
	if (text == NULL || *text == '\0')
		return "there is no Date, or there are two";
	bool fine = when_http(text, &v->date);
	if (v->rules->skew < 0)
		return NULL;
	if (!fine)
		return "Date is not as \"Tue, 24 Mar 2020 13:23:37 UTC\"";
	int64_t off = v->date - v->rules->now;
	if (off > v->rules->skew || off < -v->rules->skew)
		return arena_printf(v->arena, "Date is %lld seconds %s our clock; smartapp.clock_skew_sec allows %lld",
		    (long long)(off < 0 ? -off : off), off < 0 ? "behind" : "ahead of", v->rules->skew);
	return NULL;
}

static const char *
check_digest(struct verification *v)
{
	const char *text = header(v, INCOMING_DIGEST);
	unsigned char hash[SECRET_HASH], *stated;
	size_t len;

	if (text == NULL || *text == '\0')
		return "there is no Digest, or there are two";
	if (strncasecmp(text, "SHA-256=", 8) != 0 && strncasecmp(text, "SHA256=", 7) != 0)
		return "Digest is not SHA-256=... or SHA256=...";
	text = strchr(text, '=') + 1;
	if (strlen(text) != 44 || (stated = secret_from_base64(v->arena, text, 44, &len)) == NULL || len != SECRET_HASH)
		return "Digest is not base64 of 32 bytes";
	secret_sha256(v->in->body, v->in->len, hash);
	return secret_equal(hash, stated, SECRET_HASH) ? NULL : "Digest is not that of the body: the body was changed on its way";
}

/* The lines that were signed, joined by single line feeds. */
static const char *
check_string(struct verification *v)
{
	struct buf b = buf_new(v->arena, STRING_MAX);

	for (size_t i = 0; i < v->auth.headers_count; i++) {
		const char *name = v->auth.headers[i], *value = NULL;
		if (strcmp(name, "(request-target)") == 0) {
			char *method = arena_strdup(v->arena, v->in->method);
			for (char *c = method; *c != '\0'; c++)
				*c = (char)tolower((unsigned char)*c);
			value = arena_printf(v->arena, "%s %s", method, v->rules->path);
		} else if ((value = header(v, name)) == NULL || *value == '\0')
			return arena_printf(v->arena, "%s is signed, but did not come, or came twice", name);
		if (strlen(value) > VALUE_MAX)
			return arena_printf(v->arena, "%s is too long", name);
		buf_printf(&b, "%s%s: %s", i > 0 ? "\n" : "", name, value);
	}
	v->string = b.data;
	return NULL;
}

static const char *
check_key(struct verification *v)
{
	const char *why = "the key is not known";

	v->key = v->rules->local;
	if (!verify_key_id_is_local(v->auth.key_id))
		v->key = v->rules->key(v->rules->key_arg, v->arena, v->auth.key_id, &why);
	if (v->key == NULL)
		return why;
	int64_t slack = v->rules->skew < 0 ? 0 : v->rules->skew;
	if (v->rules->now < signature_key_from(v->key) - slack)
		return "the key's certificate does not hold yet";
	if (v->rules->now > signature_key_until(v->key) + slack)
		return "the key's certificate has expired";
	return NULL;
}

static const char *
check_signature(struct verification *v)
{
	return signature_ok(v->key, v->string, v->auth.signature, v->auth.signature_len) ? NULL :
	    "the signature is not that of the signing string: is the path the target URL's, are Date and Digest as they were sent?";
}

/* --- in order: what costs nothing first, the key server and RSA last --- */

enum { AUTHORIZATION = 1, KEY_ID = 2, STRING = 4, KEY = 8 };

static const struct step {
	const char	*name;
	const char	*(*check)(struct verification *);
	unsigned	 gives, needs;
} steps[] = {
	{ "authorization", check_authorization, AUTHORIZATION, 0 },
	{ "algorithm", check_algorithm, 0, AUTHORIZATION },
	{ "signed headers", check_signed_names, 0, AUTHORIZATION },
	{ "key id", check_key_id, KEY_ID, AUTHORIZATION },
	{ "date", check_date, 0, 0 },
	{ "digest", check_digest, 0, 0 },
	{ "signing string", check_string, STRING, AUTHORIZATION },
	{ "key", check_key, KEY, KEY_ID },
	{ "signature", check_signature, 0, STRING | KEY },
};

static void
begin(struct verification *v, const struct verifier *rules, struct arena *a, const struct incoming *in)
{
	*v = (struct verification){ .rules = rules, .in = in, .arena = a };
}

bool
verify_call(struct verification *v, const struct verifier *rules, struct arena *a, const struct incoming *in)
{
	begin(v, rules, a, in);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && v->why == NULL; i++)
		v->why = steps[i].check(v);
	if (v->why != NULL && v->string == NULL)
		check_string(v);	/* for who looks for the fault; what it says itself is not the first fault */
	return v->why == NULL;
}

bool
verify_explain(struct verification *v, const struct verifier *rules, struct arena *a, const struct incoming *in,
    verify_tell tell, void *arg)
{
	unsigned have = 0;

	begin(v, rules, a, in);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const struct step *s = &steps[i];
		bool skipped = (s->needs & have) != s->needs;
		const char *why = skipped ? "an earlier fault leaves nothing to look at" : s->check(v);
		have |= why == NULL ? s->gives : 0;
		v->why = v->why == NULL ? why : v->why;
		tell(arg, s->name, skipped, why);
	}
	return v->why == NULL;
}

char *
verify_string_line(struct arena *a, const struct verification *v)
{
	static const char known[] = "(request-target) date digest host content-type content-length x-st-correlation";
	struct buf b = buf_new(a, SHOWN_MAX);

	for (const char *s = v->string; s != NULL && *s != '\0';) {
		size_t line = strcspn(s, "\n"), name = strcspn(s, ":");
		bool shown = false;
		for (const char *w = known; !shown && *w != '\0'; w += strcspn(w, " "), w += *w == ' ')
			shown = strcspn(w, " ") == name && strncmp(w, s, name) == 0;
		if (b.len > 0)
			buf_text(&b, " | ");
		buf_add(&b, s, shown ? line : name);
		if (!shown)
			buf_text(&b, ": ...");
		s += line + (s[line] == '\n');
	}
	buf_text(&b, "");
	return b.data;
}
