/* courier.c: the parts of the courier's loop: whose turn it is, how many calls a host gets, when to try again, what is
 * written together. */
#include <stdlib.h>

#include "courier/backoff.h"
#include "courier/box.h"
#include "courier/due.h"
#include "courier/hosts.h"
#include "courier/lease.h"
#include "courier/round.h"
#include "db/record.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "base/banned.h"

/* --- due --- */

static void
test_due(void)
{
	struct due items[200];
	struct due_queue *q = due_new();
	int64_t last = -1;
	unsigned random = 7;
	bool fine = due_first(q) == NULL;

	for (size_t i = 0; i < 200; i++) {
		items[i].at = (random = random * 1103515245 + 12345) % 1000;
		fine = fine && due_add(q, &items[i]);
	}
	for (size_t i = 0; i < 200; i += 3)
		due_move(q, &items[i], (random = random * 1103515245 + 12345) % 1000);
	for (size_t i = 1; i < 200; i += 10)
		due_remove(q, &items[i]);
	CHECK(fine && due_count(q) == 180);
	while (due_first(q) != NULL) {
		fine = fine && due_first(q)->at >= last;
		last = due_first(q)->at;
		due_remove(q, due_first(q));
	}
	CHECK(fine && due_count(q) == 0);
	due_free(q);
}

/* A clock that was a day ahead when somebody was to be asked again in a second. */
static void
test_due_set_back(void)
{
	struct due soon, late, never = { .at = DUE_NEVER }, past = { .at = 0 };
	struct due_queue *q = due_new();

	fixture_clock(86400000);
	soon.at = clock_ms() + 1000;
	late.at = clock_ms() + 60000;
	CHECK(due_add(q, &never) && due_add(q, &late) && due_add(q, &soon) && due_first(q) == &soon);
	fixture_clock(0);
	CHECK(due_first(q) == &soon);
	CHECK(soon.at <= clock_ms() + 1000 && late.at - soon.at >= 59000 && late.at <= clock_ms() + 60000 && never.at == DUE_NEVER);
	/* ahead, nothing moves; and what is overdue stays so */
	int64_t at = soon.at;
	fixture_clock(86400000);
	CHECK(due_add(q, &past) && due_first(q) == &past && soon.at == at);
	fixture_clock(0);
	CHECK(due_first(q) == &past && past.at <= 0);
	due_free(q);
}

/* --- hosts --- */

static int called[100], calls;

struct caller {
	struct host_waiter	 waiter;
	int			 n;
};

static void
ready(struct host_waiter *w)
{
	called[calls++] = ((struct caller *)(void *)w)->n;
}

static void
test_hosts(void)
{
	struct hosts *all = hosts_new();
	struct host *in_flight[HOSTS_CALLS];
	struct caller callers[4] = { { { ready, NULL, NULL }, 0 }, { { ready, NULL, NULL }, 1 }, { { ready, NULL, NULL }, 2 },
	    { { ready, NULL, NULL }, 3 } };

	for (size_t i = 0; i < HOSTS_CALLS; i++) {
		CHECK(hosts_has_room(all, "https://a.example/x"));
		in_flight[i] = hosts_begin(all, i % 2 == 0 ? "https://A.example/y?z" : "https://a.example");
	}
	CHECK(!hosts_has_room(all, "https://a.example/other") && hosts_has_room(all, "https://a.example:8443/") &&
	    hosts_has_room(all, "https://b.example/"));
	for (size_t i = 0; i < 4; i++)
		CHECK(hosts_wait(all, "https://a.example/", &callers[i].waiter) && callers[i].waiter.host != NULL);
	CHECK(!hosts_release(all) && calls == 0);
	hosts_end(all, in_flight[0], true);
	hosts_end(all, in_flight[1], true);
	/* As many as there is room for, in the order in which they came. */
	CHECK(hosts_release(all) && calls == 2 && called[0] == 0 && called[1] == 1);
	CHECK(callers[0].waiter.host == NULL && callers[2].waiter.host != NULL);
	/* Those did nothing with it: the next have their turn. */
	CHECK(hosts_release(all) && calls == 4 && called[2] == 2 && called[3] == 3);
	CHECK(!hosts_release(all));
	/* It goes silent: less room, until it answers once. */
	for (size_t i = 2; i < HOSTS_CALLS; i++)
		hosts_end(all, in_flight[i], false);
	for (size_t i = 0; i < HOSTS_CALLS_DEAD; i++) {
		CHECK(hosts_has_room(all, "https://a.example/"));
		in_flight[i] = hosts_begin(all, "https://a.example/");
	}
	CHECK(!hosts_has_room(all, "https://a.example/"));
	hosts_end(all, in_flight[0], true);
	CHECK(hosts_has_room(all, "https://a.example/") && hosts_begin(all, "https://a.example/") != NULL &&
	    hosts_has_room(all, "https://a.example/"));
	/* Thousands of dead ones are not kept, and those that still have calls are. */
	for (int i = 0; i < 3000; i++)
		hosts_end(all, hosts_begin(all, arena_printf(fx.arena, "https://%d.example/", i)), false);
	CHECK(hosts_has_room(all, "https://a.example/"));
	hosts_free(all);
}

/* --- backoff --- */

static void
test_backoff(void)
{
	bool fine = true;

	for (int i = 0; i < 1000; i++) {
		fine = fine && backoff_wait(1) >= 750 && backoff_wait(1) <= 1250;
		fine = fine && backoff_wait(5) >= 12000 && backoff_wait(5) <= 20000;
		fine = fine && backoff_wait(1000000) <= BACKOFF_MAX * 5 / 4 && backoff_wait(1000000) >= BACKOFF_MAX * 3 / 4;
		fine = fine && backoff_asked(1, 60) == 60000 && backoff_asked(1, 100000) == BACKOFF_MAX;
		fine = fine && backoff_asked(8, 1) >= 96000 && backoff_wait(0) >= 750 && backoff_wait(-5) >= 750;
	}
	CHECK(fine);
}

/* --- rounds --- */

struct note {
	const char		*key;
	size_t			 bytes;
	enum store_result	 says, came;
	int			 told;
};

static enum store_result
write_note(struct store_tx *tx, void *arg)
{
	const struct note *n = arg;
	struct json *r = record_new(fx.arena);

	if (n->says != STORE_OK)
		return n->says;
	json_set_string(fx.arena, r, "text", arena_printf(fx.arena, "%0*d", (int)n->bytes + 1, 0));
	return record_tx_put(tx, n->key, r, 0);
}

static void
told(void *arg, enum store_result r)
{
	struct note *n = arg;

	n->came = r;
	n->told++;
}

static bool
is_there(const char *key)
{
	const char *value;

	return store_get(fx.store, fx.arena, key, &value) == STORE_OK;
}

static void
test_rounds(void)
{
	struct note notes[100];
	struct round round;
	struct lease lease = { .until = 0 };
	volatile sig_atomic_t stop = 0;
	bool held, fine = true;

	CHECK(lease_begin(&lease, fx.root, &stop) && lease_take(fx.store, fx.arena, &lease, &held) == STORE_OK && held);
	/* One that is refused, one that fails and some that are too large together must not hold the others back. */
	round_begin(&round);
	for (size_t i = 0; i < 100; i++) {
		notes[i] = (struct note){ arena_printf(fx.arena, "note/%zu", i), i < 20 ? 90000 : 10,
		    i == 33 ? STORE_FAILED : i == 64 ? STORE_ABSENT : STORE_OK, STORE_UNKNOWN, 0 };
		round_add(&round, fx.arena, write_note, told, &notes[i]);
	}
	round_end(&round, fx.store, fx.arena, &lease);
	for (size_t i = 0; i < 100; i++)
		fine = fine && notes[i].told == 1 && notes[i].came == notes[i].says &&
		    is_there(notes[i].key) == (notes[i].says == STORE_OK);
	CHECK(fine);
	/* A courier that has lost the right to send writes nothing. */
	struct lease thief = lease;
	snprintf(thief.owner, sizeof(thief.owner), "somebody else");
	struct note late = { "note/late", 1, STORE_OK, STORE_UNKNOWN, 0 };
	round_add(&round, fx.arena, write_note, told, &late);
	round_end(&round, fx.store, fx.arena, &thief);
	CHECK(late.told == 1 && late.came == STORE_LIMIT && !is_there("note/late"));
	round_add(&round, fx.arena, write_note, told, &late);
	round_drop(&round);
	CHECK(late.told == 2 && late.came == STORE_UNKNOWN && !is_there("note/late") && round.first == NULL);
	lease_end(fx.store, fx.arena, &lease);
}

/* --- words --- */

struct leaving {
	int	 from, to;
	bool	 one_box;
};

static enum store_result
leave(struct store_tx *tx, void *arg)
{
	const struct leaving *l = arg;
	enum store_result r = STORE_OK;

	for (int i = l->from; i < l->to && r == STORE_OK; i++) {
		const char *word = arena_printf(store_tx_arena(tx), "word-%d", i);
		unsigned char hash[SECRET_HASH];
		secret_sha256(word, strlen(word), hash);
		if (!l->one_box || hash[0] % BOXES == 0)
			r = box_tx_leave(tx, word);
	}
	return r;
}

static void
count(void *arg, const char *word)
{
	*(int *)arg += strncmp(word, "word", 4) == 0;
}

static void
test_boxes(void)
{
	struct arena *a = arena_new((size_t)256 << 20);
	int n = 0;
	bool full, over = false, fine = true;

	for (int i = 0; i < 2; i++)
		CHECK(store_run(fx.store, fx.arena, leave, &(struct leaving){ 0, 50, false }) == STORE_OK);
	for (unsigned box = 0; box < BOXES; box++)
		CHECK(box_collect(fx.store, fx.arena, box, count, &n, &full) == STORE_OK && !full);
	CHECK(n == 50);
	/* Too many: all is to be looked through, and the box is empty again. */
	for (int i = 0; i < 9000; i += 500) {
		arena_reset(a);
		fine = fine && store_run(fx.store, a, leave, &(struct leaving){ i, i + 500, true }) == STORE_OK;
	}
	CHECK(fine);
	for (unsigned box = 0; box < BOXES; box++) {
		CHECK(box_collect(fx.store, fx.arena, box, count, &n, &full) == STORE_OK);
		over = over || full;
		CHECK(box_collect(fx.store, fx.arena, box, count, &n, &full) == STORE_OK && !full);
	}
	CHECK(over && n > 500);
	arena_free(a);
}

int
main(void)
{
	fixture_begin();
	test_due();
	test_due_set_back();
	test_hosts();
	test_backoff();
	test_rounds();
	test_boxes();
	fixture_end();
	return check_end();
}
