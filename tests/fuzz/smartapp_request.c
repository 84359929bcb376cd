/* smartapp_request.c: any bytes as a lifecycle request, and as the data of each phase; readers over what came. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "smartapp/request.h"
#include "base/banned.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const frames[] = {
	NULL,
	"{\"lifecycle\":\"INSTALL\",\"installData\":{\"authToken\":\"a\",\"refreshToken\":\"r\",\"installedApp\":{\"installedAppId\":\"i\",\"locationId\":\"l\",\"config\":",
	"{\"lifecycle\":\"EVENT\",\"eventData\":{\"authToken\":\"a\",\"installedApp\":{\"installedAppId\":\"i\",\"locationId\":\"l\"},\"events\":",
	"{\"lifecycle\":\"UPDATE\",\"updateData\":",
	"{\"lifecycle\":\"CONFIGURATION\",\"configurationData\":",
};
static const char *const ends[] = { "", "}}}", "}}", "}", "}" };

static void
read_all(const struct smartapp_setting *c)
{
	const struct smartapp_value *v;
	const char *s;
	long long n;
	double f;
	bool b;
	size_t count;

	for (const struct smartapp_setting *k = c; k != NULL; k = k->next) {
		smartapp_as_devices(c, k->key, &v, &count);
		smartapp_as_str(c, k->key, &s);
		smartapp_as_bool(c, k->key, &b);
		smartapp_as_int(c, k->key, &n);
		smartapp_as_float(c, k->key, &f);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)256 << 20);
	struct smartapp_request rq;

	if (size > 0) {
		size_t k = data[0] % (sizeof(frames) / sizeof(frames[0]));
		char *text = arena_printf(a, "%s%.*s%s", frames[k] != NULL ? frames[k] : "", (int)size - 1, (const char *)data + 1, ends[k]);
		const struct json *body = json_parse(a, text, strlen(text), NULL);
		const char *why = smartapp_request_read(a, body, 1, &rq);
		if (why == NULL) {
			if (rq.phase >= SMARTAPP_PHASES)
				abort();
			read_all(rq.data.installed_app.config);
			read_all(rq.configuration.config);
			for (const struct smartapp_event *e = rq.data.events; e != NULL; e = e->next)
				if (e->type != SMARTAPP_OTHER_EVENT && e->type != SMARTAPP_WEATHER_EVENT && e->data == NULL)
					abort();
		}
	}
	arena_free(a);
	return 0;
}
