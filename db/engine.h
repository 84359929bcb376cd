/* engine.h: what an engine must do for db/store.c: read one record with its version, and commit a set of writes if
 * a set of versions still holds. Everything else (transactions, retries, limits) is common. */
#ifndef DB_ENGINE_H
#define DB_ENGINE_H

#include "db/store.h"

struct engine;

/* What a transaction read: the version is 0 if there was no record. */
struct engine_read {
	const char	*key;
	uint64_t	 version;
};

/* What it writes: value NULL deletes. No key stands twice. */
struct engine_write {
	const char	*key, *value;
	int64_t		 expires;
};

/* A record as an engine has it. value is copied into the arena given, with a NUL at its end; where none is given, it lies where
 * it lies until the next call. */
struct engine_record {
	const char	*value;
	size_t		 len;
	uint64_t	 version;	/* differs from every other version that this key ever had with another value */
	int64_t		 expires;
};

/* When does commit say STORE_OK? */
enum engine_when {
	ENGINE_DURABLE,		/* when it is on disk */
	ENGINE_SOON,		/* when others see it */
	ENGINE_OWED,		/* the same, and owed answers with what to await */
};

struct engine_ops {
	const char	*name;
	enum store_result (*open)(struct engine **, const struct store_options *, char *why, size_t why_size);
	void		 (*close)(struct engine *);
	/* STORE_ABSENT comes with the version that commit is to be told: 0, or that of an expired or deleted record. */
	enum store_result (*get)(struct engine *, struct arena *, const char *key, struct engine_record *);
	/* NULL where a read costs no question. db/store.h, store_expect; a key may be NULL. */
	void		 (*expect)(struct engine *, struct arena *, const char *const *keys, size_t n);
	/* All of writes, or nothing: STORE_CONFLICT if any key's version is not as read.
	 * With no writes: only check that the reads hold together, and (unless ENGINE_SOON) see that what was read gets to disk. */
	enum store_result (*commit)(struct engine *, const struct engine_read *, size_t reads,
	    const struct engine_write *, size_t writes, enum engine_when);
	enum store_result (*settle)(struct engine *);
	/* store_owed and store_await; both NULL where STORE_OK is always durable: there is no ENGINE_OWED then. */
	uint64_t	 (*owed)(struct engine *);
	enum store_result (*await)(struct engine *, uint64_t owed);
	enum store_result (*each)(struct engine *, store_each_fn, void *arg);
	enum store_result (*fold)(struct engine *);
	enum store_result (*check)(struct engine *, FILE *out);
	size_t		 (*stats)(struct engine *, struct store_stat *out);
	/* NULL: what each walks is copied into a store of the engine gdbm. */
	enum store_result (*backup)(struct engine *, const char *to, char *why, size_t why_size);
	/* The following are NULL where there is nothing to do. Housekeeping, a little at a time. */
	void		 (*tend)(struct engine *);
	/* Carry news (db/news.h) to the other machines; best effort, and nobody waits. */
	void		 (*tell)(struct engine *, const char *news);
	/* What came from them is handed to fn; a descriptor to poll for more, -1: there is none now. */
	int		 (*hear)(struct engine *, void (*fn)(const char *news));
};

extern const struct engine_ops engine_gdbm, engine_postgresql;

#endif
