/* show.c: records into what templates take. */
#include "polyglot/show.h"

#include <string.h>

#include "account/moment.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "nodeserver/nodes.h"
#include "nodeserver/registry.h"
#include "nodeserver/trace.h"
#include "base/banned.h"

#define LINKS_MAX 5	/* of one notice */

struct json *
show_row(const struct nodeserver_context *x, const struct nodeserver *ns)
{
	struct arena *a = x->arena;
	struct json *v = json_object(a);
	const char *state = ns->connected ? "nodeserver_connected" : ns->stopped ? "nodeserver_stopped" :
	    json_get_bool(ns->record, "firstRun", false) ? "nodeserver_new" : "nodeserver_away";
	const char *since = ns->connected ? "timeStarted" : "lastDisconnect";

	json_set_int(a, v, "n", ns->n);
	json_set_string(a, v, "name", ns->name);
	json_set_string(a, v, "state", state);
	json_set_bool(a, v, "connected", ns->connected);
	json_set_bool(a, v, "stopped", ns->stopped);
	json_set(a, v, "since", moment(a, json_get_int(ns->record, since, 0)));
	json_set(a, v, "created", moment(a, json_get_int(ns->record, "timeAdded", 0)));
	json_set_int(a, v, "short_poll", json_get_int(ns->record, "shortPoll", 0));
	json_set_int(a, v, "long_poll", json_get_int(ns->record, "longPoll", 0));
	return v;
}

/* --- notices --- */

static char *
without_tags(struct arena *a, const char *text)
{
	struct buf b = buf_new(a, strlen(text) + 1);
	bool inside = false;

	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '<' || *c == '>')
			inside = *c == '<';
		else if (!inside)
			buf_char(&b, *c);
	}
	return b.data;
}

static struct json *
links(struct arena *a, const char *text)
{
	struct json *list = json_array(a);

	for (const char *at = text; json_count(list) < LINKS_MAX && (at = strstr(at, "http")) != NULL;) {
		size_t scheme = strncmp(at, "https://", 8) == 0 ? 8 : strncmp(at, "http://", 7) == 0 ? 7 : 0;
		size_t len = strcspn(at, " \t\r\n\"'<>");
		const char *url = arena_strndup(a, at, len);
		if (scheme > 0 && len > scheme && !json_array_has(list, url))
			json_append_string(a, list, url);
		at += len;
	}
	return list;
}

struct json *
show_notices(struct arena *a, const struct json *notices)
{
	struct json *list = json_array(a);

	for (const struct json *m = json_first(notices); m != NULL; m = json_next(m)) {
		const char *text = json_string(m) != NULL ? json_string(m) : json_print(a, m);
		struct json *v = json_append(a, list, json_object(a));
		json_set_string(a, v, "text", without_tags(a, text));
		json_set(a, v, "links", links(a, text));
	}
	return list;
}

/* --- parameters --- */

static const char *
as_text(struct arena *a, const struct json *v)
{
	return json_string(v) != NULL ? json_string(v) : json_print(a, v);
}

char *
show_params(struct arena *a, const struct json *params)
{
	struct buf b = buf_new(a, 4 * REGISTRY_MEMBER_MAX);

	for (const struct json *m = json_first(params); m != NULL; m = json_next(m))
		buf_printf(&b, "%s = %s\n", json_name(m), as_text(a, m));
	return b.data;
}

static const char *
trimmed(struct arena *a, const char *s, size_t len)
{
	while (len > 0 && (*s == ' ' || *s == '\t')) {
		s++;
		len--;
	}
	while (len > 0 && strchr(" \t", s[len - 1]) != NULL)
		len--;
	return arena_strndup(a, s, len);
}

struct json *
show_read_params(struct arena *a, const char *lines, const struct json *before)
{
	struct json *params = json_object(a);

	while (*lines != '\0') {
		size_t len = strcspn(lines, "\r\n"), eq = strcspn(lines, "=\r\n");
		const char *name = trimmed(a, lines, eq);
		if (eq == len && *name != '\0')
			return NULL;
		if (eq < len && *name != '\0') {
			const char *value = trimmed(a, lines + eq + 1, len - eq - 1);
			const struct json *old = json_get(before, name);
			json_set(a, params, name, old != NULL && strcmp(as_text(a, old), value) == 0 ? json_copy(a, old) :
			    json_new_string(a, value));
		}
		lines += len;
		lines += strspn(lines, "\r\n");
	}
	return params;
}

/* --- nodes --- */

static struct json *
node_row(struct arena *a, int n, const struct json *node)
{
	struct json *v = json_object(a), *drivers = json_set(a, v, "drivers", json_array(a));
	const char *address = json_get_string(node, "address");

	json_set_string(a, v, "address", address);
	json_set_string(a, v, "name", json_get_string(node, "name"));
	json_set_string(a, v, "nodedefid", json_get_string(node, "nodedefid"));
	if (json_get_bool(node, "device", false))
		json_set_string(a, v, "device", nodes_device_id(a, n, address));
	for (const struct json *d = json_first(json_get(node, "drivers")); d != NULL; d = json_next(d))
		json_append_string(a, drivers, arena_printf(a, "%s %s", json_name(d), json_get_string(d, "value")));
	return v;
}

enum store_result
show_nodes(const struct nodeserver_context *x, const struct nodeserver *ns, struct json **list)
{
	struct json *addresses, *node;
	enum store_result r = nodes_addresses(x, ns, &addresses);

	*list = json_array(x->arena);
	for (const struct json *v = json_first(addresses); v != NULL && r == STORE_OK; v = json_next(v)) {
		if ((r = nodes_find(x->store, x->arena, ns->user, ns->n, json_string(v), &node)) == STORE_OK)
			json_append(x->arena, *list, node_row(x->arena, ns->n, node));
		r = r == STORE_ABSENT ? STORE_OK : r;
	}
	return r;
}

/* --- messages --- */

enum store_result
show_trace(const struct nodeserver_context *x, const struct nodeserver *ns, struct json **out)
{
	struct arena *a = x->arena;
	struct json *lines, *shown;
	long long until;
	enum store_result r = trace_list(x, ns->worker, &lines, &until);

	*out = NULL;
	if (r != STORE_OK || until == 0)
		return r;
	*out = json_object(a);
	json_set(a, *out, "until", moment(a, until * 1000));
	shown = json_set(a, *out, "lines", json_array(a));
	for (const struct json *v = json_first(lines); v != NULL; v = json_next(v)) {
		struct json *line = json_append(a, shown, json_object(a));
		json_set(a, line, "at", moment(a, json_get_int(v, "at", 0)));
		json_set_bool(a, line, "in", json_get_bool(v, "in", false));
		json_set_string(a, line, "text", json_get_string(v, "text"));
		json_set_string(a, line, "why", json_get_string(v, "why"));
	}
	return r;
}
