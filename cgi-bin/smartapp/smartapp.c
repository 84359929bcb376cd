/* smartapp.c: opening: whatever is wrong is said now, not at the first request. */
#include "smartapp/smartapp.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "smartapp/definition.h"
#include "smartapp/keyserver.h"
#include "smartapp/plugin.h"
#include "smartapp/rules.h"
#include "smartapp/signature.h"
#include "base/banned.h"

/* Does public_url say that only this machine reaches us? */
static bool
is_local(const struct config *c)
{
	static const char *const heads[] = { "http://127.", "http://localhost", "http://[::1]" };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (strncmp(c->public_url, heads[i], strlen(heads[i])) == 0)
			return true;
	return false;
}

const char *
smartapp_unsigned_fault(const struct config *c)
{
	if (c->smartapp.check_signatures || c->smartapp.allow_unsigned || is_local(c))
		return NULL;
	return "smartapp.check_signatures is false, and public_url is not this machine's: anybody could send commands. Say "
	    "\"allow_unsigned\": true beside it if that is what you want";
}

static bool
read_local_key(struct smartapp *s, struct arena *a, const char **why)
{
	const char *file = config_path(a, s->config, s->config->smartapp.local_key_file), *fault;
	size_t len;
	char *pem = config_read_file(a, file, SIGNATURE_PEM_MAX, &len);

	if (pem == NULL)
		*why = arena_printf(a, "%s: %s", file, strerror(errno));
	else if ((s->local_key = signature_key_read(pem, len, false, &fault)) == NULL)
		*why = arena_printf(a, "%s: %s", file, fault);
	return s->local_key != NULL;
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
	const struct config *c = s->config;

	s->definition = NULL;
	s->handler = &rules_handler;
	if (*c->smartapp.definition == '\0')
		return true;
	if ((*why = smartapp_unsigned_fault(c)) != NULL)
		return false;
	if (*c->smartapp.local_key_file != '\0' && !read_local_key(s, a, why))
		return false;
	if (c->smartapp.handler != NULL && (s->handler = plugin_open(a, config_path(a, c, c->smartapp.handler), &s->plugin, why)) == NULL)
		return false;
	if ((s->definition = definition_load(a, config_path(a, c, c->smartapp.definition), why)) == NULL)
		return false;
	s->keyserver = keyserver_open(c, s->store);
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
