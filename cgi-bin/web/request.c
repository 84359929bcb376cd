/* request.c: from a CGI environment to struct request. Knows no FastCGI and no socket. */
#include "web/request.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/secret.h"
#include "web/form.h"
#include "base/banned.h"

#define ID_MAX 64

const char *
request_env(const struct request *r, const char *name)
{
	size_t n = strlen(name);
	const char *found = NULL;

	for (const char *const *e = r->env; *e != NULL; e++)
		if (strncmp(*e, name, n) == 0 && (*e)[n] == '=') {
			if (found != NULL)
				return NULL;
			found = *e + n + 1;
		}
	return found;
}

const char *
request_header(const struct request *r, const char *name)
{
	char *var = arena_printf(r->arena, "HTTP_%s", name);

	for (char *c = var; *c != '\0'; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return request_env(r, var);
}

const char *
request_query(const struct request *r, const char *name)
{
	return form_get(r->query, name);
}

const char *
request_form(const struct request *r, const char *name)
{
	return form_get(r->form, name);
}

const char *
request_network(const struct request *r)
{
	struct in6_addr six;
	char text[INET6_ADDRSTRLEN];

	if (inet_pton(AF_INET6, r->remote, &six) != 1)
		return r->remote;
	if (IN6_IS_ADDR_V4MAPPED(&six)) {
		inet_ntop(AF_INET, &six.s6_addr[12], text, sizeof(text));
		return arena_strdup(r->arena, text);
	}
	memset(&six.s6_addr[8], 0, 8);
	inet_ntop(AF_INET6, &six, text, sizeof(text));
	return arena_printf(r->arena, "%s/64", text);
}

/* An id from the web server, if it is harmless in a log line. */
static const char *
request_id(struct request *r)
{
	const char *id = request_env(r, "REQUEST_ID");
	size_t len = id != NULL ? strlen(id) : 0;

	if (len == 0 || len > ID_MAX || strspn(id, "0123456789abcdefABCDEF-") != len)
		return NULL;
	return id;
}

/* "Application/JSON; charset=utf-8" -> "application/json" */
static const char *
media_type(struct arena *a, const char *v)
{
	char *type = arena_strndup(a, v, strcspn(v, "; \t"));

	for (char *c = type; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return type;
}

static const char *
env_or(const struct request *r, const char *name, const char *otherwise)
{
	const char *v = request_env(r, name);

	return v != NULL ? v : otherwise;
}

static size_t
count(const struct pair *list)
{
	size_t n = 0;

	for (; list != NULL; list = list->next)
		n++;
	return n;
}

int
request_parse(struct request *r, struct arena *a, const char *const *env, const char *body, size_t len)
{
	*r = (struct request){ .arena = a, .env = env, .body = body, .body_len = len,
	    .path = "", .query_text = "", .content_type = "" };
	if ((r->id = request_id(r)) == NULL) {
		r->id = secret_token(a, 12);
		r->id_is_ours = true;
	}
	r->remote = env_or(r, "REMOTE_ADDR", "-");
	r->method = env_or(r, "REQUEST_METHOD", "");
	const char *uri = env_or(r, "REQUEST_URI", "");
	if (*r->method == '\0' || *uri != '/')
		return 400;
	if (strlen(uri) > REQUEST_URI_MAX)
		return 414;
	if (strcmp(r->method, "HEAD") == 0)
		r->method = "GET";
	/* Both from REQUEST_URI: lighttpd rewrites QUERY_STRING and both decode PATH_INFO. */
	r->path = arena_strndup(a, uri, strcspn(uri, "?"));
	r->query_text = uri[strlen(r->path)] == '?' ? uri + strlen(r->path) + 1 : "";
	r->content_type = media_type(a, env_or(r, "CONTENT_TYPE", ""));
	if (!form_decode(a, r->query_text, strlen(r->query_text), &r->query) || count(r->query) > REQUEST_QUERY_PAIRS)
		return 400;
	if (strcmp(r->content_type, "application/x-www-form-urlencoded") == 0 && !form_decode(a, body, len, &r->form))
		return 400;
	return 0;
}
