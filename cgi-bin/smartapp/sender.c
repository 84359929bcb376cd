/* sender.c: which lanes there are, and whose turn it is. */
#include "smartapp/sender.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "courier/sender.h"
#include "smartapp/definition.h"
#include "smartapp/lane.h"
#include "smartapp/plan.h"
#include "smartapp/request.h"
#include "base/banned.h"

#define ARENA_LIMIT ((size_t)64 << 20)

static int
compare(const void *a, const void *b)
{
	const struct lane *l = a, *m = b;

	return l->queue != m->queue ? (int)l->queue - (int)m->queue : strcmp(l->id, m->id);
}

struct lane *
lane_of(struct lane_set *s, enum queue q, const char *id)
{
	struct lane *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->queue = q;
	memcpy(l->id, id, strnlen(id, sizeof(l->id) - 1));
	struct lane **found = tsearch(l, &s->tree, compare);
	if (found == NULL || *found != l) {
		free(l);
		return found != NULL ? *found : NULL;
	}
	l->set = s;
	l->due.at = DUE_NEVER;
	if (!due_add(s->queue, &l->due)) {
		tdelete(l, &s->tree, compare);
		free(l);
		return NULL;
	}
	return l;
}

void
lane_at(struct lane *l, int64_t ms)
{
	due_move(l->set->queue, &l->due, ms);
}

static void
rouse(struct lane *l)
{
	if (l == NULL || l->waiter.host != NULL)
		return;
	if (!l->busy && l->failures == 0)	/* what has failed has its time to be tried again */
		lane_at(l, 0);
}

/* A device of a user may be mirrored: in the rounds to come all that have changed are looked at. */
static void
look_at_mirrors(void *arg)
{
	struct lane_set *s = arg;

	s->mirrors_at = s->definition != NULL && json_first(s->definition->plan->mirrors) != NULL ? 0 : DUE_NEVER;
}

static void *
begin(struct courier *c, const void *about)
{
	struct lane_set *s = calloc(1, sizeof(*s));
	const char *file = c->config->smartapp.definition, *why = NULL;

	(void)about;
	if (s == NULL || (s->queue = due_new()) == NULL) {
		free(s);
		return NULL;
	}
	s->courier = c;
	s->arena = arena_new(ARENA_LIMIT);
	if (*file != '\0' && (s->definition = definition_load(s->arena, config_path(s->arena, c->config, file), &why)) == NULL)
		log_event(LOG_LEVEL_ERROR, "smartapp_definition", "why=\"%s\"", why);
	look_at_mirrors(s);
	return s;
}

static void
free_lane(void *arg)
{
	lane_drop(arg);
	free(arg);
}

static void
end(void *arg)
{
	struct lane_set *s = arg;

	tdestroy(s->tree, free_lane);
	due_free(s->queue);
	arena_free(s->arena);
	free(s);
}

static void
see(void *arg, const char *key, const char *value)
{
	struct lane_set *s = arg;

	(void)value;
	if (strncmp(key, "smartapp-posts/", 15) == 0 && smartapp_id_ok(key + 15))
		rouse(lane_of(s, QUEUE_POSTS, key + 15));
	else if (strncmp(key, "smartapp/", 9) == 0 && smartapp_id_ok(key + 9))
		rouse(lane_of(s, QUEUE_CALLS, key + 9));
	else if (strncmp(key, "smartapp-calls/", 15) == 0 && smartapp_id_ok(key + 15))
		rouse(lane_of(s, QUEUE_CALLS, key + 15));
}

/* Words of our own, and ids of users: a device of theirs may be mirrored. */
static void
hear(void *arg, const char *word)
{
	struct lane_set *s = arg;
	size_t n = strlen(SMARTAPP_WORD);

	if (strncmp(word, SMARTAPP_WORD, n) == 0 && smartapp_id_ok(word + n)) {
		rouse(lane_of(s, QUEUE_CALLS, word + n));
		rouse(lane_of(s, QUEUE_POSTS, word + n));
	} else if (strpbrk(word, " /") == NULL)
		look_at_mirrors(s);
}

static int64_t
work(void *arg)
{
	struct lane_set *s = arg;
	int64_t now = clock_ms();
	size_t steps = due_count(s->queue) < COURIER_STEPS ? due_count(s->queue) : COURIER_STEPS;
	struct due *first;

	if (s->mirrors_at <= now || (s->mirrors_at != DUE_NEVER && s->mirrors_at > now + MIRROR_LOOK))
		mirror_step(s, now);
	for (; steps > 0 && courier_has_room(s->courier); steps--) {
		first = due_first(s->queue);
		if (first == NULL || first->at > now)
			break;
		lane_step((struct lane *)(void *)first, now);
	}
	first = due_first(s->queue);
	int64_t lanes_at = first != NULL && courier_has_room(s->courier) ? first->at : DUE_NEVER;
	return lanes_at < s->mirrors_at ? lanes_at : s->mirrors_at;
}

const struct sender smartapp_sender = { "smartapp", NULL, begin, see, hear, look_at_mirrors, work, end };
