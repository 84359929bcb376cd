/* integration_deleted.c: integrationDeleted (schema protocol 1.10): the user removed us from SmartThings. */
#include "base/log.h"
#include "schema/dispatch.h"
#include "schema/interactions.h"
#include "base/banned.h"

/* The link ends, account and devices stay. Of a token that we do not know, or a link that is gone already, nothing is
 * left to do, and SmartThings is told the same: it asks once and cannot do anything about it. */
enum schema_error
schema_integration_deleted(struct schema_message *m, struct json *answer)
{
	enum store_result r;

	(void)answer;
	if (m->verdict != TOKEN_OK && m->verdict != TOKEN_EXPIRED)
		return SCHEMA_OK;
	r = grant_revoke(m->context->store, m->arena, m->grant.user, m->grant.id, "client");
	if (r != STORE_OK && r != STORE_ABSENT) {
		m->detail = "the link cannot be removed now";
		return SCHEMA_UNAVAILABLE;
	}
	log_event(LOG_LEVEL_INFO, "integration_deleted", "user=%s grant=%s", m->grant.user, m->grant.id);
	return SCHEMA_OK;
}
