/* smartapp_verify.c: gatehouse smartapp verify: a captured request, judged rule by rule. */
#include "cli/smartapp_verify.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "smartapp/definition.h"
#include "smartapp/incoming.h"
#include "smartapp/keyserver.h"
#include "smartapp/signature.h"
#include "smartapp/verify.h"
#include "base/banned.h"

#define CAPTURE_MAX	(2u << 20)
#define HEADERS_MAX	100

struct capture {
	struct arena	*arena;
	struct { char *name; const char *value; } headers[HEADERS_MAX];
	size_t		 count;
	const char	*method, *path;
};

static const char *
captured(const void *arg, const char *name)
{
	const struct capture *c = arg;
	const char *found = NULL;

	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->headers[i].name, name) == 0) {
			if (found != NULL)
				return NULL;
			found = c->headers[i].value;
		}
	return found;
}

/* One line up to its end, CR cut off; *s is moved to the next. */
static char *
take_line(struct arena *a, const char **s)
{
	size_t len = strcspn(*s, "\n"), cut = len > 0 && (*s)[len - 1] == '\r' ? len - 1 : len;
	char *line = arena_strndup(a, *s, cut);

	*s += len + ((*s)[len] == '\n');
	return line;
}

/* "POST /smartapp HTTP/1.1", headers, an empty line, the body. NULL if it is fine. */
static const char *
read_capture(struct arena *a, const char *text, struct capture *c, const char **body)
{
	const char *s = text;
	char *line = take_line(a, &s), *space = strchr(line, ' ');

	*c = (struct capture){ .arena = a };
	if (space == NULL || space[1] != '/')
		return "it does not begin with a line as \"POST /smartapp HTTP/1.1\"";
	c->method = arena_strndup(a, line, (size_t)(space - line));
	c->path = arena_strndup(a, space + 1, strcspn(space + 1, " ?"));
	while (*(line = take_line(a, &s)) != '\0') {
		char *colon = strchr(line, ':');
		if (colon == NULL || c->count == HEADERS_MAX)
			return colon == NULL ? "a header has no colon" : "it has too many headers";
		char *name = arena_strndup(a, line, (size_t)(colon - line));
		for (char *ch = name; *ch != '\0'; ch++)
			*ch = (char)tolower((unsigned char)*ch);
		const char *value = colon + 1 + strspn(colon + 1, " \t");
		size_t len = strlen(value);
		while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
			len--;
		c->headers[c->count].name = name;
		c->headers[c->count++].value = arena_strndup(a, value, len);
	}
	*body = s;
	return NULL;
}

struct looking {
	struct cli		*cli;
	struct signature_key	*given, *kept;
	struct json		*steps;
};

static const struct signature_key *
look_up(void *arg, struct arena *a, const char *key_id, const char **why)
{
	struct looking *l = arg;

	if (l->given != NULL)
		return l->given;
	if (l->cli->store != NULL)
		l->kept = keyserver_kept(l->cli->store, a, key_id);
	*why = arena_printf(a, "this instance has not seen the key; get it by: curl %s%s, and give it by --key FILE",
	    l->cli->config->smartapp.keyserver_url, key_id);
	return l->kept;
}

static void
tell(void *arg, const char *step, bool skipped, const char *why)
{
	struct looking *l = arg;
	struct json *v = json_append(l->cli->arena, l->steps, json_object(l->cli->arena));

	json_set_string(l->cli->arena, v, "step", step);
	json_set_string(l->cli->arena, v, "result", skipped ? "skipped" : why == NULL ? "ok" : "refused");
	json_set_string(l->cli->arena, v, "why", why != NULL ? why : "");
}

static const struct output_column step_columns[] = {
	{ "step", "STEP", OUTPUT_TEXT }, { "result", "RESULT", OUTPUT_TEXT }, { "why", "WHY", OUTPUT_TEXT }, { NULL, NULL, 0 },
};

/* The path that was signed: --path, that of the definition's target, or the one that was asked for. */
static bool
signed_path(struct cli *c, const struct capture *capture, const char **path)
{
	const char *file = c->config->smartapp.definition, *why;

	*path = args_value(c, "path");
	if (*path != NULL || *file == '\0') {
		*path = *path != NULL ? *path : capture->path;
		return true;
	}
	const struct definition *d = definition_load(c->arena, config_path(c->arena, c->config, file), &why);
	if (d == NULL)
		output_refuse(c, "mend it, or name the path by --path", "%s", why);
	else
		*path = d->path;
	return d != NULL;
}

static struct signature_key *
read_key(struct cli *c, const char *file, enum cli_exit *end)
{
	const char *why = NULL;
	size_t len;
	char *pem = config_read_file(c->arena, file, SIGNATURE_PEM_MAX, &len);
	struct signature_key *k = pem != NULL ? signature_key_read(pem, len, false, &why) : NULL;

	if (k == NULL)
		*end = (enum cli_exit)output_refuse(c, "give a PEM file with one certificate or public key", "%s: %s", file,
		    why != NULL ? why : strerror(errno));
	return k;
}

static enum cli_exit
judge(struct cli *c, const struct capture *capture, const char *body, size_t len, const char *path, struct signature_key *key)
{
	struct looking l = { c, key, NULL, json_array(c->arena) };
	const struct verifier rules = { .path = path, .key_prefix = c->config->smartapp.key_prefix,
		.skew = c->config->smartapp.clock_skew_sec, .now = clock_sec(), .local = key, .key = look_up, .key_arg = &l };
	const struct incoming in = { capture->method, body, len, captured, capture };
	struct verification v;
	bool fine = verify_explain(&v, &rules, c->arena, &in, tell, &l);
	struct json *all = json_object(c->arena);

	json_set_bool(c->arena, all, "genuine", fine);
	json_set_string(c->arena, all, "signingString", v.string);
	json_set(c->arena, all, "steps", l.steps);
	if (c->json)
		output_json(c, all);
	else {
		output_list(c, l.steps, step_columns, "");
		output_say(c, "\nsigning string: %s\n%s", v.string != NULL ? v.string : "-",
		    fine ? "This request is genuine." : "This request is refused.");
	}
	signature_key_free(l.kept);
	return fine ? CLI_DONE : CLI_REFUSED;
}

enum cli_exit
smartapp_verify(struct cli *c)
{
	const char *file = c->words[0], *body, *path, *key_file = args_value(c, "key"), *stated;
	struct capture capture;
	struct signature_key *key = NULL;
	enum cli_exit end = CLI_REFUSED;
	long long wanted;
	size_t len;
	char *text = config_read_file(c->arena, file, CAPTURE_MAX, &len);

	if (text == NULL)
		return output_refuse(c, "name a file that holds the request as it came", "%s: %s", file, strerror(errno));
	const char *fault = read_capture(c->arena, text, &capture, &body);
	if (fault != NULL)
		return output_refuse(c, "give the request line, the headers, an empty line and the body, unchanged", "%s: %s", file, fault);
	len -= (size_t)(body - text);
	stated = captured(&capture, "content-length");
	if (stated != NULL && text_to_int(stated, 0, CAPTURE_MAX, &wanted) && (size_t)wanted < len)
		len = (size_t)wanted;	/* what an editor added behind it does not count */
	if (key_file != NULL && (key = read_key(c, key_file, &end)) == NULL)
		return end;
	if (signed_path(c, &capture, &path))
		end = judge(c, &capture, body, len, path, key);
	signature_key_free(key);
	return end;
}
