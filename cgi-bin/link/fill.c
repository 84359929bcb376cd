/* fill.c: values into URLs, headers and bodies. */
#include "link/fill.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "web/fetch.h"
#include "base/banned.h"

#define FILLED_MAX	65536
#define HEADERS_MAX	16

/* What {word} stands for; NULL if it cannot be told. word is what is between the braces. */
static struct json *
value_of(struct arena *a, const char *word, const struct json *values)
{
	size_t len = strcspn(word, "*/+-:");
	const struct json *v = json_get(values, arena_strndup(a, word, len));
	const char *digits = strchr(word, ':');
	char op = word[len];
	double number, by;

	if (v == NULL || op == '\0')
		return v != NULL ? json_copy(a, v) : NULL;
	if (!json_number(v, &number))
		return NULL;
	by = op != ':' ? strtod(word + len + 1, NULL) : 0;
	if (op == '/' && by == 0)
		return NULL;
	number = op == '*' ? number * by : op == '/' ? number / by : op == '+' ? number + by : op == '-' ? number - by : number;
	double power = pow(10, digits != NULL ? strtod(digits + 1, NULL) : 6);
	return json_new_number(a, round(number * power) / power);
}

static const char *
as_text(struct arena *a, const struct json *v)
{
	return json_string(v) != NULL ? json_string(v) : json_print(a, v);
}

char *
fill_text(struct arena *a, const char *text, const struct json *values, int url)
{
	struct buf b = buf_new(a, FILLED_MAX);

	buf_text(&b, "");
	for (const char *s = text; *s != '\0';) {
		size_t len = strcspn(s, "{"), word = s[len] == '{' ? strcspn(s + len + 1, "}") : 0;
		buf_add(&b, s, len);
		if (s[len] == '\0')
			break;
		if (s[len + 1 + word] == '\0')
			return NULL;
		const struct json *v = value_of(a, arena_strndup(a, s + len + 1, word), values);
		if (v == NULL)
			return NULL;
		if (url && s + len != text)
			buf_url(&b, as_text(a, v));
		else
			buf_text(&b, as_text(a, v));
		s += len + word + 2;
	}
	return b.over ? NULL : b.data;
}

static const char *
word_alone(struct arena *a, const char *s)
{
	size_t len = strlen(s);

	return *s == '{' && strcspn(s, "}") == len - 1 ? arena_strndup(a, s + 1, len - 2) : NULL;
}

/* A copy of v with values put in; NULL if one is not there. An object's member that is one {name?} is left out if it is not. */
static struct json *
fill_json(struct arena *a, const struct json *v, const struct json *values)
{
	const char *s = json_string(v), *word = s != NULL ? word_alone(a, s) : NULL;
	struct json *copy;

	if (word != NULL)
		return value_of(a, word, values);
	if (s != NULL) {
		s = fill_text(a, s, values, 0);
		return s != NULL ? json_new_string(a, s) : NULL;
	}
	if (json_type(v) != JSON_OBJECT && json_type(v) != JSON_ARRAY)
		return json_copy(a, v);
	copy = json_type(v) == JSON_OBJECT ? json_object(a) : json_array(a);
	for (const struct json *e = json_first(v); e != NULL; e = json_next(e)) {
		const char *name = json_string(e) != NULL ? word_alone(a, json_string(e)) : NULL;
		size_t len = name != NULL ? strlen(name) : 0;
		bool optional = len > 0 && name[len - 1] == '?';
		struct json *below = optional ? value_of(a, arena_strndup(a, name, len - 1), values) : fill_json(a, e, values);
		if (below == NULL && optional)
			continue;
		if (below == NULL)
			return NULL;
		if (json_type(v) == JSON_OBJECT)
			json_set(a, copy, json_name(e), below);
		else
			json_append(a, copy, below);
	}
	return copy;
}

/* "a=1&b=2" of an object; NULL if a value is not there. */
static char *
pairs(struct arena *a, const struct json *object, const struct json *values)
{
	struct buf b = buf_new(a, FILLED_MAX);
	const struct json *filled = fill_json(a, object, values);

	if (filled == NULL)
		return NULL;
	buf_text(&b, "");
	for (const struct json *v = json_first(filled); v != NULL; v = json_next(v))
		buf_pair(&b, json_name(v), as_text(a, v));
	return b.over ? NULL : b.data;
}

static const char *
fill_headers(struct arena *a, const struct json *rule, const struct json *values, const char *token, const char **list)
{
	size_t n = 0;

	if (token != NULL) {
		list[n++] = "Authorization";
		list[n++] = arena_printf(a, "Bearer %s", token);
	}
	list[n++] = "Accept";
	list[n++] = "application/json";
	if (json_get(rule, "form") != NULL) {
		list[n++] = "Content-Type";
		list[n++] = "application/x-www-form-urlencoded";
	}
	for (const struct json *h = json_first(json_get(rule, "headers")); h != NULL && n + 2 < HEADERS_MAX * 2; h = json_next(h)) {
		const char *value = json_string(h) != NULL ? fill_text(a, json_string(h), values, 0) : NULL;
		if (value == NULL)
			return "a value for a header is missing";
		list[n++] = json_name(h);
		list[n++] = value;
	}
	return NULL;
}

const char *
fill_request(struct arena *a, const struct json *rule, const struct json *values, const char *token, struct fetch_request *rq)
{
	const char **headers = arena_alloc(a, (HEADERS_MAX * 2 + 1) * sizeof(*headers)), *why;
	const struct json *body = json_get(rule, "body");
	const char *method = json_get_string(rule, "method"), *query;

	*rq = (struct fetch_request){ .method = method != NULL ? method : "GET", .headers = headers };
	rq->url = fill_text(a, json_get_string(rule, "url"), values, 1);
	if (rq->url == NULL)
		return "a value for the URL is missing";
	if (json_get(rule, "query") != NULL) {
		if ((query = pairs(a, json_get(rule, "query"), values)) == NULL)
			return "a value for the query is missing";
		rq->url = arena_printf(a, "%s%c%s", rq->url, strchr(rq->url, '?') != NULL ? '&' : '?', query);
	}
	if ((why = fill_headers(a, rule, values, token, headers)) != NULL)
		return why;
	if (json_get(rule, "form") != NULL)
		rq->body = pairs(a, json_get(rule, "form"), values);
	else if (body != NULL) {
		struct json *filled = fill_json(a, body, values);
		rq->body = filled != NULL ? json_print(a, filled) : NULL;
	}
	if (rq->body == NULL && (body != NULL || json_get(rule, "form") != NULL))
		return "a value for the body is missing";
	rq->len = rq->body != NULL ? strlen(rq->body) : 0;
	return NULL;
}
