/* smartapp.c: opening: whatever is wrong is said now, not at the first request. */
#include "smartapp/smartapp.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "smartapp/definition.h"
#include "smartapp/keyserver.h"
#include "smartapp/logins.h"
#include "smartapp/plugin.h"
#include "smartapp/rules.h"
#include "smartapp/signature.h"
#include "base/banned.h"

/* --- what the config names, each read into s; false with *why if it is not right --- */

static bool
check_unsigned(struct smartapp *s, struct arena *a, const char **why)
{
	const struct config *c = s->config;

	(void)a;
	if (c->smartapp.check_signatures || c->smartapp.allow_unsigned || config_url_is_here(c->public_url))
		return true;
	*why = "smartapp.check_signatures is false, and public_url is not this machine's: anybody could send commands. Say "
	    "\"allow_unsigned\": true beside it if that is what you want";
	return false;
}

static bool
read_local_key(struct smartapp *s, struct arena *a, const char **why)
{
	if (*s->config->smartapp.local_key_file == '\0')
		return true;
	const char *file = config_path(a, s->config, s->config->smartapp.local_key_file), *fault;
	size_t len;
	char *pem = config_read_file(a, file, SIGNATURE_PEM_MAX, &len);

	if (pem == NULL)
		*why = arena_printf(a, "%s: %s", file, strerror(errno));
	else if ((s->local_key = signature_key_read(pem, len, false, &fault)) == NULL)
		*why = arena_printf(a, "%s: %s", file, fault);
	return s->local_key != NULL;
}

static bool
read_handler(struct smartapp *s, struct arena *a, const char **why)
{
	const char *file = s->config->smartapp.handler;

	s->handler = file == NULL ? &rules_handler : plugin_open(a, config_path(a, s->config, file), &s->plugin, why);
	return s->handler != NULL;
}

static bool
read_definition(struct smartapp *s, struct arena *a, const char **why)
{
	s->definition = definition_load(a, config_path(a, s->config, s->config->smartapp.definition), why);
	return s->definition != NULL;
}

/* Do the connectors that settings name exist? */
static bool
check_logins(struct smartapp *s, struct arena *a, const char **why)
{
	for (const struct json *v = json_first(s->definition->settings); v != NULL; v = json_next(v)) {
		const char *name = json_get_string(v, "connector");
		if (name == NULL || (s->logins != NULL && s->logins->known(s->logins->arg, name)))
			continue;
		*why = arena_printf(a, "%s: the setting %s names the connector %s, which there is not",
		    config_path(a, s->config, s->config->smartapp.definition), json_name(v), name);
		return false;
	}
	return true;
}

static bool
read_parts(struct smartapp *s, struct arena *a, const char **key, const char **why)
{
	static const struct {
		const char *key;
		bool (*read)(struct smartapp *, struct arena *, const char **why);
	} parts[] = {
		{ "smartapp.check_signatures", check_unsigned }, { "smartapp.local_key_file", read_local_key },
		{ "smartapp.handler", read_handler }, { "smartapp.definition", read_definition },
		{ "smartapp.definition", check_logins },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		*key = parts[i].key;
		if (!parts[i].read(s, a, why))
			return false;
	}
	return true;
}

const char *
smartapp_config_fault(struct arena *a, const struct config *c, const struct smartapp_logins *logins, const char **key)
{
	struct smartapp s = { .config = c, .logins = logins };
	const char *why = NULL;

	if (*c->smartapp.definition == '\0' || read_parts(&s, a, key, &why))
		why = NULL;
	smartapp_close(&s);
	return why;
}

static void
warn(const struct smartapp *s)
{
	if (!s->config->smartapp.check_signatures)
		log_event(LOG_LEVEL_WARN, "smartapp_unsigned", "smartapp.check_signatures is false: requests of anybody are believed");
	else if (s->config->smartapp.clock_skew_sec < 0)
		log_event(LOG_LEVEL_WARN, "smartapp_skew", "smartapp.clock_skew_sec is null: old requests are believed");
	if (s->config->smartapp.log_json)
		log_event(LOG_LEVEL_WARN, "smartapp_log_json", "smartapp.log_json is true: bodies are logged, with their tokens");
	if (s->definition->warning != NULL)
		log_event(LOG_LEVEL_WARN, "smartapp_definition", "%s", s->definition->warning);
}

bool
smartapp_open(struct smartapp *s, struct arena *a, const char **why)
{
	const char *key;

	s->definition = NULL;
	if (*s->config->smartapp.definition == '\0')
		return true;
	if (!read_parts(s, a, &key, why))
		return false;
	s->keyserver = keyserver_open(s->config, s->store);
	warn(s);
	return true;
}

void
smartapp_close(struct smartapp *s)
{
	keyserver_close(s->keyserver);
	signature_key_free(s->local_key);
	plugin_close(s->plugin);
}
