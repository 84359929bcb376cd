/* callback_url.c: SmartThings' hosts, and the simulator that plays them. */
#include "schema/callback_url.h"

#include "base/config.h"
#include "courier/target.h"
#include "base/banned.h"

const char *
callback_url_fault(const struct config *c, const char *url, bool *loopback)
{
	const struct target_rule rule = { .hosts = c->smartthings.callback_hosts, .own = true };

	return target_fault(c, &rule, url, loopback);
}
