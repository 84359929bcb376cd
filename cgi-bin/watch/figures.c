/* figures.c: what base/metrics.h has counted, then what is asked at the moment. docs/metrics.md lists all of it. */
#include "watch/figures.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/metrics.h"
#include "courier/lease.h"
#include "db/store.h"
#include "oauth/keyring.h"
#include "base/banned.h"

static const struct row {
	const char	*stat;	/* of db/store.h */
	const char	*name, *type, *help;
} rows[] = {
	{ "base_records", "store_base_records", "gauge", "Records in the store's base file." },
	{ "base_bytes", "store_base_bytes", "gauge", "Bytes of the store's base file." },
	{ "segments", "store_segments", "gauge", "Journal segments that count." },
	{ "segment_bytes", "store_segment_bytes", "gauge", "Bytes of a journal segment." },
	{ "active_bytes", "store_active_bytes", "gauge", "Bytes in the active journal segment." },
	{ "unsynced_bytes", "store_unsynced_bytes", "gauge", "Bytes written that are not on disk yet; nobody was told of them." },
	{ "commits", "store_commits_total", "counter", "Transactions committed." },
	{ "conflicts", "store_conflicts_total", "counter", "Transactions run again, as others were first." },
	{ "syncs", "store_syncs_total", "counter", "Waits for the disk; one may serve many transactions." },
	{ "repairs", "store_repairs_total", "counter", "Writers that were killed and cleaned up after." },
	{ "sync_failures", "store_sync_failures_total", "counter", "Waits for the disk that failed." },
	{ "folds", "store_folds_total", "counter", "Folds of the journal into the base." },
	{ "fold_ms", "store_last_fold_milliseconds", "gauge", "Time that the last fold took." },
	{ "records", "store_records", "gauge", "Records in the database, about." },
	{ "bytes", "store_bytes", "gauge", "Bytes of the records in the database, with their indexes." },
	{ "dead_records", "store_dead_records", "gauge", "Former records that wait for the database's vacuum." },
	{ "rollbacks", "store_rollbacks_total", "counter", "Transactions of the database that were given up." },
	{ "deadlocks", "store_deadlocks_total", "counter", "Transactions of the database that waited for each other." },
	{ "connections", "store_connections", "gauge", "Connections to the database, of all machines." },
	{ "standbys", "store_standbys", "gauge", "Standbys that follow the database's server." },
	{ "synchronous_standbys", "store_synchronous_standbys", "gauge", "Standbys that have all that was acknowledged." },
	{ "folded", "store_folded_timestamp_seconds", "gauge", "When the base was made; 0: there is none." },
};

static void
write_store(struct buf *out, const struct config *c, struct store *store)
{
	struct store_stat all[STORE_STATS];
	size_t n = store_stats(store, all);
	struct statvfs disk;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t k = 0; k < n; k++)
			if (strcmp(all[k].name, rows[i].stat) == 0)
				metrics_write_one(out, rows[i].name, rows[i].type, rows[i].help, all[k].value);
	/* A server's disk is seen where the server is. */
	if (!store_asks(store) && statvfs(config_path(out->arena, c, c->store.path), &disk) == 0)
		metrics_write_one(out, "store_disk_free_bytes", "gauge", "Room on the store's disk.",
		    (uint64_t)disk.f_bavail * disk.f_frsize);
}

static void
write_courier(struct buf *out, struct store *store)
{
	struct lease lease;

	metrics_write_one(out, "courier_up", "gauge", "1: a courier sends for this store.",
	    lease_look(store, out->arena, &lease) == STORE_OK && lease.until > clock_sec());
}

static void
write_keys(struct buf *out, const struct config *c, struct store *store)
{
	const char *why = NULL;
	struct keyring *ring = keyring_open(out->arena, c, store, &why);

	if (ring == NULL)
		return;
	for (const struct json *k = json_first(keyring_list(out->arena, ring)); k != NULL; k = json_next(k))
		if (json_get_bool(k, "current", false)) {
			int64_t age = clock_sec() - json_get_int(k, "created", 0);
			metrics_write_one(out, "signing_key_age_seconds", "gauge", "Age of the key that signs tokens.",
			    age > 0 ? (uint64_t)age : 0);
		}
	keyring_close(ring);
}

void
figures_write(struct buf *out, const struct config *c, struct store *store)
{
	metrics_write(out);
	metrics_write_one(out, "store_up", "gauge", "1: the store can be opened.", store != NULL);
	if (store == NULL)
		return;
	write_store(out, c, store);
	write_courier(out, store);
	write_keys(out, c, store);
}
