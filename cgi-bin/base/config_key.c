/* config_key.c: what each key of gatehouse.json may be, and what a wrong name may have meant.
 * long because: it is mostly one table. */
#include "base/config_key.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/guess.h"
#include "base/json.h"
#include "base/text.h"
#include "base/banned.h"

#define YEAR	(365LL * 86400)

/* --- what values may be --- */

/* Length of the host name at s: letters, digits, dots and hyphens, or an IPv6 address in brackets. */
static size_t
host_length(const char *s)
{
	if (*s != '[')
		return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-");
	size_t n = 1 + strspn(s + 1, "0123456789abcdef:.");
	return s[n] == ']' ? n + 1 : 0;
}

static bool
host_is_loopback(const char *host, size_t len)
{
	return (len == 9 && memcmp(host, "localhost", 9) == 0) || (len == 5 && memcmp(host, "[::1]", 5) == 0) ||
	    (len >= 9 && memcmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == len);
}

bool
config_url_is_here(const char *url)
{
	if (strncmp(url, "http://", 7) != 0)
		return false;
	size_t len = host_length(url += 7), whole = strcspn(url, "/?#");
	return host_is_loopback(url, len) && (len == whole || url[len] == ':') && memchr(url, '@', whole) == NULL;
}

/* "" or "/one/two": folders of plain letters, no slash at the end, nothing that a browser would take as another path. */
static bool
path_is_plain(const char *s)
{
	while (*s == '/') {
		size_t len = strspn(s + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-");
		if (len == 0 || s[1] == '.')
			return false;
		s += 1 + len;
	}
	return *s == '\0';
}

static const char *
url_fault(const char *s)
{
	bool tls = strncmp(s, "https://", 8) == 0;

	if (!tls && strncmp(s, "http://", 7) != 0)
		return "must begin with https:// (or http://, for an address of this machine alone)";
	const char *host = s + (tls ? 8 : 7);
	size_t len = host_length(host);
	if (len == 0 || *host == '.' || *host == '-' || len > 253)
		return "must have a host name in small letters behind the scheme";
	const char *rest = host + len;
	if (*rest == ':') {
		size_t digits = strspn(rest + 1, "0123456789");
		if (digits == 0 || digits > 5 || strtol(rest + 1, NULL, 10) < 1 || strtol(rest + 1, NULL, 10) > 65535)
			return "must have a port from 1 to 65535 behind the colon";
		rest += 1 + digits;
	}
	if (!path_is_plain(rest))
		return "must end with the host, the port, or a folder: no slash at its end";
	if (!tls && !host_is_loopback(host, len))
		return "must begin with https://: passwords go there, and http:// is for 127.0.0.1 and localhost alone";
	return NULL;
}

static const char *
engine_fault(const char *s)
{
	return strcmp(s, "gdbm") == 0 || strcmp(s, "postgresql") == 0 ? NULL : "must be \"gdbm\" or \"postgresql\"";
}

static const char *
second_factor_fault(const char *s)
{
	return strcmp(s, "optional") == 0 || strcmp(s, "required") == 0 ? NULL : "must be \"optional\" or \"required\"";
}

static const char *
isolation_fault(const char *s)
{
	return strcmp(s, "locks") == 0 || strcmp(s, "serializable") == 0 ? NULL : "must be \"locks\" or \"serializable\"";
}

/* What else is wrong with it, libpq says when it is opened, and may show what it takes for a host or a port: so no part of a password
 * may be taken for one. */
const char *
config_database_fault(const char *s)
{
	const char *rest = strncmp(s, "postgresql://", 13) == 0 ? s + 13 : strncmp(s, "postgres://", 11) == 0 ? s + 11 : NULL;

	if (rest == NULL)
		return "must be as \"postgresql://USER@HOST/DATABASE\"";
	for (size_t i = 0; s[i] != '\0'; i++)
		if (s[i] <= ' ' || s[i] > '~' || i >= 2000)
			return "must be at most 2000 printable ASCII characters without spaces";
	rest += strcspn(rest, "@/?#");
	if (strchr(*rest == '@' ? rest + 1 : rest, '@') != NULL)
		return "must have %40 for an @, %2F for a slash and %3F for a question mark in its password";
	return NULL;
}

static const char *
maybe_database_fault(const char *s)
{
	return *s == '\0' ? NULL : config_database_fault(s);
}

static const char *
path_fault(const char *s)
{
	return text_is_name(s, 1000) ? NULL : "must be a path, absolute or below the instance's folder";
}

static const char *
maybe_path_fault(const char *s)
{
	return *s == '\0' ? NULL : path_fault(s);
}

/* Printable ASCII without spaces, as it goes into tokens and forms. */
static const char *
word_fault(const char *s)
{
	for (size_t i = 0; s[i] != '\0'; i++)
		if (s[i] <= ' ' || s[i] > '~' || i >= 200)
			return "must be at most 200 printable ASCII characters without spaces";
	return NULL;
}

static const char *
audience_fault(const char *s)
{
	if (*s == '\0' || word_fault(s) != NULL)
		return "must be 1 to 200 printable ASCII characters without spaces";
	return NULL;
}

static const char *
callback_host_fault(const char *s)
{
	const char *name = s + (*s == '.');
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-");

	if (len == 0 || name[len] != '\0' || len > 253 || *name == '.' || *name == '-')
		return "must be a host name in small letters, without scheme and port";
	if (*s == '.' && strchr(name, '.') == NULL)
		return "must not be a whole top level: write .example.com";
	return NULL;
}

static const char *
key_prefix_fault(const char *s)
{
	size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789/");

	if (len < 2 || len > 64 || s[len] != '\0' || s[0] != '/' || s[len - 1] != '/' || strstr(s, "//") != NULL)
		return "must be as \"/pl/\": small letters and digits between slashes";
	return NULL;
}

static const char *
host_fault(const char *s)
{
	size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-");

	return len > 0 && len < 254 && s[len] == '\0' && *s != '.' && *s != '-' ? NULL :
	    "must be a host name in small letters, or an IPv4 address, without scheme and port";
}

static const char *
maybe_host_fault(const char *s)
{
	return *s == '\0' ? NULL : host_fault(s);
}

/* --- types --- */

static const char *
read_text(struct arena *a, const struct config_key *k, const struct json *v, void *slot)
{
	(void)a;
	if (json_string(v) == NULL)
		return "must be text in double quotes";
	*(const char **)slot = json_string(v);
	return k->fault(json_string(v));
}

static struct json *
show_text(struct arena *a, const void *slot)
{
	return json_new_string(a, *(const char *const *)slot);
}

/* An address of a database, without its password. */
static struct json *
show_database(struct arena *a, const void *slot)
{
	const char *url = *(const char *const *)slot, *from = strstr(url, "://");
	const char *at = from != NULL ? strchr(from, '@') : NULL, *colon = at != NULL ? memchr(from + 3, ':', (size_t)(at - from - 3)) : NULL;

	if (strstr(url, "password=") != NULL)
		return json_new_string(a, "(has a password)");
	return colon != NULL ? json_new_string(a, arena_printf(a, "%.*s:***%s", (int)(colon - url), url, at)) : show_text(a, slot);
}

static const char *
read_number(struct arena *a, const struct config_key *k, const struct json *v, void *slot)
{
	long long n;

	if (!json_int(v, &n) || n < k->min || n > k->max)
		return arena_printf(a, "must be a whole number from %lld to %lld", k->min, k->max);
	*(long long *)slot = n;
	return NULL;
}

static struct json *
show_number(struct arena *a, const void *slot)
{
	return json_new_number(a, (double)*(const long long *)slot);
}

/* null is -1. */
static const char *
read_maybe_number(struct arena *a, const struct config_key *k, const struct json *v, void *slot)
{
	*(long long *)slot = -1;
	return json_type(v) == JSON_NULL || read_number(a, k, v, slot) == NULL ? NULL :
	    arena_printf(a, "must be a whole number from %lld to %lld, or null", k->min, k->max);
}

static struct json *
show_maybe_number(struct arena *a, const void *slot)
{
	return *(const long long *)slot < 0 ? json_new_null(a) : show_number(a, slot);
}

static const char *
read_maybe_text(struct arena *a, const struct config_key *k, const struct json *v, void *slot)
{
	*(const char **)slot = NULL;
	if (json_type(v) == JSON_NULL)
		return NULL;
	return json_string(v) == NULL ? "must be text in double quotes, or null" : read_text(a, k, v, slot);
}

static struct json *
show_maybe_text(struct arena *a, const void *slot)
{
	return *(const char *const *)slot == NULL ? json_new_null(a) : show_text(a, slot);
}

static const char *
read_bool(struct arena *a, const struct config_key *k, const struct json *v, void *slot)
{
	(void)a, (void)k;
	if (json_type(v) != JSON_BOOL)
		return "must be true or false, without quotes";
	*(bool *)slot = json_bool(v, false);
	return NULL;
}

static struct json *
show_bool(struct arena *a, const void *slot)
{
	return json_new_bool(a, *(const bool *)slot);
}

static const char *
read_texts(struct arena *a, const struct config_key *k, const struct json *v, void *slot)
{
	size_t place = 0;

	if (json_type(v) != JSON_ARRAY)
		return "must be an array of texts, as [\"...\"]";
	for (const struct json *e = json_first(v); e != NULL; e = json_next(e)) {
		const char *fault = json_string(e) != NULL ? k->fault(json_string(e)) : "must be text in double quotes";
		place++;
		if (fault != NULL)
			return arena_printf(a, "element %zu %s", place, fault);
	}
	*(const struct json **)slot = v;
	return NULL;
}

/* What stands in them is for device/device.h to judge, which knows the types. */
static const char *
read_objects(struct arena *a, const struct config_key *k, const struct json *v, void *slot)
{
	size_t place = 0;

	(void)k;
	if (json_type(v) != JSON_ARRAY)
		return "must be an array of objects, as [{...}]";
	for (const struct json *e = json_first(v); e != NULL; e = json_next(e)) {
		place++;
		if (json_type(e) != JSON_OBJECT)
			return arena_printf(a, "element %zu must be an object, as {...}", place);
	}
	*(const struct json **)slot = v;
	return NULL;
}

static struct json *
show_array(struct arena *a, const void *slot)
{
	return json_copy(a, *(const struct json *const *)slot);
}

static const struct config_type text = { read_text, show_text }, database = { read_text, show_database }, number = { read_number, show_number },
    boolean = { read_bool, show_bool }, texts = { read_texts, show_array }, objects = { read_objects, show_array },
    maybe_number = { read_maybe_number, show_maybe_number }, maybe_text = { read_maybe_text, show_maybe_text };

/* --- the table --- */

#define AT(member) offsetof(struct config, member)

const struct config_key config_keys[] = {
	{ "public_url", &text, AT(public_url), "\"http://127.0.0.1:8080\"", 0, 0, url_fault },
	{ "store.engine", &text, AT(store.engine), "\"gdbm\"", 0, 0, engine_fault },
	{ "store.path", &text, AT(store.path), "\"store\"", 0, 0, path_fault },
	{ "store.url", &database, AT(store.url), "\"\"", 0, 0, maybe_database_fault },
	{ "store.url_file", &text, AT(store.url_file), "\"\"", 0, 0, maybe_path_fault },
	{ "store.isolation", &text, AT(store.isolation), "\"locks\"", 0, 0, isolation_fault },
	{ "oauth.code_ttl", &number, AT(oauth.code_ttl), "60", 1, 600, NULL },
	{ "oauth.access_ttl", &number, AT(oauth.access_ttl), "86400", 1, YEAR, NULL },
	{ "oauth.refresh_idle_ttl", &number, AT(oauth.refresh_idle_ttl), "15552000", 1, 10 * YEAR, NULL },
	{ "oauth.refresh_max_ttl", &number, AT(oauth.refresh_max_ttl), "63072000", 1, 10 * YEAR, NULL },
	{ "oauth.refresh_retry_window", &number, AT(oauth.refresh_retry_window), "60", 0, 3600, NULL },
	{ "oauth.session_idle_ttl", &number, AT(oauth.session_idle_ttl), "3600", 1, YEAR, NULL },
	{ "oauth.session_max_ttl", &number, AT(oauth.session_max_ttl), "43200", 1, YEAR, NULL },
	{ "oauth.registration", &boolean, AT(oauth.registration), "true", 0, 0, NULL },
	{ "oauth.audience", &text, AT(oauth.audience), "\"urn:gatehouse:devices\"", 0, 0, audience_fault },
	{ "login.second_factor", &text, AT(login.second_factor), "\"optional\"", 0, 0, second_factor_fault },
	{ "login.breached_passwords", &text, AT(login.breached_passwords), "\"\"", 0, 0, maybe_path_fault },
	{ "smartthings.client_id", &text, AT(smartthings.client_id), "\"\"", 0, 0, word_fault },
	{ "smartthings.client_secret_file", &text, AT(smartthings.client_secret_file), "\"secret/smartthings\"", 0, 0,
	    path_fault },
	{ "smartthings.callback_hosts", &texts, AT(smartthings.callback_hosts), "[\".smartthings.com\"]", 0, 0,
	    callback_host_fault },
	{ "ca_file", &text, AT(ca_file), "\"\"", 0, 0, maybe_path_fault },
	{ "smartapp.definition", &text, AT(smartapp.definition), "\"\"", 0, 0, maybe_path_fault },
	{ "smartapp.check_signatures", &boolean, AT(smartapp.check_signatures), "true", 0, 0, NULL },
	{ "smartapp.allow_unsigned", &boolean, AT(smartapp.allow_unsigned), "false", 0, 0, NULL },
	{ "smartapp.clock_skew_sec", &maybe_number, AT(smartapp.clock_skew_sec), "300", 0, 86400, NULL },
	{ "smartapp.keyserver_url", &text, AT(smartapp.keyserver_url), "\"https://key.smartthings.com\"", 0, 0,
	    url_fault },
	{ "smartapp.key_prefix", &text, AT(smartapp.key_prefix), "\"/pl/\"", 0, 0, key_prefix_fault },
	{ "smartapp.local_key_file", &text, AT(smartapp.local_key_file), "\"\"", 0, 0, maybe_path_fault },
	{ "smartapp.log_json", &boolean, AT(smartapp.log_json), "false", 0, 0, NULL },
	{ "smartapp.ping", &boolean, AT(smartapp.ping), "false", 0, 0, NULL },
	{ "smartapp.handler", &maybe_text, AT(smartapp.handler), "null", 0, 0, path_fault },
	{ "smartapp.api_url", &text, AT(smartapp.api_url), "\"https://api.smartthings.com\"", 0, 0, url_fault },
	{ "smartapp.app_id", &text, AT(smartapp.app_id), "\"\"", 0, 0, word_fault },
	{ "smartapp.client_id", &text, AT(smartapp.client_id), "\"\"", 0, 0, word_fault },
	{ "smartapp.client_secret_file", &text, AT(smartapp.client_secret_file), "\"secret/smartapp\"", 0, 0, path_fault },
	{ "smartapp.confirm", &boolean, AT(smartapp.confirm), "false", 0, 0, NULL },
	{ "insecure_loopback", &boolean, AT(insecure_loopback), "false", 0, 0, NULL },
	{ "simulator", &boolean, AT(simulator), "false", 0, 0, NULL },
	{ "metrics_token_file", &text, AT(metrics_token_file), "\"\"", 0, 0, maybe_path_fault },
	{ "limits.body", &number, AT(limits.body), "262144", 4096, 1 << 20, NULL },
	{ "limits.devices_per_user", &number, AT(limits.devices_per_user), "500", 1, 3000, NULL },
	{ "mqtt.host", &text, AT(mqtt.host), "\"\"", 0, 0, maybe_host_fault },
	{ "mqtt.port", &number, AT(mqtt.port), "8883", 1, 65535, NULL },
	{ "mqtt.broker", &text, AT(mqtt.broker), "\"127.0.0.1\"", 0, 0, host_fault },
	{ "starter_devices", &objects, AT(starter_devices), "[]", 0, 0, NULL },
};

const size_t config_keys_count = sizeof(config_keys) / sizeof(config_keys[0]);

/* --- keys that the table does not have --- */

const char *
config_key_leaf(const char *path)
{
	const char *dot = strchr(path, '.');

	return dot != NULL ? dot + 1 : path;
}

size_t
config_key_section(const char *path)
{
	return (size_t)(config_key_leaf(path) - path) - (config_key_leaf(path) != path);
}

bool
config_key_in(const struct config_key *k, const char *section)
{
	return config_key_section(k->path) == strlen(section) && strncmp(k->path, section, strlen(section)) == 0;
}

/* A name that a person may have meant by one that does not exist in section ("" for the top); NULL if none is near. */
static const char *
nearest(struct arena *a, const char *section, const char *name)
{
	struct guess here = guess_new(name), other = guess_new(name);

	for (const struct config_key *k = config_keys; k < config_keys + config_keys_count; k++) {
		const char *head = arena_strndup(a, k->path, config_key_section(k->path));
		if (config_key_in(k, section))
			guess_try(&here, config_key_leaf(k->path));
		else if (*section == '\0')
			guess_try(&here, head);
		guess_try(&other, config_key_leaf(k->path));
	}
	if (here.best != NULL || other.best == NULL)
		return here.best;
	for (const struct config_key *k = config_keys; k < config_keys + config_keys_count; k++)
		if (strcmp(config_key_leaf(k->path), other.best) == 0)
			return k->path;
	return NULL;
}

/* "public_url, store, oauth": the names that may stand in section. */
static const char *
names_in(struct arena *a, const char *section)
{
	struct buf b = buf_new(a, 2000);
	const char *last = "";

	for (const struct config_key *k = config_keys; k < config_keys + config_keys_count; k++) {
		const char *name = config_key_leaf(k->path);
		if (*section == '\0')
			name = arena_strndup(a, k->path, strcspn(k->path, "."));
		else if (!config_key_in(k, section))
			continue;
		if (strcmp(name, last) != 0)
			buf_printf(&b, "%s%s", b.len > 0 ? ", " : "", name);
		last = name;
	}
	return b.data;
}

const char *
config_key_unknown(struct arena *a, const char *section, const char *name)
{
	for (const struct config_key *k = config_keys; k < config_keys + config_keys_count; k++)
		if (*section == '\0' && strcmp(k->path, name) == 0)
			return arena_printf(a, "no such key; write \"%s\" inside the object \"%.*s\"",
			    config_key_leaf(name), (int)config_key_section(name), name);
	const char *meant = nearest(a, section, name);
	if (meant != NULL)
		return arena_printf(a, "no such key; did you mean %s?", meant);
	return arena_printf(a, "no such key; known here are %s", names_in(a, section));
}
