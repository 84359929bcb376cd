/* mirror.c: what changes here becomes a command to the SmartThings devices that mirror it: one in each installed app. Record
 * "smartapp-mirror/<user>": the last change that was looked at.
 *
 * What one of these devices has said is a change here, too, and is told to the others, not to itself; unless it says no more
 * than what it was commanded a moment ago. Without that two mirrors whose answers cross would command each other for ever. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "courier/sender.h"
#include "db/record.h"
#include "device/change.h"
#include "device/command.h"
#include "oauth/user.h"
#include "smartapp/lifecycle.h"
#include "smartapp/definition.h"
#include "smartapp/here.h"
#include "smartapp/installed.h"
#include "smartapp/lane.h"
#include "smartapp/plan.h"
#include "base/banned.h"

#define CHANGES_MAX 50	/* looked at in one go */
#define RETRY 1000	/* ms: after trouble with the store */
#define ECHO_MS 60000	/* in which a device says what it was commanded */

static char *
cursor_key(struct arena *a, const char *user)
{
	return record_key(a, "smartapp-mirror", user, NULL);
}

/* The body of a command that brings a device there to what a state here says; NULL if there is none. */
static const char *
command_body(struct lane_set *s, const struct json *state)
{
	struct arena *a = s->courier->arena;
	struct json *arguments, *body = json_object(a), *c;
	const char *capability = json_get_string(state, "capability"), *name;

	if (capability != NULL && strncmp(capability, "st.", 3) == 0)
		capability += 3;
	if (capability == NULL || json_get_string(state, "attribute") == NULL)
		return NULL;
	name = command_toward(a, s->courier->catalogue, capability, json_get_string(state, "attribute"), json_get(state, "value"),
	    &arguments);
	if (name == NULL)
		return NULL;
	c = json_append(a, json_set(a, body, "commands", json_array(a)), json_object(a));
	json_set_string(a, c, "component", "main");
	json_set_string(a, c, "capability", capability);
	json_set_string(a, c, "command", name);
	json_set(a, c, "arguments", arguments);
	return json_print(a, body);
}

/* The first device of a mirror's setting, as this installed app was configured. */
static const char *
device_of(struct lane_set *s, const struct installed *i, const struct json *mirror)
{
	struct smartapp_setting *config = NULL;
	const struct smartapp_value *v;
	size_t n;

	if (smartapp_config_read(s->courier->arena, i->config, &config) != NULL ||
	    smartapp_as_devices(config, json_get_string(mirror, "setting"), &v, &n) != SMARTAPP_READ_OK)
		return NULL;
	return v->device.device_id;
}

/* --- echoes --- */

static uint64_t
hash_of(const char *body)
{
	unsigned char hash[SECRET_HASH];
	uint64_t h;

	secret_sha256(body, strlen(body), hash);
	memcpy(&h, hash, sizeof(h));
	return h;
}

static void
remember(struct lane *l, const char *body, int64_t now)
{
	l->told[l->told_next].hash = hash_of(body);
	l->told[l->told_next].at = now;
	l->told_next = (l->told_next + 1) % LANE_TOLD;
}

/* Was it commanded just this, lately? */
static bool
is_echo(const struct lane *l, const char *body, int64_t now)
{
	uint64_t hash = hash_of(body);
	bool found = false;

	for (size_t k = 0; k < LANE_TOLD; k++)
		found |= l->told[k].hash == hash && l->told[k].at > now - ECHO_MS && l->told[k].at <= now;
	return found;
}

/* --- telling --- */

struct telling {
	struct lane_set		*set;
	const struct json	*mirror;
	const char		*body;
	const char		*from;		/* the installed app whose device said it; NULL = none */
	int64_t			 now;
};

struct adding {
	const char	*id;
	struct wish	 wish;
	int64_t		 now;
};

static enum store_result
add(struct store_tx *tx, void *arg)
{
	const struct adding *x = arg;

	return queue_tx_add(tx, QUEUE_CALLS, x->id, &x->wish, x->now);
}

static bool
tell(const struct telling *t, struct lane *l)
{
	const char *id = l->id;
	struct courier *c = t->set->courier;
	struct installed i;
	const char *device;

	if (installed_find(c->store, c->arena, c->keyring, id, &i) != STORE_OK || (device = device_of(t->set, &i, t->mirror)) == NULL)
		return true;
	struct adding x = { .id = id, .now = t->now, .wish = { .method = "POST", .body = t->body,
	    .path = arena_printf(c->arena, "/devices/%s/commands", device) } };
	if (store_run(c->store, c->arena, add, &x) != STORE_OK)
		return false;
	remember(l, t->body, t->now);
	return true;
}

/* All installed apps are lanes of calls. */
static bool
tell_all(const struct telling *t)
{
	const struct lane *from = t->from != NULL ? lane_of(t->set, QUEUE_CALLS, t->from) : NULL;
	bool fine = true;

	if (from != NULL && is_echo(from, t->body, t->now))
		return true;
	for (size_t k = 0; k < due_count(t->set->queue); k++) {
		struct lane *l = (struct lane *)(void *)due_at(t->set->queue, k);
		if (l->queue == QUEUE_CALLS && (t->from == NULL || strcmp(t->from, l->id) != 0))
			fine &= tell(t, l);
	}
	return fine;
}

static bool
tell_change(struct lane_set *s, const struct json *mirror, const struct change *ch, int64_t now)
{
	const char *capability = json_get_string(mirror, "capability");
	size_t n = strlen(HERE_MIRRORED);
	const char *from = ch->origin != NULL && strncmp(ch->origin, HERE_MIRRORED, n) == 0 ? ch->origin + n : NULL;
	bool fine = true;

	if (ch->kind != CHANGE_STATE || strcmp(ch->device, json_get_string(mirror, "device")) != 0)
		return true;
	for (const struct json *state = json_first(ch->states); state != NULL; state = json_next(state)) {
		const char *of = json_get_string(state, "capability");
		of = of != NULL && strncmp(of, "st.", 3) == 0 ? of + 3 : of;
		struct telling t = { .set = s, .mirror = mirror, .from = from, .now = now };
		if (of != NULL && strcmp(of, capability) == 0 && (t.body = command_body(s, state)) != NULL)
			fine &= tell_all(&t);
	}
	return fine;
}

struct moving {
	const char	*user;
	long long	 seq;
};

static enum store_result
move(struct store_tx *tx, void *arg)
{
	const struct moving *m = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *r = record_new(a);

	json_set_int(a, r, "seq", m->seq);
	return record_tx_put(tx, cursor_key(a, m->user), r, 0);
}

/* Changes of one user's devices since the cursor. Returns in how many ms to look again. */
static int64_t
step_user(struct lane_set *s, const char *user, int64_t now)
{
	struct courier *c = s->courier;
	struct json *r;
	long long newest;
	struct moving m = { user, 0 };
	enum store_result found = record_get(c->store, c->arena, cursor_key(c->arena, user), &r);

	if (change_newest(c->store, c->arena, user, &newest) != STORE_OK || (found != STORE_OK && found != STORE_ABSENT))
		return RETRY;
	/* What was before the first look is not told: the devices there know best. */
	m.seq = found == STORE_OK ? json_get_int(r, "seq", newest) : newest;
	long long from = m.seq;
	bool fine = true;
	for (int k = 0; m.seq < newest && k < CHANGES_MAX; k++) {
		struct change ch;
		if (change_find(c->store, c->arena, user, m.seq + 1, &ch) == STORE_OK)
			for (const struct json *v = json_first(s->definition->plan->mirrors); v != NULL; v = json_next(v)) {
				const char *way = json_get_string(v, "direction");
				struct user owner;
				if ((way == NULL || strcmp(way, "here") != 0) && user_by_name(c->store, c->arena,
				    json_get_string(v, "user"), &owner) == STORE_OK && strcmp(owner.id, user) == 0)
					fine &= tell_change(s, v, &ch, now);
			}
		if (!fine)
			break;
		m.seq++;
	}
	if ((m.seq != from || found == STORE_ABSENT) && store_run(c->store, c->arena, move, &m) != STORE_OK)
		return RETRY;
	return !fine ? RETRY : m.seq < newest ? 0 : MIRROR_LOOK;
}

void
mirror_step(struct lane_set *s, int64_t now)
{
	struct courier *c = s->courier;
	struct json *done = json_array(c->arena);
	int64_t wait = MIRROR_LOOK;

	for (const struct json *v = json_first(s->definition->plan->mirrors); v != NULL; v = json_next(v)) {
		struct user owner;
		if (user_by_name(c->store, c->arena, json_get_string(v, "user"), &owner) != STORE_OK ||
		    json_array_has(done, owner.id))
			continue;
		json_append_string(c->arena, done, owner.id);
		int64_t again = step_user(s, owner.id, now);
		wait = again < wait ? again : wait;
	}
	s->mirrors_at = now + wait;
}
