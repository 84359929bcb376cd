/* find.c: look it up, and refuse with the command that lists what there is. */
#include "cli/find.h"

#include <string.h>

#include "base/json.h"
#include "cli/args.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "device/device.h"
#include "oauth/client.h"
#include "oauth/user.h"
#include "base/banned.h"

int
find_user(const struct cli *c, const char *name, struct user *u)
{
	struct user other;
	enum store_result by_id = user_by_id(c->store, c->arena, name, &other);
	enum store_result r = user_by_name(c->store, c->arena, name, u);

	/* Whoever registers may choose another's id for a name. */
	if (r == STORE_OK && by_id == STORE_OK && strcmp(u->id, other.id) != 0)
		return output_refuse(c, output_command(c, "user list"),
		    "%.100s is the name of one user and the id of another; use the id of the one that you mean", name);
	if (r == STORE_ABSENT && by_id == STORE_OK)
		*u = other;
	if (r == STORE_ABSENT)
		r = by_id;
	if (r == STORE_OK)
		return CLI_DONE;
	if (r == STORE_ABSENT)
		return output_refuse(c, output_command(c, "user list"), "there is no user called %.100s", name);
	return output_store(c, r);
}

int
find_client(const struct cli *c, const char *id, struct client *client)
{
	enum store_result r = client_find(c->store, c->arena, id, client);

	if (r == STORE_OK)
		return CLI_DONE;
	if (r == STORE_ABSENT)
		return output_refuse(c, output_command(c, "client list"), "there is no client with the id %.100s", id);
	return output_store(c, r);
}

int
find_devices(const struct cli *c, const struct user *u, struct json **chosen, struct json **all)
{
	size_t n;
	const char **wanted = args_values(c, "device", &n);
	enum store_result r = device_ids(c->store, c->arena, u->id, all);

	*chosen = json_array(c->arena);
	if (r != STORE_OK)
		return output_store(c, r);
	for (size_t i = 0; i < n; i++) {
		if (!json_array_has(*all, wanted[i]))
			return output_refuse(c, output_command(c, "device list --user %s", output_word(c, u->name)),
			    "%s has no device with the id %.64s", u->name, wanted[i]);
		if (!json_array_has(*chosen, wanted[i]))
			json_append_string(c->arena, *chosen, wanted[i]);
	}
	return CLI_DONE;
}
