/* store.h: the keyed store: durable transactions over text keys and JSON values.
 *
 * Keys are "kind/id", values JSON text; db/KEYS.md lists the kinds. What store_run answers with STORE_OK is on disk.
 * One handle serves one process; open it after fork. All results are values, nothing here ends the process.
 *
 * The engine behind it is chosen by the config: files of this machine ("gdbm") or a server for several ("postgresql"). No caller
 * sees a difference. */
#ifndef DB_STORE_H
#define DB_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct arena;
struct recall;
struct store;
struct store_tx;

#define STORE_KEY_MAX	512		/* bytes of a key */
#define STORE_VALUE_MAX	(256u << 10)	/* bytes of a value */
#define STORE_TX_KEYS	64		/* keys that one transaction may write */
#define STORE_TX_BYTES	(1u << 20)	/* bytes of keys and values that one transaction may write */

enum store_result {
	STORE_OK,
	STORE_ABSENT,	/* no such record, or it has expired */
	STORE_CONFLICT,	/* too many others wrote the same records meanwhile: try again later */
	STORE_FULL,	/* no room on the disk; nothing was written */
	STORE_FAILED,	/* I/O error or damage; nothing was acknowledged */
	STORE_UNKNOWN,	/* the connection was lost in commit: look the request's own record up */
	STORE_LIMIT,	/* a key, value or transaction over the limits above; a caller's mistake */
};

/* A word for logs and /health: "ok", "absent", "full" ... */
const char	*store_result_name(enum store_result);

struct store_options {
	const char	*engine;	/* "gdbm" (also for NULL), "postgresql" */
	const char	*path;		/* of gdbm: its folder; made if absent, mode 0700 */
	const char	*url;		/* of postgresql: the database, as libpq knows it; may hold a password */
	bool		 serializable;	/* of postgresql: the server has no advisory locks, and tries again */
	bool		 read_only;	/* only look: STORE_FAILED if there is no store yet */
	bool		 no_fold;	/* never start a fold in the background */
	size_t		 segment;	/* bytes of a journal segment that is begun; 0: 64 MiB. Tests have small ones */
};

/* Open. On anything but STORE_OK *store is NULL and why says the reason in one line for a person. */
enum store_result store_open(struct store **, const struct store_options *, char *why, size_t why_size);
void		 store_close(struct store *);	/* NULL is allowed */

/* One record, newest committed version, copied into arena. It may not be on disk yet: see store_settle. */
enum store_result store_get(struct store *, struct arena *, const char *key, const char **value);

/* The same, not copied: it lies where it lies, with no NUL at its end, until the next call of this store. */
enum store_result store_peek(struct store *, const char *key, const char **value, size_t *len);

/* Does reading a record cost a question to a server? Only then is it worth a caller's while to say what it reads next. */
bool		 store_asks(const struct store *);

/* The caller reads these records next, in any order; a NULL among the keys is no record. An engine that has to ask a server asks for all of
 * them in one question. Each of them is then as it was at this call, for one read; what is left is void as soon as another record is
 * read, anything is written, or the arena ends. So nothing but the number of questions is another. */
void		 store_expect(struct store *, struct arena *, const char *const *keys, size_t n);

/* The memory of parsed records that goes with it (db/recall.h); the same inside fn. */
struct recall	*store_recall(struct store *);
struct recall	*store_tx_recall(const struct store_tx *);

/* Wait until everything that this handle has read is on disk. Needed before answering "done" on what was only read. */
enum store_result store_settle(struct store *);

/* Run fn as one transaction. fn returns STORE_OK to commit; anything else gives up all its writes and becomes
 * store_run's result. If others changed what fn read, its writes are dropped and fn runs again (up to 16 times):
 * so it must have no effect but on tx and on what arg points to, and must set the latter afresh each time.
 * When store_run returns STORE_OK, all that fn read and wrote is on disk.
 * Values that fn reads live in arena. */
typedef enum store_result (*store_fn)(struct store_tx *, void *arg);
enum store_result store_run(struct store *, struct arena *, store_fn, void *arg);

/* The same, but STORE_OK comes as soon as all others see what was written: the disk has it a little later, with the next
 * transaction that waits for it. A killed process loses nothing of it, a power cut may. For what no answer rests on. */
enum store_result store_run_soon(struct store *, struct arena *, store_fn fn, void *arg);

/* For a process that has several answers in hand, so that it need not wait for the disk with each of them. From here on store_run, too,
 * says STORE_OK as soon as all others see what was written. No answer that rests on it may be sent before store_await has said
 * STORE_OK to what store_owed gave when the transaction had been run. Where a server keeps the records nothing changes. */
void		 store_defer(struct store *);

/* The transactions since the last call, as a mark for store_await; 0: the disk has all of them. */
uint64_t	 store_owed(struct store *);

/* Wait until the disk has the transactions that a mark stands for, and all before. Anything but STORE_OK: it did not take
 * them, they have been taken back. */
enum store_result store_await(struct store *, uint64_t owed);

/* Inside fn. Reads are repeatable and see the transaction's own writes. A read that fails (neither STORE_OK nor
 * STORE_ABSENT) is store_run's result, whatever fn makes of it. */
enum store_result store_tx_get(struct store_tx *, const char *key, const char **value);

/* store_asks and store_expect inside fn. */
bool		 store_tx_asks(const struct store_tx *);
void		 store_tx_expect(struct store_tx *, const char *const *keys, size_t n);

/* expires: seconds since 1970 from which the record counts as absent; 0 = never. */
enum store_result store_tx_put(struct store_tx *, const char *key, const char *value, int64_t expires);
enum store_result store_tx_delete(struct store_tx *, const char *key);	/* also OK if there is none */

/* Have fn called with arg after the transaction has been committed: to tell somebody, never to write. The same twice is
 * called once. bell_ring and wake_send are called on all machines that share the store. arg must outlive store_run. */
void		 store_tx_then(struct store_tx *, void (*fn)(const char *arg), const char *arg);

/* The arena of the running transaction. */
struct arena	*store_tx_arena(struct store_tx *);

/* Walk all live records as they were at one moment, in no order. fn returns false to stop. key and value are valid
 * during the call only. For tools: dump, check, operators' lists. */
typedef bool (*store_each_fn)(void *arg, const char *key, const char *value, int64_t expires);
enum store_result store_each(struct store *, store_each_fn, void *arg);

/* Fold what is newer into the base now, dropping what has expired. */
enum store_result store_fold(struct store *);

/* Prove every checksum; write one line a fault to out. STORE_FAILED if there was any. */
enum store_result store_check(struct store *, FILE *out);

/* A little housekeeping, for a process that has time, about once a minute. */
void		 store_tend(struct store *);

/* Ring and wake here what was rung and woken on the other machines that share this store (base/bell.h, base/wake.h). One process of
 * a machine does so for all, whenever the descriptor can be read and before it sleeps. -1: there is none at the moment, or never. */
int		 store_hear(struct store *);

/* Figures for operators, by name; see docs/store.md. */
struct store_stat { const char *name; uint64_t value; };
#define STORE_STATS 24
size_t		 store_stats(struct store *, struct store_stat out[STORE_STATS]);

/* A consistent copy of the whole store, while it is in use, in the folder to, which must not exist yet. It is a store of the
 * engine gdbm, whatever the engine. */
enum store_result store_backup(struct store *, const char *to, char *why, size_t why_size);

#endif
