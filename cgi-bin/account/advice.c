/* advice.c: one row a word: errors of the Schema protocol (2.1, 2.2), HTTP statuses, and what the network says. */
#include "account/advice.h"

#include <stddef.h>
#include <string.h>

#include "base/banned.h"

/* The first row whose word the error begins with counts. */
static const struct { const char *word, *text; } rows[] = {
	{ "BAD-RESPONSE", "advice_bad_response" },
	{ "BAD-REQUEST", "advice_bad_request" },
	{ "INVALID-INTERACTION-TYPE", "advice_bad_request" },
	{ "UNSUPPORTED-GRANT-TYPE", "advice_bad_request" },
	{ "TOKEN-EXPIRED", "advice_token_expired" },
	{ "INVALID-TOKEN", "advice_invalid_token" },
	{ "INTEGRATION-DELETED", "advice_integration_deleted" },
	{ "INVALID-CLIENT", "advice_invalid_client" },	/* and INVALID-CLIENT-SECRET */
	{ "INVALID-CODE", "advice_invalid_code" },
	{ "DEVICE-DELETED", "advice_device_deleted" },
	{ "DEVICE-UNAVAILABLE", "advice_device_offline" },
	{ "DEVICE-OFFLINE", "advice_device_offline" },
	{ "RESOURCE-CONSTRAINT-VIOLATION", "advice_constraint" },
	{ "CAPABILITY-NOT-SUPPORTED", "advice_capability" },
	{ "UNKNOWN-ERROR", "advice_unknown" },
	{ "HTTP 401", "advice_invalid_token" },
	{ "HTTP 403", "advice_invalid_token" },
	{ "HTTP 404", "advice_http_404" },
	{ "HTTP 410", "advice_http_404" },
	{ "HTTP 429", "advice_later" },
	{ "HTTP 408", "advice_later" },
	{ "HTTP 5", "advice_later" },
	{ "HTTP 4", "advice_http_4" },
	{ "network", "advice_network" },
};

const char *
advice_for(const char *error)
{
	for (size_t i = 0; error != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(error, rows[i].word, strlen(rows[i].word)) == 0)
			return rows[i].text;
	return NULL;
}
