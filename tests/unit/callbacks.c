/* callbacks.c: many linked homes: what they cost while nothing happens; then each has news at the same time: how long until all
 * are told, and that a dead and a slow host keep nobody else waiting. HOMES=1000 for as many as the soak has. */
#include <sys/stat.h>

#include "base/wake.h"
#include "courier/hosts.h"
#include "device/capability.h"
#include "device/device.h"
#include "device/state.h"
#include "oauth/grant.h"
#include "schema/callback.h"
#include "schema/callbacks.h"
#include "tests/unit/check.h"
#include "tests/unit/courier_fixture.h"
#include "tests/unit/http_double.h"
#include "base/banned.h"

static struct catalogue *catalogue;
static int homes = 150, live, slow, dead;	/* homes; ports */

static pid_t
start(void)
{
	static const struct sender *const senders[] = { &schema_callbacks, NULL };

	return start_courier(senders, catalogue, (enum log_level)(LOG_LEVEL_ERROR + 1));
}

/* --- homes --- */

static const char *
home(int i)
{
	return arena_printf(fx.arena, "home%d", i);
}

/* Links of some homes, each with tokens for a day: its events go to its host. */
struct linking { int from, to; };

static enum store_result
link_homes(struct store_tx *tx, void *arg)
{
	const struct linking *l = arg;
	struct arena *a = store_tx_arena(tx);
	enum store_result r = STORE_OK;

	/* That the lamp was added is old news: change 1. */
	for (int i = l->from; i < l->to && r == STORE_OK; i++) {
		struct json *devices = json_array(a);
		struct grant g = { .user = home(i), .client = "smartthings", .scope = "devices:read", .devices = devices };
		/* Of ten homes one has the slow host, and three the dead one. */
		int port_of = i % 10 == 0 ? slow : i % 10 < 4 ? dead : live;
		const char *path = i % 10 == 0 ? "slow" : i % 10 < 4 ? "dead" : "live";
		struct callback c = { .token_url = "http://127.0.0.1:1/", .access = "a", .refresh = "r",
		    .obtained = clock_sec(), .expires = clock_sec() + 86400, .cursor = 1,
		    .state_url = arena_printf(a, "http://127.0.0.1:%d/%s/%d/", port_of, path, i) };
		json_append_string(a, devices, "lamp");
		grant_begin(a, &g, 86400);
		c.user = g.user;
		c.grant = g.id;
		c.chosen = callback_choice(a, &g);
		if ((r = grant_tx_put(tx, &g, 86400)) == STORE_OK)
			r = callback_tx_put(tx, fx.keyring, &c);
	}
	return r;
}

static void
make_homes(void)
{
	static const char lamp[] = "[{\"id\":\"lamp\",\"type\":\"c2c-dimmer\",\"name\":\"Lamp\"}]";
	struct json *list = json_parse(fx.arena, lamp, strlen(lamp), NULL);
	const char *why = NULL;
	bool fine = list != NULL;

	for (int i = 0; i < homes && fine; i++)
		fine = device_add_all(fx.store, fx.arena, catalogue, home(i), list, 10, &why) == STORE_OK;
	CHECK_NAMED(fine, "devices are there");
	for (int i = 0; i < homes && fine; i += 20)
		fine = store_run(fx.store, fx.arena, link_homes, &(struct linking){ i, i + 20 < homes ? i + 20 : homes }) == STORE_OK;
	CHECK_NAMED(fine, "homes are linked");
}

/* The lamp of each home is set. */
static void
change_all(const char *level)
{
	const char *why = NULL, *text = arena_printf(fx.arena, "st.switchLevel.level=%s", level);
	bool fine = true;

	for (int i = 0; i < homes; i++)
		fine = fine && state_set(fx.store, fx.arena, catalogue, home(i), "lamp", &text, 1, &why, NULL) == STORE_OK;
	CHECK_NAMED(fine, "all lamps are set");
}

/* --- who was told --- */

/* How many homes of this host were told of the level. */
static int
told_of(const char *path, const char *level)
{
	const char *value = arena_printf(fx.arena, "\"value\":%s", level);
	char *was = arena_alloc(fx.arena, (size_t)homes);
	int n = 0, i;

	pthread_mutex_lock(&lock);
	for (size_t s = 0; s < seen_count; s++) {
		const char *at = strstr(seen[s], path);
		if (at != NULL && at < seen[s] + 20 && sscanf(at + strlen(path), "%d/", &i) == 1 && i < homes &&
		    strstr(seen[s], value) != NULL)
			was[i] = 1;
	}
	pthread_mutex_unlock(&lock);
	for (i = 0; i < homes; i++)
		n += was[i];
	return n;
}

static double
seconds_since(const struct timespec *from)
{
	struct timespec to;

	clock_gettime(CLOCK_MONOTONIC, &to);
	return (double)(to.tv_sec - from->tv_sec) + (double)(to.tv_nsec - from->tv_nsec) / 1e9;
}

/* Seconds until so many homes of a host were told; at most limit. */
static double
until_told(const char *path, const char *level, int want, const struct timespec *from, double limit)
{
	int n;

	while ((n = told_of(path, level)) < want && seconds_since(from) < limit)
		nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
	printf("# /%s: %d of %d homes told of %s after %.1f s\n", path, n, want, level, seconds_since(from));
	return n >= want ? seconds_since(from) : limit;
}

/* Nothing happens for some seconds, in which each twelfth of the homes has a look at its records every five. */
static void
test_quiet(int seconds)
{
	pid_t courier = start();
	struct timespec before = { 0 }, after = { 0 };
	clockid_t cpu;

	nanosleep(&(struct timespec){ 2 + homes / 500, 0 }, NULL);	/* it has read the store */
	bool fine = clock_getcpuclockid(courier, &cpu) == 0 && clock_gettime(cpu, &before) == 0;
	nanosleep(&(struct timespec){ seconds, 0 }, NULL);
	fine = fine && clock_gettime(cpu, &after) == 0;
	double used = (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
	printf("# %d quiet homes: %.2f %% of a core\n", homes, used / seconds * 100);
	CHECK_NAMED(fine && used < seconds * 0.01, "quiet homes cost less than a hundredth of a core");
	CHECK_NAMED(seen_count == 0 && stop_courier(courier, SIGTERM) == 0, "... and no calls");
}

/* What gathered while nobody sent: the live ones do not wait for the dead. */
static void
test_gathered(void)
{
	struct timespec from;

	change_all("41");
	clock_gettime(CLOCK_MONOTONIC, &from);
	pid_t courier = start();
	double limit = 4 + homes / 50.0;
	CHECK_NAMED(until_told("live/", "41", homes - homes / 10 * 4, &from, limit) < limit, "the live ones are told in time");
	CHECK_NAMED(until_told("slow/", "41", homes / 10, &from, limit + homes / 50.0) < limit + homes / 50.0, "the slow ones too");
	/* News while the dead host holds what it may hold. */
	clock_gettime(CLOCK_MONOTONIC, &from);
	change_all("42");
	limit = 5 + homes / 25.0;
	CHECK_NAMED(until_told("live/", "42", homes - homes / 10 * 4, &from, limit) < limit, "news goes on to the live ones");
	CHECK_NAMED(told_of("dead/", "41") == 0 && most_dead_calls <= HOSTS_CALLS && most_dead_calls > 0, "the dead host has a share, no more");
	printf("# the dead host had at most %zu calls in flight\n", most_dead_calls);
	/* It would wait for the dead ones. */
	stop_courier(courier, SIGKILL);
}

int
main(void)
{
	const char *n = getenv("HOMES"), *why = NULL;

	homes = n != NULL ? (int)strtol(n, NULL, 10) / 10 * 10 : homes;
	fixture_begin();
	if (mkdir(arena_printf(fx.arena, "%s/sock", fx.root), 0700) != 0)
		fixture_fail("sock", fx.root);
	wake_open(fx.root);
	if ((catalogue = catalogue_load(fx.arena, "conf", NULL, &why)) == NULL)
		fixture_fail("catalogue", why);
	live = begin_server();
	slow = begin_server();
	dead = begin_server();
	make_homes();
	test_quiet(n != NULL ? 60 : 5);
	test_gathered();
	fixture_end();
	return check_end();
}
