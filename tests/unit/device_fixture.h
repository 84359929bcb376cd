/* device_fixture.h: a store of its own and the real catalogue, for the tests of devices and what stands on them. */
#ifndef DEVICE_FIXTURE_H
#define DEVICE_FIXTURE_H

#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "db/store.h"
#include "device/capability.h"
#include "device/device.h"
#include "device/state.h"
#include "tests/unit/check.h"

#define FIXTURE_USER "u1"

static struct arena *arena;
static struct store *store;
static const struct catalogue *catalogue;
static char folder[] = "/tmp/gatehouse-unit-XXXXXX";

static inline struct json *
parse(const char *text)
{
	struct json_error err = { NULL, 0 };
	struct json *v = json_parse(arena, text, strlen(text), &err);

	if (v == NULL)
		printf("# the test's own JSON is wrong: %s: %s\n", err.what, text);
	return v;
}

/* However the test ends, short of a crash. */
static inline void
fixture_remove(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	if (system(command) != 0)
		printf("# %s is left\n", folder);
}

static inline void
fixture_open(void)
{
	struct store_options options = { .engine = "gdbm", .path = NULL };
	char reason[200] = "";
	const char *why = NULL;

	if (mkdtemp(folder) == NULL)
		exit(1);
	atexit(fixture_remove);
	arena = arena_new(1u << 30);
	options.path = arena_printf(arena, "%s/store", folder);
	catalogue = catalogue_load(arena, "conf", NULL, &why);
	if (catalogue == NULL || store_open(&store, &options, reason, sizeof(reason)) != STORE_OK) {
		printf("# %s %s\n", why != NULL ? why : "", reason);
		exit(1);
	}
}

static inline int
fixture_close(void)
{
	store_close(store);
	arena_free(arena);
	return check_end();
}

/* Add a device from its definition; prints why it cannot be. */
static inline void
fixture_add(const char *definition)
{
	struct device d;
	struct json *state;
	bool exists = false;
	const char *why = device_define(arena, catalogue, parse(definition), &d, &state);

	if (why != NULL || device_add(store, arena, FIXTURE_USER, &d, state, 500, &exists) != STORE_OK || exists) {
		printf("# cannot add %s: %s\n", definition, why != NULL ? why : "");
		exit(1);
	}
}

/* The value of an attribute of a stored device, printed as JSON; NULL if it has none. */
static inline const char *
value_in_store(const char *id, const char *component, const char *capability, const char *attribute)
{
	const struct json *state, *slot;

	if (state_get(store, arena, FIXTURE_USER, id, &state) != STORE_OK)
		return NULL;
	slot = state_slot(state, component, capability, attribute);
	return slot != NULL ? json_print(arena, json_get(slot, "value")) : NULL;
}

/* The change counter of the user. */
static inline long long
changes_so_far(void)
{
	const char *value;
	struct json *record;

	if (store_get(store, arena, "changes/" FIXTURE_USER, &value) != STORE_OK)
		return 0;
	record = parse(value);
	return json_get_int(record, "seq", -1);
}

#endif
