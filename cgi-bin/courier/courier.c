/* courier.c: sleeps until something is due, an answer comes, or somebody wakes it; then each sender has its turn. */
#include "courier/courier.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/wake.h"
#include "courier/box.h"
#include "courier/hosts.h"
#include "courier/loop.h"
#include "courier/sender.h"
#include "device/capability.h"
#include "oauth/keyring.h"
#include "web/fetch.h"
#include "base/banned.h"

#define ARENA_LIMIT ((size_t)1 << 30)
#define AT_ONCE 192		/* calls in flight, of all senders */
#define BOXES_EVERY 60000	/* ms between two looks for words that nobody said aloud */
#define BOXES_BUSY 5000		/* ... while there are words: boxes are left small */
#define TEND_EVERY 60000	/* ms between two rounds of the store's housekeeping */
#define WORDS_EVERY 10		/* ms: the first word is heard at once, those that follow it together */
#define SLEEP_MAX 5000		/* ms: the lease is renewed in its first half, and a folder that vanished is noticed */
#define GO_IN 5000		/* ms that calls in flight have when we are told to stop */

/* --- knowing what there is --- */

static bool
visit(void *arg, const char *key, const char *value, int64_t expires)
{
	struct courier_loop *l = arg;

	(void)expires;
	for (size_t i = 0; i < l->count; i++)
		l->seats[i].sender->see(l->seats[i].self, key, value);
	return true;
}

/* Every record there is: once when the work begins, and when a box ran over. */
static bool
load(struct courier_loop *l)
{
	enum store_result r = store_each(l->x->store, visit, l);

	if (r != STORE_OK)
		log_event(LOG_LEVEL_ERROR, "courier_load", "store=%s", store_result_name(r));
	else
		log_event(LOG_LEVEL_INFO, "courier_ready", "senders=%zu", l->count);
	return r == STORE_OK;
}

static void
say(void *arg, const char *word)
{
	struct courier_loop *l = arg;

	for (size_t i = 0; i < l->count; i++)
		l->seats[i].sender->hear(l->seats[i].self, word);
}

static void
look_into_boxes(struct courier_loop *l)
{
	bool full, walk = false;

	for (unsigned box = 0; box < BOXES; box++) {
		arena_reset(l->arena);
		if (box_collect(l->x->store, l->arena, box, say, l, &full) == STORE_OK)
			walk = walk || full;
	}
	l->boxes = clock_ms() + BOXES_EVERY;
	l->loaded = !walk || load(l);
}

/* What lies in boxes is looked for at once, too. */
static int64_t
miss(struct courier_loop *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->seats[i].sender->missed != NULL)
			l->seats[i].sender->missed(l->seats[i].self);
	return l->heard;
}

static void
hear(struct courier_loop *l)
{
	char word[WAKE_WORD + 1];
	int64_t soon = (l->heard = clock_ms()) + BOXES_BUSY;

	while (wake_read(l->wake, word)) {
		if (strcmp(word, WAKE_MISSED) == 0)
			soon = miss(l);
		else
			say(l, word);
		l->boxes = soon < l->boxes ? soon : l->boxes;
	}
}

/* --- working --- */

/* The right to send, for at least half of its life. */
static bool
hold(struct courier_loop *l)
{
	int64_t left = l->lease.until - clock_sec();
	bool held = false;

	if (left > LEASE_LIFE / 2 && left <= LEASE_LIFE)
		return true;
	if (lease_take(l->x->store, l->arena, &l->lease, &held) != STORE_OK)
		held = false;
	return held;
}

static void
tend(struct courier_loop *l)
{
	int64_t now = clock_ms();

	if (now < l->tended + TEND_EVERY && now >= l->tended)
		return;
	store_tend(l->x->store);
	l->tended = now;
}

/* Each sender begins what is due. How long nothing will be, in ms. */
static int
work(struct courier_loop *l)
{
	int64_t next = clock_ms() + SLEEP_MAX, now;

	next = l->boxes < next ? l->boxes : next;
	if (hosts_release(l->hosts))
		next = 0;
	for (size_t i = 0; i < l->count; i++) {
		struct seat *s = &l->seats[i];
		int64_t wanted = s->sender->work(s->self), late = clock_ms() - wanted;
		metric_set(s->late, late > 0 ? (uint64_t)late / 1000 : 0);
		next = wanted < next ? wanted : next;
	}
	metric_set(l->in_flight, fetch_running(l->fetcher));
	now = clock_ms();
	return next > now ? (int)(next - now) : 0;
}

/* True if something was written: whoever wrote it may have more to do. */
static bool
end_round(struct courier_loop *l)
{
	bool some = round_end(&l->round, l->x->store, l->arena, &l->lease);

	arena_reset(l->arena);
	return some;
}

/* Is the instance still there? What was deleted under us can be written on for ever, and nobody would know. */
static bool
is_there(const struct courier_loop *l)
{
	struct stat st;

	return lease_is_rooted(&l->lease) && (l->folder < 0 || (fstat(l->folder, &st) == 0 && st.st_nlink > 0));
}

/* Sleep until an answer or a word comes. Where thousands write a word each, none of them has to wake somebody. */
static void
rest(struct courier_loop *l, int wait)
{
	int64_t deaf = l->heard + WORDS_EVERY - clock_ms();

	if (deaf > 0 && deaf <= WORDS_EVERY && wait > 0)
		fetch_wait(l->fetcher, -1, deaf < wait ? (int)deaf : wait);
	else if (fetch_wait(l->fetcher, wake_fd(l->wake), wait))
		hear(l);
}

static void
turn(struct courier_loop *l)
{
	int wait = 1000;

	arena_reset(l->arena);
	keyring_refresh(l->x->keyring, l->arena);
	if (l->x->catalogue != NULL)
		catalogue_refresh(l->x->catalogue);
	if (hold(l)) {
		if (!l->loaded)
			l->loaded = load(l);
		int64_t now = clock_ms();
		if (now >= l->boxes || l->boxes > now + BOXES_EVERY)
			look_into_boxes(l);
		arena_reset(l->arena);
		tend(l);
		wait = work(l);
		if (end_round(l))
			wait = 0;
	} else
		l->loaded = false;	/* somebody else sends, and changes what we know */
	/* Every machine has a courier, if only one of them sends: it is the one that hears the others. */
	wake_by_fd(l->wake, store_hear(l->x->store));
	if (*l->x->stop == 0)
		rest(l, wait);
	end_round(l);
}

static void
finish(struct courier_loop *l)
{
	int64_t until = clock_ms() + GO_IN;

	while (fetch_running(l->fetcher) > 0 && clock_ms() < until) {
		fetch_wait(l->fetcher, -1, 100);
		end_round(l);
	}
	lease_end(l->x->store, l->arena, &l->lease);
}

/* --- beginning and end --- */

static bool
seat(struct courier_loop *l, const struct sender *sender)
{
	struct seat *s = &l->seats[l->count];

	if (l->count == COURIER_SENDERS)
		return false;
	*s = (struct seat){ .sender = sender, .door = { .config = l->x->config, .store = l->x->store,
	    .keyring = l->x->keyring, .catalogue = l->x->catalogue, .arena = l->arena, .loop = l } };
	s->late = metric_of(METRIC_LATE_SECONDS, "sender=\"%s\"", sender->name);
	s->self = sender->open(&s->door, sender->about);
	l->count += s->self != NULL;
	return s->self != NULL;
}

static const char *
begin(struct courier_loop *l)
{
	const struct config *c = l->x->config;
	const struct fetch_limits limits = { .at_once = AT_ONCE, .connect_ms = 5000, .total_ms = 15000,
	    .answer_max = 65536, .ca_file = *c->ca_file != '\0' ? config_path(l->arena, c, c->ca_file) : NULL };

	round_begin(&l->round);
	l->in_flight = metric_own(METRIC_IN_FLIGHT);
	l->fetcher = fetch_new(&limits);
	l->hosts = hosts_new();
	if (l->fetcher == NULL || l->hosts == NULL)
		return "memory";
	for (const struct sender *const *s = l->x->senders; *s != NULL; s++)
		if (!seat(l, *s))
			return (*s)->name;
	l->folder = open(config_path(l->arena, c, c->store.path), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!lease_begin(&l->lease, c->root, l->x->stop))
		return "courier.lock";
	if ((l->wake = wake_listen(c->root)) == NULL)	/* without it, it looks once a minute */
		log_event(LOG_LEVEL_WARN, "courier_deaf", "why=\"%s\"", strerror(errno));
	if (c->simulator)	/* somebody may move the clock: what is due then is due at once */
		wake_by_file(l->wake, config_path(l->arena, c, "clock"));
	return NULL;
}

bool
courier_run(const struct courier_context *x)
{
	struct courier_loop l = { .x = x, .folder = -1, .arena = arena_new(ARENA_LIMIT) };
	const char *why = begin(&l);
	bool begun = why == NULL;

	while (begun && *x->stop == 0 && is_there(&l))
		turn(&l);
	if (begun && !is_there(&l))
		why = "the instance's folder is gone";
	else if (begun)
		finish(&l);
	else if (*x->stop != 0)	/* it was still waiting for its turn */
		why = NULL;
	if (why != NULL)
		log_event(LOG_LEVEL_ERROR, "courier_failed", "why=\"%s\"", why);
	if (l.folder >= 0)
		close(l.folder);
	wake_close(l.wake);
	fetch_free(l.fetcher);
	round_drop(&l.round);
	for (size_t i = 0; i < l.count; i++)
		l.seats[i].sender->close(l.seats[i].self);
	hosts_free(l.hosts);
	arena_free(l.arena);
	return why == NULL;
}
