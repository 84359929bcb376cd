/* figures.h: how the whole instance is, in Prometheus' text format: what its processes counted, and how store, courier and keys are. */
#ifndef WATCH_FIGURES_H
#define WATCH_FIGURES_H

#include <stdbool.h>

struct buf;
struct config;
struct store;

#define FIGURES_MAX ((size_t)4 << 20)	/* bytes that they take at most */

/* Write them all. store: opened for writing, as only then it knows what others do; NULL: it cannot be opened, and only
 * gatehouse_store_up says so. */
void	 figures_write(struct buf *, const struct config *, struct store *);

#endif
