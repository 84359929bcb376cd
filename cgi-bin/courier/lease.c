/* lease.c: a lock for this machine, a record with an end for all. */
#include "courier/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "db/record.h"
#include "base/banned.h"

#define TRY_EVERY 200000000	/* ns */

static char *
lease_key(struct arena *a)
{
	return record_key(a, "courier", "lease", NULL);
}

bool
lease_begin(struct lease *l, const char *root, const volatile sig_atomic_t *stop)
{
	int top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = top >= 0 ? openat(top, "courier.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	char host[65] = "";
	unsigned long long id;
	struct stat st;

	if (top >= 0)
		close(top);
	if (fd < 0 || fstat(fd, &st) != 0)
		return false;
	*l = (struct lease){ .lock = fd };
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if ((errno != EINTR && errno != EWOULDBLOCK) || *stop != 0 || !lease_is_rooted(l))
			return false;
		nanosleep(&(struct timespec){ 0, TRY_EVERY }, NULL);
	}
	gethostname(host, sizeof(host) - 1);
	secret_random(&id, sizeof(id));
	snprintf(l->owner, sizeof(l->owner), "%016llx", id);
	snprintf(l->place, sizeof(l->place), "%s:%llx:%llx", host, (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino);
	return true;	/* the descriptor stays open, and with it the lock */
}

bool
lease_is_rooted(const struct lease *l)
{
	struct stat st;

	return fstat(l->lock, &st) == 0 && st.st_nlink > 0;
}

struct taking {
	struct lease	*lease;
	int64_t		 until;
};

static bool
is(const struct json *r, const char *name, const char *value)
{
	const char *s = json_get_string(r, name);

	return s != NULL && strcmp(s, value) == 0;
}

static enum store_result
take(struct store_tx *tx, void *arg)
{
	struct taking *t = arg;
	struct arena *a = store_tx_arena(tx);
	int64_t now = clock_sec();
	struct json *r;
	enum store_result result = record_tx_get(tx, lease_key(a), &r);

	t->until = 0;
	if (result != STORE_OK && result != STORE_ABSENT)
		return result;
	int64_t until = json_get_int(r, "until", 0);
	bool ours = is(r, "owner", t->lease->owner) || is(r, "place", t->lease->place);
	/* Further ahead than anybody writes: somebody's clock was wrong. */
	if (result == STORE_OK && !ours && until > now && until <= now + LEASE_LIFE)
		return STORE_OK;
	r = record_new(a);
	json_set_string(a, r, "owner", t->lease->owner);
	json_set_string(a, r, "place", t->lease->place);
	json_set_int(a, r, "until", now + LEASE_LIFE);
	t->until = now + LEASE_LIFE;
	return record_tx_put(tx, lease_key(a), r, 0);
}

enum store_result
lease_take(struct store *store, struct arena *a, struct lease *l, bool *held)
{
	struct taking t = { l, 0 };
	enum store_result r = store_run(store, a, take, &t);

	if (r == STORE_OK)
		l->until = t.until;
	*held = r == STORE_OK && t.until > 0;
	return r;
}

enum store_result
lease_look(struct store *store, struct arena *a, struct lease *l)
{
	struct json *r;
	enum store_result result = record_get(store, a, lease_key(a), &r);
	const char *owner = json_get_string(r, "owner"), *place = json_get_string(r, "place");

	*l = (struct lease){ .until = 0 };
	if (result != STORE_OK)
		return result;
	snprintf(l->owner, sizeof(l->owner), "%s", owner != NULL ? owner : "");
	snprintf(l->place, sizeof(l->place), "%s", place != NULL ? place : "");
	l->until = json_get_int(r, "until", 0);
	return STORE_OK;
}

enum store_result
lease_tx_holds(struct store_tx *tx, const struct lease *l)
{
	struct json *r;
	enum store_result result = record_tx_get(tx, lease_key(store_tx_arena(tx)), &r);

	if (result != STORE_OK)
		return result == STORE_ABSENT ? STORE_LIMIT : result;
	return is(r, "owner", l->owner) ? STORE_OK : STORE_LIMIT;
}

static enum store_result
give_back(struct store_tx *tx, void *arg)
{
	enum store_result r = lease_tx_holds(tx, arg);

	return r == STORE_OK ? record_tx_delete(tx, lease_key(store_tx_arena(tx))) : r;
}

void
lease_end(struct store *store, struct arena *a, struct lease *l)
{
	if (l->until > 0)
		(void)!store_run(store, a, give_back, l);
	l->until = 0;
}
