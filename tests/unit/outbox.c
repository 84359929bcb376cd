/* outbox.c: queued calls against a server that answers as it is told: order in a lane, lanes side by side, tries, refusals,
 * secrets, and a courier that is killed at any moment.
 *
 * The courier runs in a process of its own; this one queues calls and plays the server.
 * long because: the kinds of calls, the queueing and what is expected of each belong together. */
#include <sys/stat.h>
#include <time.h>

#include "base/wake.h"
#include "courier/outbox.h"
#include "courier/target.h"
#include "db/record.h"
#include "tests/unit/check.h"
#include "tests/unit/courier_fixture.h"
#include "tests/unit/http_double.h"
#include "web/fetch.h"
#include "base/banned.h"

static int port;

/* --- the kinds, in the courier's process --- */

/* What came of each call: record "told/<lane>/<number>" says how often it ended, and how. */
static enum store_result
note(struct store_tx *tx, const struct courier *c, const struct outbox_call *call, struct outbox_outcome *o)
{
	static const char *const words[] = { "done", "refused", "again", "given_up" };
	struct arena *a = store_tx_arena(tx);
	char *key = record_key(a, "told", call->lane, arena_printf(a, "%lld", call->number), NULL);
	struct json *r;
	enum store_result result = record_tx_get(tx, key, &r);

	CHECK(c != NULL && o->answer != NULL);
	if (result == STORE_ABSENT)
		r = record_new(a);
	else if (result != STORE_OK)
		return result;
	/* Of a lane that says so, what is refused counts as done, and one follows it. */
	if (strcmp(call->lane, "chain") == 0 && o->verdict == OUTBOX_DONE && call->number < 3) {
		struct outbox_call next = *call;
		next.url = arena_printf(a, "http://127.0.0.1:%d/chain%lld", port, call->number + 1);
		result = outbox_tx_add(tx, c->keyring, &next);
		if (result != STORE_OK)
			return result;
	}
	if (strcmp(call->lane, "dropped") == 0 && (result = outbox_tx_drop(tx, call->user, call->lane)) != STORE_OK)
		return result;
	if (strcmp(call->lane, "impatient") == 0 && o->verdict == OUTBOX_AGAIN)
		o->verdict = OUTBOX_REFUSED;
	json_set_string(a, r, "verdict", words[o->verdict]);
	json_set_string(a, r, "why", o->why);
	json_set_string(a, r, "echo", o->answer->status != 0 ? fetch_header(a, o->answer, "x-echo") : NULL);
	json_set_string(a, r, "about", json_get_string(call->about, "x"));
	if (o->verdict != OUTBOX_AGAIN)
		json_set_int(a, r, "ends", json_get_int(r, "ends", 0) + 1);
	return record_tx_put(tx, key, r, 0);
}

static int64_t
freshen(struct courier *c, struct outbox_call *call)
{
	static const char *const headers[] = { "Authorization", "Bearer fresh", NULL };

	(void)c;
	if (strcmp(call->lane, "unwanted") == 0)
		return -1;
	if (strcmp(call->lane, "patient") == 0 && clock_ms() < call->created + 700)
		return 200;
	call->headers = headers;
	return 0;
}

static void
only_here(const struct config *c, struct target_rule *rule)
{
	static struct json *list;

	(void)c;
	if (list == NULL)
		list = json_parse(fx.arena, "[\"hooks.example.org\"]", 21, NULL);
	rule->hosts = list;
}

static const struct outbox_kind plain = { .name = "plain", .outcome = note }, fresh = { .name = "fresh", .outcome = note,
    .prepare = freshen }, listed = { .name = "listed", .outcome = note, .rule = only_here }, silent = { .name = "silent" },
    brief = { .name = "brief", .outcome = note, .life = 10 };
static const struct outbox_kind *const kinds[] = { &plain, &fresh, &listed, &silent, &brief, NULL };

static struct sender outbox;
static const struct sender *const senders[] = { &outbox, NULL };

static pid_t
start(void)
{
	outbox = outbox_sender(kinds);
	return start_courier(senders, NULL, LOG_LEVEL_ERROR);
}

/* --- queueing --- */

struct adding {
	const char	*kind, *lane, *method, *path, *body;
	const char	*const *headers;
	int		 n;	/* how often; the path gets the number behind it if it is not 1 */
};

static enum store_result
add(struct store_tx *tx, void *arg)
{
	const struct adding *v = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *about = json_object(a);
	enum store_result r = STORE_OK;

	json_set_string(a, about, "x", "what for");
	for (int i = 1; i <= v->n && r == STORE_OK; i++) {
		const char *url = strncmp(v->path, "http", 4) == 0 ? v->path : v->n == 1 ?
		    arena_printf(a, "http://127.0.0.1:%d%s", port, v->path) :
		    arena_printf(a, "http://127.0.0.1:%d%s%d", port, v->path, i);
		r = outbox_tx_add(tx, fx.keyring, &(struct outbox_call){ .user = "ann", .lane = v->lane, .kind = v->kind,
		    .method = v->method, .url = url, .headers = v->headers, .body = v->body, .about = about });
	}
	return r;
}

static enum store_result
queue(const char *kind, const char *lane, const char *method, const char *path, int n)
{
	return store_run(fx.store, fx.arena, add, &(struct adding){ kind, lane, method, path,
	    strcmp(method, "GET") == 0 ? NULL : "{\"secret\":\"body-secret\"}", NULL, n });
}

/* A member of what came of a call; "" while nothing has. */
static const char *
told(const char *lane, int number, const char *member)
{
	struct json *r;
	const char *s;

	if (record_get(fx.store, fx.arena, record_key(fx.arena, "told", lane, arena_printf(fx.arena, "%d", number), NULL),
	    &r) != STORE_OK)
		return "";
	if (strcmp(member, "ends") == 0)
		return arena_printf(fx.arena, "%lld", json_get_int(r, "ends", 0));
	s = json_get_string(r, member);
	return s != NULL ? s : "";
}

static bool
until_told(const char *lane, int number, const char *member, const char *want)
{
	for (int i = 0; i < 3000; i++) {
		if (strcmp(told(lane, number, member), want) == 0)
			return true;
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	}
	printf("# %s %d: %s is %s, not %s\n", lane, number, member, told(lane, number, member), want);
	return false;
}

static size_t
waiting(void)
{
	struct json *list;
	size_t n = 0;

	CHECK(outbox_list(fx.store, fx.arena, &list) == STORE_OK);
	for (const struct json *l = json_first(list); l != NULL; l = json_next(l))
		n += (size_t)json_get_int(l, "waiting", 0);
	return n;
}

/* --- tests --- */

static bool
holds(const char *key, const char *text)
{
	const char *value;

	return store_get(fx.store, fx.arena, key, &value) == STORE_OK && strstr(value, text) != NULL;
}

/* What is queued, before anybody sends it. */
static void
test_queue(void)
{
	static const char *const headers[] = { "Authorization", "Bearer header-secret", "X-Other", "a", NULL };
	struct json *list;
	char *long_body = arena_alloc(fx.arena, OUTBOX_BODY_MAX + 2);

	CHECK(store_run(fx.store, fx.arena, add, &(struct adding){ "plain", "first", "PUT", "/put?token=url-secret",
	    "body-secret", headers, 1 }) == STORE_OK);
	CHECK(holds("outbox/ann/first", "\"last\":1") && holds("outbox-call/ann/first/1", "what for"));
	CHECK(!holds("outbox-call/ann/first/1", "secret"));
	CHECK(outbox_list(fx.store, fx.arena, &list) == STORE_OK && json_count(list) == 1);
	CHECK_STR(json_get_string(json_first(list), "host"), arena_printf(fx.arena, "127.0.0.1:%d", port));
	CHECK_STR(json_get_string(json_first(list), "kind"), "plain");
	memset(long_body, 'x', OUTBOX_BODY_MAX + 1);
	CHECK(store_run(fx.store, fx.arena, add, &(struct adding){ "plain", "long", "PUT", "/x", long_body, NULL, 1 }) ==
	    STORE_LIMIT);
	CHECK(queue("plain", "a/b", "GET", "/x", 1) == STORE_LIMIT && queue("plain", "", "GET", "/x", 1) == STORE_LIMIT);
	for (int i = 0; i < OUTBOX_LANE_MAX; i += 20)
		CHECK(queue("plain", "full", "GET", "/never", 20) == STORE_OK);
	CHECK(queue("plain", "full", "GET", "/never", 1) == STORE_LIMIT && waiting() == OUTBOX_LANE_MAX + 1);
}

static enum store_result
drop(struct store_tx *tx, void *arg)
{
	return outbox_tx_drop(tx, "ann", arg);
}

static void
test_sent(void)
{
	CHECK(store_run(fx.store, fx.arena, drop, (void *)"full") == STORE_OK && waiting() == 1);
	pid_t courier = start();

	CHECK(until_told("first", 1, "verdict", "done") && waiting() == 0 && times("/never") == 0);
	CHECK(times("PUT /put?token=url-secret HTTP/1.1") == 1 && times("Authorization: Bearer header-secret\r\nX-Other: a") == 1 &&
	    times("\r\n\r\nbody-secret") == 1 && times("Content-Type: application/json") == 1);
	CHECK_STR(told("first", 1, "echo"), "e");
	CHECK_STR(told("first", 1, "about"), "what for");
	/* In the order of the lane, though the first has to be tried again; another lane does not wait. */
	CHECK(queue("plain", "order", "POST", "/503/2/a", 1) == STORE_OK && queue("plain", "order", "DELETE", "/b", 5) == STORE_OK);
	CHECK(queue("plain", "other", "GET", "/other", 1) == STORE_OK);
	CHECK(until_told("other", 1, "verdict", "done") && times("/b1") == 0);
	CHECK(until_told("order", 6, "verdict", "done") && times("/503/2/a") == 3);
	pthread_mutex_lock(&lock);
	size_t last = 0;
	bool in_order = true;
	for (size_t i = 0; i < seen_count; i++)
		for (size_t n = 1; n <= 5; n++)
			if (strstr(seen[i], arena_printf(fx.arena, "DELETE /b%zu", n)) != NULL) {
				in_order = in_order && n == last + 1;
				last = n;
			}
	pthread_mutex_unlock(&lock);
	CHECK(in_order && last == 5 && times("GET /other HTTP/1.1") == 1);
	/* What is not tried again. */
	CHECK(queue("plain", "refused", "POST", "/404/9/x", 1) == STORE_OK && queue("plain", "moved", "GET", "/302/9/x", 1) == STORE_OK);
	CHECK(until_told("refused", 1, "verdict", "refused") && until_told("moved", 1, "verdict", "refused"));
	CHECK_STR(told("refused", 1, "why"), "HTTP 404");
	CHECK(times("/404/9/x") == 1 && times("/elsewhere") == 0);
	/* What is: an answer that got lost, too many requests. */
	CHECK(queue("plain", "lost", "POST", "/drop", 1) == STORE_OK && queue("plain", "busy", "POST", "/429/1/wait", 1) == STORE_OK);
	time_t from = time(NULL);
	CHECK(until_told("lost", 1, "verdict", "done") && until_told("busy", 1, "verdict", "done"));
	CHECK(times("/drop") == 2 && times("/429/1/wait") == 2 && time(NULL) - from >= 1);
	/* Where it must not go. */
	CHECK(queue("plain", "http", "POST", "http://hooks.example.org/", 1) == STORE_OK &&
	    queue("listed", "strange", "POST", "https://evil.example/", 1) == STORE_OK &&
	    queue("plain", "inside", "POST", "https://10.0.0.1/", 1) == STORE_OK &&
	    queue("unheard", "of", "GET", "/unheard", 1) == STORE_OK && queue("silent", "quiet", "GET", "/quiet", 1) == STORE_OK);
	CHECK(until_told("http", 1, "why", "its URL must begin with https://"));
	CHECK(until_told("strange", 1, "why", "its URL is of a host that we do not call"));
	CHECK(until_told("inside", 1, "why", "its URL must have a host name, not an address"));
	/* What the kind has to say. */
	CHECK(queue("fresh", "token", "GET", "/token", 1) == STORE_OK && queue("fresh", "patient", "GET", "/patient", 1) == STORE_OK &&
	    queue("fresh", "unwanted", "GET", "/unwanted", 1) == STORE_OK);
	CHECK(until_told("token", 1, "verdict", "done") && until_told("patient", 1, "verdict", "done"));
	CHECK(times("Authorization: Bearer fresh") == 2 && until_told("unwanted", 1, "verdict", "refused"));
	CHECK(queue("plain", "impatient", "GET", "/503/9/impatient", 1) == STORE_OK);
	CHECK(until_told("impatient", 1, "verdict", "refused") && times("/503/9/impatient") == 1);
	CHECK(queue("plain", "chain", "GET", "/chain1", 1) == STORE_OK && until_told("chain", 3, "verdict", "done"));
	CHECK(queue("plain", "dropped", "GET", "/dropped", 5) == STORE_OK);
	nanosleep(&(struct timespec){ 0, 500000000 }, NULL);
	CHECK(times("/dropped") == 1 && times("/quiet") == 1 && times("/unheard") == 0 && waiting() == 0);
	CHECK(stop_courier(courier, SIGTERM) == 0);
}

/* Its life is over and it has failed often enough: the next one has its turn. */
static void
test_given_up(void)
{
	pid_t courier = start();
	int64_t ahead = 0;

	CHECK(queue("brief", "late", "GET", "/503/999/late", 1) == STORE_OK && queue("brief", "late", "GET", "/after", 1) == STORE_OK);
	for (int i = 0; i < 60 && *told("late", 1, "ends") != '1'; i++) {
		size_t before = times("/503/999/late");
		fixture_clock(ahead += 4600000);
		wake_send("outbox ann/late");
		for (int k = 0; k < 1000 && times("/503/999/late") == before && *told("late", 1, "ends") != '1'; k++)
			nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	}
	CHECK_STR(told("late", 1, "verdict"), "given_up");
	CHECK(times("/503/999/late") >= OUTBOX_TRIES);
	fixture_clock(ahead += 4600000);
	wake_send("outbox ann/late");
	CHECK(until_told("late", 2, "verdict", "done") && waiting() == 0);
	fixture_clock(0);
	CHECK(stop_courier(courier, SIGTERM) == 0);
}

/* Many lanes: side by side, but not more at one host than it is allowed; a slow one holds nobody else up. */
static void
test_side_by_side(void)
{
	struct timespec from, to;
	pid_t courier = start();

	most_in_flight = 0;
	for (int i = 0; i < 60; i++)
		CHECK(queue("plain", arena_printf(fx.arena, "slow%d", i), "GET", "/slow", 1) == STORE_OK);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < 60; i++)
		CHECK(until_told(arena_printf(fx.arena, "slow%d", i), 1, "verdict", "done"));
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("# 60 calls of 0.3 s: %.1f s, %zu in flight\n", (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec -
	    from.tv_nsec) / 1e9, most_in_flight);
	CHECK(most_in_flight <= HOSTS_CALLS && most_in_flight > HOSTS_CALLS / 2 && to.tv_sec - from.tv_sec < 9);
	CHECK(stop_courier(courier, SIGTERM) == 0);
}

/* kill -9 at any moment: each call is made, in its order, and ends once. */
static void
test_kill(int lanes, int each, int kills)
{
	unsigned random = (unsigned)getpid();
	pid_t courier = start();
	bool fine = true, ordered = true;

	for (int i = 0; i < lanes; i++)
		fine = fine && queue("plain", arena_printf(fx.arena, "k%d", i), "POST",
		    arena_printf(fx.arena, "/k%d-%s", i, i % 4 == 0 ? "x/" : ""), each) == STORE_OK;
	for (int i = 0; i < kills; i++) {
		nanosleep(&(struct timespec){ 0, (long)((random = random * 1103515245 + 12345) % 60000000) }, NULL);
		stop_courier(courier, SIGKILL);
		courier = start();
	}
	CHECK(fine);
	for (int i = 0; i < lanes; i++)
		fine = fine && until_told(arena_printf(fx.arena, "k%d", i), each, "verdict", "done");
	CHECK(fine && waiting() == 0);
	for (int i = 0; i < lanes; i++) {
		const char *lane = arena_printf(fx.arena, "k%d", i);
		int last = 0;
		for (int n = 1; n <= each; n++)
			fine = fine && strcmp(told(lane, n, "ends"), "1") == 0;
		pthread_mutex_lock(&lock);
		for (size_t s = 0; s < seen_count; s++) {
			const char *at = strstr(seen[s], arena_printf(fx.arena, "POST /k%d-", i));
			if (at == NULL)
				continue;
			int n = (int)strtol(at + strcspn(at, "-") + (i % 4 == 0 ? 3 : 1), NULL, 10);
			ordered = ordered && (n == last || n == last + 1);
			last = n;
		}
		pthread_mutex_unlock(&lock);
		fine = fine && last == each;
	}
	CHECK_NAMED(fine, "each call is made, and ends once");
	CHECK_NAMED(ordered, "in the order of its lane; one may be made twice");
	CHECK(stop_courier(courier, SIGTERM) == 0);
}

int
main(void)
{
	fixture_begin();
	if (mkdir(arena_printf(fx.arena, "%s/sock", fx.root), 0700) != 0)
		fixture_fail("sock", fx.root);
	wake_open(fx.root);
	port = begin_server();
	test_queue();
	test_sent();
	test_given_up();
	test_side_by_side();
	test_kill(12, 12, 15);
	fixture_end();
	return check_end();
}
