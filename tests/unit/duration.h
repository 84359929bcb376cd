/* duration.h: whether things take as long as each other, so that the time does not tell which of them it was. */
#ifndef DURATION_H
#define DURATION_H
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

struct duration {
	void		(*run)(void *arg);
	void		*arg;
	long long	 least;	/* ns of processor time, of all rounds */
};

static inline long long
processor_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Does none of n take as much as most times another? They are run in turns, since a machine may become several times slower from one
 * moment to the next; and where it did so in all rounds, once more: what really differs does so each time. */
static inline bool
take_as_long(struct duration *d, size_t n, int rounds, double most)
{
	for (int tries = 0; tries < 5; tries++) {
		long long least = LLONG_MAX, longest = 0;
		for (size_t i = 0; i < n; i++)
			d[i].least = LLONG_MAX;
		for (int r = 0; r < rounds; r++)
			for (size_t i = 0; i < n; i++) {
				long long from = processor_ns();
				d[i].run(d[i].arg);
				long long took = processor_ns() - from;
				d[i].least = took < d[i].least ? took : d[i].least;
			}
		for (size_t i = 0; i < n; i++) {
			printf("# %zu takes %lld ns\n", i, d[i].least);
			least = d[i].least < least ? d[i].least : least;
			longest = d[i].least > longest ? d[i].least : longest;
		}
		if ((double)longest < (double)least * most)
			return true;
	}
	return false;
}
#endif
