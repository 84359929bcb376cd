/* source.c: a command becomes a message; the answer waits for the node's next report, for so long as a webhook may. */
#include "nodeserver/source.h"

#include <string.h>

#include "base/arena.h"
#include "base/bell.h"
#include "base/clock.h"
#include "base/json.h"
#include "db/record.h"
#include "device/device.h"
#include "device/source.h"
#include "device/state.h"
#include "nodeserver/nodemap.h"
#include "nodeserver/nodes.h"
#include "nodeserver/presence.h"
#include "nodeserver/inbox.h"
#include "nodeserver/registry.h"
#include "base/banned.h"

#define PATIENCE	3000	/* ms for all commands that follow on each other: a webhook must be answered then */
#define TOGETHER	100	/* ms between commands that are of one request */
#define SLOW_KEPT	30000	/* ms in which one that did not confirm in time is not waited for ... */
#define SLOW_PATIENCE	200	/* ... longer than that */
#define SLOW_NAMES	64
#define ONCE_KEPT	60	/* seconds in which a repeated message is known */

/* The node that a job is about. */
struct target {
	const struct nodeserver_context *x;
	struct source_job	*job;
	struct device		 device;
	struct nodeserver	 ns;
	const char		*address;
	struct json		*node;
	struct json		*messages;	/* array */
	bool			 repeated;	/* it was carried out before */
};

static bool
fail(struct source_job *job, enum command_fault fault, const char *detail)
{
	job->fault = fault;
	job->detail = detail;
	return false;
}

/* Everything there is about it. False if the command cannot go anywhere. */
static bool
find(struct target *t)
{
	struct source_job *job = t->job;
	bool there;
	int n;

	if (!source_stored(job, device_find(job->store, job->arena, job->user, job->device, &t->device)) ||
	    !source_stored(job, state_get(job->store, job->arena, job->user, job->device, &job->state)))
		return false;
	if (!nodes_of_device(job->device, &n, &t->address) ||
	    registry_find(t->x, job->user, n, &t->ns) != STORE_OK ||
	    nodes_find(job->store, job->arena, job->user, n, t->address, &t->node) != STORE_OK)
		return fail(job, COMMAND_OFFLINE, "its node server is gone");
	if (!source_stored(job, presence_is_there(t->x, &t->ns, &there)))
		return false;
	return there && state_online(job->state) ? true : fail(job, COMMAND_OFFLINE, "its node server is not connected");
}

static struct json *
message_for(const struct target *t, const struct checked_command *c)
{
	struct arena *a = t->job->arena;
	struct json *message = json_object(a), *v;

	if (strcmp(source_capability(c), DEVICE_REFRESH) == 0) {
		v = json_set(a, message, "query", json_object(a));
		json_set_string(a, v, "address", t->address);
		return message;
	}
	if ((v = nodemap_command(a, json_get(t->node, "map"), c)) == NULL)
		return NULL;
	json_set_string(a, v, "address", t->address);
	json_set(a, message, "command", v);
	return message;
}

/* Messages of the commands up to the first that the node does not have. */
static void
make_messages(struct target *t)
{
	struct source_job *job = t->job;

	t->messages = json_array(job->arena);
	for (size_t i = 0; i < job->n && job->fault == COMMAND_OK; i++) {
		const struct checked_command *c = &job->commands[i];
		struct json *message = message_for(t, c);
		source_touch_command(job, &t->device, c);
		job->all = job->all || strcmp(source_capability(c), DEVICE_REFRESH) == 0;
		if (message != NULL)
			json_append(job->arena, t->messages, message);
		else
			fail(job, COMMAND_NOT_SUPPORTED, arena_printf(job->arena, "the node has no command for %s/%s",
			    source_capability(c), source_command(c)));
	}
}

static enum store_result
send_fn(struct store_tx *tx, void *arg)
{
	struct target *t = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *once = NULL;
	enum store_result r = t->job->once != NULL ? record_tx_get(tx, t->job->once, &once) : STORE_ABSENT;

	t->repeated = r == STORE_OK;
	if (r != STORE_ABSENT)
		return r;
	r = STORE_OK;
	for (const struct json *m = json_first(t->messages); m != NULL && r == STORE_OK; m = json_next(m))
		r = inbox_tx_add(tx, NULL, t->ns.worker, m);
	if (r == STORE_OK && t->job->once != NULL)
		r = record_tx_put(tx, t->job->once, record_new(a), clock_sec() + ONCE_KEPT);
	return r;
}

/* --- waiting --- */

/* Node servers that did not confirm in time, by this process's own memory: nobody is held up by them again and again. */
static struct {
	char	 worker[32];
	int64_t	 until;
} slow[SLOW_NAMES];

static size_t
slow_place(const char *worker)
{
	size_t h = 0;

	for (; *worker != '\0'; worker++)
		h = h * 31 + (unsigned char)*worker;
	return h % SLOW_NAMES;
}

static int64_t
now_ms(void)
{
	return clock_ms() - clock_offset();
}

/* Until when to wait. Commands of one request, each on a device of its own, share the time. */
static int64_t
deadline(const struct target *t)
{
	static int64_t began, last;
	size_t i = slow_place(t->ns.worker);
	int64_t now = now_ms();
	bool is_slow = strncmp(slow[i].worker, t->ns.worker, sizeof(slow[i].worker) - 1) == 0 && slow[i].until > now;

	if (now - last > TOGETHER)
		began = now;
	last = now;
	int64_t end = is_slow ? now + SLOW_PATIENCE : began + PATIENCE;
	return end > began + PATIENCE ? began + PATIENCE : end;
}

static void
remember_slow(const struct target *t)
{
	size_t i = slow_place(t->ns.worker), len = strlen(t->ns.worker);

	len = len < sizeof(slow[i].worker) - 1 ? len : sizeof(slow[i].worker) - 1;
	memcpy(slow[i].worker, t->ns.worker, len);
	slow[i].worker[len] = '\0';
	slow[i].until = now_ms() + SLOW_KEPT;
}

/* The node's next report, or the end of patience. */
static void
wait_for_report(const struct target *t)
{
	const struct source_job *job = t->job;
	long long before = json_get_int(t->node, "reports", 0);
	int64_t end = deadline(t);

	for (;;) {
		unsigned reading = bell_reading(t->ns.worker);
		struct json *node;
		if (nodes_find(job->store, job->arena, job->user, t->ns.n, t->address, &node) != STORE_OK ||
		    json_get_int(node, "reports", 0) != before)
			return;
		int64_t left = end - now_ms();
		if (left <= 0) {
			remember_slow(t);
			return;
		}
		bell_wait(t->ns.worker, reading, left);
	}
}

static void
carry_out(struct source_job *job, void *about)
{
	const struct nodeserver_context *kept = about;
	const struct nodeserver_context x = { kept->config, job->store, kept->keyring, job->catalogue, job->arena };
	struct target t = { .x = &x, .job = job };

	source_begin(job);
	if (!find(&t))
		return;
	make_messages(&t);
	if (json_first(t.messages) == NULL)
		return;
	if (!source_stored(job, store_run(job->store, job->arena, send_fn, &t)))
		return;
	if (!t.repeated)
		wait_for_report(&t);
	if (state_get(job->store, job->arena, job->user, job->device, &job->state) == STORE_OK)
		store_settle(job->store);
}

void
nodeserver_source_add(struct arena *a, const struct config *config, const struct keyring *keyring)
{
	struct nodeserver_context *x = arena_alloc(a, sizeof(*x));
	struct source *s = arena_alloc(a, sizeof(*s));

	*x = (struct nodeserver_context){ .config = config, .keyring = keyring };
	*s = (struct source){ "node", carry_out, x };
	source_add(s);
}
