/* lane.h: what the courier remembers of one queue of one installed app. For sender.c, lane.c, refresh.c and mirror.c alone.
 *
 * A lane has one call in flight at most: calls arrive in the order in which they were wished. */
#ifndef SMARTAPP_LANE_H
#define SMARTAPP_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "courier/due.h"
#include "courier/hosts.h"
#include "smartapp/queue.h"

struct courier;
struct definition;
struct installed;
struct pair;

/* What the platform limits, each by itself. */
enum lane_limit { LIMIT_NONE, LIMIT_SUBSCRIBE, LIMIT_SUBSCRIPTIONS, LIMIT_SCHEDULE, LIMIT_SCHEDULES, LIMITS };

#define LANE_TOLD 8	/* commands of mirrors that are remembered, to know their echo */
#define LANE_TIMES 40	/* calls of one kind that are remembered: as many as the widest limit has */

struct lane {
	struct due		 due;		/* first: see courier/due.h */
	struct host_waiter	 waiter;
	struct lane_set		*set;
	enum queue		 queue;
	bool			 busy;		/* a call is in flight, or what came of it is being written */
	bool			 twice;		/* the call at the head has met a 401 already */
	long long		 failures, refresh_failures;
	int64_t			 refresh_at;	/* ms: tokens are not asked for before */
	int64_t			 asked;		/* seconds: when this courier has asked for tokens; compare installed.h */
	struct pair		*pair;		/* new tokens that are not on disk yet; NULL = none */
	int64_t			 times[LIMITS][LANE_TIMES];	/* ms; a ring each */
	size_t			 place[LIMITS];
	struct { uint64_t hash; int64_t at; } told[LANE_TOLD];	/* a ring: what mirrors have commanded; ms */
	size_t			 told_next;
	char			 id[65];
};

/* All of them. */
struct lane_set {
	struct courier		*courier;
	struct due_queue	*queue;
	void			*tree;		/* of tsearch, by queue and id */
	struct arena		*arena;		/* for the definition: the process's life */
	const struct definition	*definition;	/* NULL: there is none, or it is not right */
	int64_t			 mirrors_at;	/* ms: when to look for changes here that were not told; DUE_NEVER: none are mirrored */
};

/* The lane of an installed app, made if there is none. NULL without memory. */
struct lane	*lane_of(struct lane_set *, enum queue, const char *id);

/* Look at it at that time. */
void		 lane_at(struct lane *, int64_t ms);

/* Do what is due for it now. */
void		 lane_step(struct lane *, int64_t now);

/* When new tokens are to be asked for, in ms; DUE_NEVER if that cannot be. wanted: a call waits for them. */
int64_t		 lane_refresh_due(const struct lane *, const struct installed *, bool wanted, int64_t now);

/* Begin to fetch new tokens. False if that cannot be: no refresh token, no client id or secret. */
bool		 lane_refresh(struct lane *, const struct installed *, int64_t now);

/* Write down new tokens that could not be written when they came. */
void		 lane_keep(struct lane *);
void		 lane_drop(struct lane *);	/* forget them */

/* May a call of this kind be made now? If so it is counted; else *when is when it may. */
bool		 lane_limit(struct lane *, const char *method, const char *path, int64_t now, int64_t *when);

/* Tell mirrored devices what has changed here, and note when to look again: a word of it may get lost. */
#define MIRROR_LOOK 60000	/* ms; no look is farther away, unless a clock was set back */
void		 mirror_step(struct lane_set *, int64_t now);

#endif
