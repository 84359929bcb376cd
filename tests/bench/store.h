/* store.h: what a store must do to be measured. */
#ifndef BENCH_STORE_H
#define BENCH_STORE_H

#include <stdbool.h>

#define VALUE 240	/* bytes of a record's value */

struct backend {
	const char *name;
	void	 (*open)(bool fill);			/* fill: speed before safety */
	void	 (*fill)(long from, long to);
	bool	 (*tx)(long a, long b, const char *value);	/* read both, write both, on disk */
	bool	 (*get)(long a);
	void	 (*rest)(void);		/* wait until it does nothing in the background; NULL: it never does */
	void	 (*close)(void);
};

extern const struct backend backend_lmdb, backend_sqlite, backend_redis;
extern const char *folder;

void	 key_of(long i, char key[48]);
void	 check(bool good, const char *what);	/* ends the program if not */

#endif
