/* check.c: the list, in the order in which things happen to a link. */
#include "sim/check.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "sim/home.h"
#include "base/banned.h"

#define ASKED 4	/* answers that say something: as many as a link begins with */

const struct check check_table[] = {
	{ "oauth", "sim_check_oauth", "sim_how_oauth", CHECK_ASKS },
	{ "token", "sim_check_token", "sim_how_token", CHECK_ASKS },
	{ "discovery", "sim_check_discovery", "sim_how_discovery", CHECK_ASKS },
	{ "states", "sim_check_states", "sim_how_states", CHECK_ASKS },
	{ "grant", "sim_check_grant", "sim_how_grant", CHECK_ASKS },
	{ "callback_token", "sim_check_callback_token", "sim_how_callback_token", CHECK_ASKS },
	{ "command", "sim_check_command", "sim_how_command", CHECK_ASKS },
	{ "bad_command", "sim_check_bad_command", "sim_how_bad_command", CHECK_ASKS },
	{ "bad_argument", "sim_check_bad_argument", "sim_how_bad_argument", CHECK_ASKS },
	{ "unknown_device", "sim_check_unknown_device", "sim_how_unknown_device", CHECK_ASKS },
	{ "bad_token", "sim_check_bad_token", "sim_how_bad_token", CHECK_ASKS },
	{ "refresh", "sim_check_refresh", "sim_how_refresh", CHECK_ASKS },
	{ "replay", "sim_check_replay", "sim_how_replay", CHECK_ASKS },
	{ "result", "sim_check_result", "sim_how_result", CHECK_ASKS },
	{ "quick", "sim_check_quick", "sim_how_quick", CHECK_ASKS },
	{ "expired", "sim_check_expired", "sim_how_expired", CHECK_ASKS },
	{ "told", "sim_check_told", "sim_how_told", CHECK_TELLS },
	{ "callback_refresh", "sim_check_callback_refresh", "sim_how_callback_refresh", CHECK_TELLS },
	{ "offline", "sim_check_offline", "sim_how_offline", CHECK_TELLS },
	{ "online", "sim_check_online", "sim_how_online", CHECK_TELLS },
	{ "found", "sim_check_found", "sim_how_found", CHECK_TELLS },
	{ "deleted", "sim_check_deleted", "sim_how_deleted", CHECK_TELLS },
	{ "unlink", "sim_check_unlink", "sim_how_unlink", CHECK_ENDS },
	{ "unlinked", "sim_check_unlinked", "sim_how_unlinked", CHECK_ENDS },
	{ "app_confirmation", "sim_check_app_confirmation", "sim_how_app_confirmation", CHECK_APP },
	{ "app_confirmed", "sim_check_app_confirmed", "sim_how_app_confirmed", CHECK_APP },
	{ "app_signature", "sim_check_app_signature", "sim_how_app_signature", CHECK_APP },
	{ "app_no_page", "sim_check_app_no_page", "sim_how_app_no_page", CHECK_APP },
	{ "app_initialize", "sim_check_app_initialize", "sim_how_app_initialize", CHECK_APP },
	{ "app_page", "sim_check_app_page", "sim_how_app_page", CHECK_APP },
	{ "app_install", "sim_check_app_install", "sim_how_app_install", CHECK_APP },
	{ "app_subscribed", "sim_check_app_subscribed", "sim_how_app_subscribed", CHECK_APP },
	{ "app_event", "sim_check_app_event", "sim_how_app_event", CHECK_APP },
	{ "app_command", "sim_check_app_command", "sim_how_app_command", CHECK_APP },
	{ "app_schedule", "sim_check_app_schedule", "sim_how_app_schedule", CHECK_APP },
	{ "app_timer", "sim_check_app_timer", "sim_how_app_timer", CHECK_APP },
	{ "app_refresh", "sim_check_app_refresh", "sim_how_app_refresh", CHECK_APP },
	{ "app_update", "sim_check_app_update", "sim_how_app_update", CHECK_APP },
	{ "app_resubscribed", "sim_check_app_resubscribed", "sim_how_app_resubscribed", CHECK_APP },
	{ "app_oauth", "sim_check_app_oauth", "sim_how_app_oauth", CHECK_APP },
	{ "app_uninstall", "sim_check_app_uninstall", "sim_how_app_uninstall", CHECK_APP },
	{ NULL, NULL, NULL, CHECK_ASKS },
};

void
check_tick(struct arena *a, struct json *record, const char *id)
{
	const struct json *old = json_get(record, "checks");
	struct json *checks = old != NULL ? json_copy(a, old) : json_object(a);

	json_set_int(a, checks, id, clock_ms());
	json_set(a, record, "checks", checks);
}

/* Quick is a matter of all answers so far. */
static long long
quick(const struct home *h)
{
	return json_get_int(h->record, "asked", 0) >= ASKED && json_get_int(h->record, "slowest", 1000) < 1000 ?
	    json_get_int(h->record, "used", 0) * 1000 : 0;
}

long long
check_seen(const struct home *h, const char *id)
{
	if (strcmp(id, "quick") == 0)
		return quick(h);
	return json_get_int(json_get(h->record, "checks"), id, 0);
}
