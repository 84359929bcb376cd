/* delivery_keep.c: steps of the handshake that we take ourselves. */
#include "schema/delivery_keep.h"

#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "oauth/exchange.h"
#include "oauth/grant.h"
#include "schema/callback.h"
#include "schema/delivery.h"
#include "base/banned.h"

enum store_result
delivery_keep(struct store_tx *tx, const struct call *call, const struct callback *c, const char *error, int status,
    const struct json *answer)
{
	bool tokens = call->kind == CALL_REDEEM || call->kind == CALL_REFRESH;
	const char *url = tokens ? c->token_url : c->state_url;
	const struct grant g = { .user = c->user, .id = c->grant, .expires = call->expires };
	struct arena *a = store_tx_arena(tx);
	struct exchange x = { .grant = &g, .step = tokens ? EXCHANGE_TOKENS : EXCHANGE_EVENT, .error = error,
	    .answer = answer, .status = status };

	if (call->kind == CALL_UNLINKED || call->message == NULL || call->expires == 0 || !exchange_tx_due(tx, &x))
		return STORE_OK;
	x.line = arena_printf(a, "POST %s", url != NULL ? url : "");
	x.request = json_parse(a, call->message, strlen(call->message), NULL);
	return exchange_tx_keep(tx, &x);
}
