/* authorization.c: draft-cavage-http-signatures as SmartThings writes it, with nothing left to taste. */
#include "smartapp/authorization.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/secret.h"
#include "base/banned.h"

#define PARAMETERS_MAX 16
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

struct parameter {
	const char	*name, *value;
};

/* name="value" at *s, which is moved behind it. False if it is not that. */
static bool
read_parameter(struct arena *a, const char **s, struct parameter *p)
{
	size_t len = strspn(*s, LETTERS), n = 0;
	const char *value = *s + len + 2;

	if (len == 0 || (*s)[len] != '=' || (*s)[len + 1] != '"')
		return false;
	while (value[n] >= ' ' && value[n] <= '~' && value[n] != '"' && value[n] != '\\')
		n++;
	if (value[n] != '"')
		return false;
	*p = (struct parameter){ arena_strndup(a, *s, len), arena_strndup(a, value, n) };
	*s = value + n + 1;
	return true;
}

/* The parameters from s on; NULL if they are fine. */
static const char *
read_all(struct arena *a, const char *s, struct parameter list[PARAMETERS_MAX], size_t *count)
{
	for (*count = 0; *count < PARAMETERS_MAX; s++) {
		struct parameter *p = &list[*count];
		s += strspn(s, " ");
		if (!read_parameter(a, &s, p))
			return "Authorization is not a list of name=\"value\"";
		for (size_t i = 0; i < *count; i++)
			if (strcmp(list[i].name, p->name) == 0)
				return "Authorization has a parameter twice";
		++*count;
		s += strspn(s, " ");
		if (*s == '\0')
			return NULL;
		if (*s != ',')
			return "Authorization has something between two parameters";
	}
	return "Authorization has too many parameters";
}

static const char *
find(const struct parameter *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].name, name) == 0)
			return list[i].value;
	return NULL;
}

/* A name that a header may have, or the one that stands for method and path. */
static bool
name_ok(const char *name, size_t len)
{
	if (len == 16 && memcmp(name, "(request-target)", len) == 0)
		return true;
	return len > 0 && len <= 64 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") >= len;
}

/* "(request-target) digest date" */
static const char *
read_headers(struct arena *a, const char *s, struct authorization *auth)
{
	for (;; s++) {
		size_t len = strcspn(s, " ");
		if (!name_ok(s, len))
			return "headers= is not a list of names in small letters, one space between them";
		if (auth->headers_count == AUTHORIZATION_HEADERS)
			return "headers= has too many names";
		char *name = arena_strndup(a, s, len);
		for (size_t i = 0; i < auth->headers_count; i++)
			if (strcmp(auth->headers[i], name) == 0)
				return "headers= has a name twice";
		auth->headers[auth->headers_count++] = name;
		s += len;
		if (*s == '\0')
			return NULL;
	}
}

const char *
authorization_read(struct arena *a, const char *value, struct authorization *auth)
{
	static const char scheme[] = "Signature ";
	struct parameter list[PARAMETERS_MAX];
	size_t count;

	*auth = (struct authorization){ 0 };
	if (strlen(value) >= AUTHORIZATION_MAX)
		return "Authorization is too long";
	if (strncmp(value, scheme, strlen(scheme)) != 0)
		return "Authorization is no Signature";
	const char *fault = read_all(a, value + strlen(scheme), list, &count);
	if (fault != NULL)
		return fault;
	const char *signature = find(list, count, "signature"), *headers = find(list, count, "headers");
	auth->key_id = find(list, count, "keyId");
	auth->algorithm = find(list, count, "algorithm");
	if (auth->key_id == NULL || signature == NULL || headers == NULL || auth->algorithm == NULL)
		return "Authorization lacks keyId, signature, headers or algorithm";
	auth->signature = secret_from_base64(a, signature, strlen(signature), &auth->signature_len);
	if (auth->signature == NULL || auth->signature_len == 0)
		return "signature= is not base64";
	return read_headers(a, headers, auth);
}
