/* lease.h: one courier at a time sends for one store, whatever is started how often on how many machines.
 *
 * On one machine a lock on ROOT/courier.lock decides, which the system gives back when a process dies; between machines
 * the record "courier/lease", which ends by itself. */
#ifndef COURIER_LEASE_H
#define COURIER_LEASE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

struct arena;

#define LEASE_LIFE 30	/* seconds */

struct lease {
	char	 owner[32];	/* this process */
	char	 place[160];	/* this instance on this machine: who holds the lock here need not wait for a dead one of here */
	int64_t	 until;		/* seconds; 0 = not held */
	int	 lock;		/* descriptor of the lock's file */
};

/* Wait for the lock of the instance. False if it cannot be had, its file is deleted, or stop was set. Held until the process ends. */
bool		 lease_begin(struct lease *, const char *root, const volatile sig_atomic_t *stop);

/* Is the lock's file still there? If not, so is the instance, and nobody else waits for us to end. */
bool		 lease_is_rooted(const struct lease *);

/* Take or renew it. *held: it is ours until lease->until. */
enum store_result lease_take(struct store *, struct arena *, struct lease *, bool *held);

/* Give it back. */
void		 lease_end(struct store *, struct arena *, struct lease *);

/* Who has it, by the record alone: for people. STORE_ABSENT if nobody has. It may have ended: see until. */
enum store_result lease_look(struct store *, struct arena *, struct lease *);

/* Inside a transaction: STORE_OK while it is ours, STORE_LIMIT if somebody else has it. */
enum store_result lease_tx_holds(struct store_tx *, const struct lease *);

#endif
