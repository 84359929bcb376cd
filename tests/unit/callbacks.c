/* callbacks.c: many linked homes, each with news at the same time: how long until all are told, and that a dead and a slow host
 * keep nobody else waiting. HOMES=1000 for as many as the soak has. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/wake.h"
#include "courier/courier.h"
#include "courier/hosts.h"
#include "courier/sender.h"
#include "device/capability.h"
#include "device/device.h"
#include "device/state.h"
#include "oauth/grant.h"
#include "schema/callback.h"
#include "schema/callbacks.h"
#include "tests/unit/check.h"
#include "tests/unit/http_double.h"
#include "base/banned.h"

static struct catalogue *catalogue;
static volatile sig_atomic_t stop;
static int homes = 150, live, slow, dead;	/* homes; ports */

static void
on_stop(int signal)
{
	(void)signal;
	stop = 1;
}

/* In a process of its own, which ends with this one. */
static pid_t
start_courier(void)
{
	pid_t pid = fork();
	char text[300];
	const char *why;

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_stop }, NULL);
	struct store_options options = { .engine = "gdbm", .path = config_path(fx.arena, fx.config, "store") };
	const struct sender *const senders[] = { &schema_callbacks, NULL };
	struct courier_context x = { .config = fx.config, .catalogue = catalogue, .senders = senders, .stop = &stop };
	log_open("courier", (enum log_level)(LOG_LEVEL_ERROR + 1));
	if (store_open(&x.store, &options, text, sizeof(text)) != STORE_OK ||
	    (x.keyring = keyring_open(fx.arena, fx.config, x.store, &why)) == NULL)
		_exit(2);
	int status = courier_run(&x) ? 0 : 1;
	keyring_close(x.keyring);
	store_close(x.store);
	_exit(status);
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

	for (int i = l->from; i < l->to && r == STORE_OK; i++) {
		struct json *devices = json_array(a);
		struct grant g = { .user = home(i), .client = "smartthings", .scope = "devices:read", .devices = devices };
		/* Of ten homes one has the slow host, and three the dead one. */
		int port_of = i % 10 == 0 ? slow : i % 10 < 4 ? dead : live;
		const char *path = i % 10 == 0 ? "slow" : i % 10 < 4 ? "dead" : "live";
		struct callback c = { .token_url = "http://127.0.0.1:1/", .access = "a", .refresh = "r",
		    .obtained = clock_sec(), .expires = clock_sec() + 86400,
		    .state_url = arena_printf(a, "http://127.0.0.1:%d/%s/%d/", port_of, path, i) };
		json_append_string(a, devices, "lamp");
		grant_begin(a, &g, 86400);
		c.user = g.user;
		c.grant = g.id;
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
	/* That they were added is old news. */
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

/* What gathered while nobody sent: the live ones do not wait for the dead. */
static void
test_gathered(void)
{
	struct timespec from;

	change_all("41");
	clock_gettime(CLOCK_MONOTONIC, &from);
	pid_t courier = start_courier();
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
	kill(courier, SIGKILL);
	waitpid(courier, NULL, 0);
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
	test_gathered();
	fixture_end();
	return check_end();
}
