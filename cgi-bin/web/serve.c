/* serve.c: which of the requests that a process has in hand is seen to next.
 *
 * A request is in one of four places: at the door, with its handler, among those that wait (for a bell, or a time), among those that
 * are owed (their work is done, and the disk is waited for once for all of them). */
#include "web/serve.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/bell.h"
#include "base/json.h"
#include "base/pause.h"
#include "web/stand_in.h"
#include "web/turn.h"
#include "base/banned.h"

#define TAKE 16		/* requests that are taken before anything else is looked at */
#define LOOK_MS 1000	/* a ring may have got lost before the ear was there */

struct room {
	const struct program	*program;
	struct app		*app;
	struct turn		*waiting, *spare;
	size_t			 n_waiting;
	struct turn		*owed, **last_owed;
	bool			 undone;	/* what the handler that runs has done */
};

/* One that is not in use; NULL: there is no memory. */
static struct turn *
take_spare(struct room *room)
{
	struct turn *t = room->spare;

	if (t != NULL)
		room->spare = t->next;
	else
		t = turn_new(room->program, room->app);
	return t;
}

static void
put_spare(struct room *room, struct turn *t)
{
	t->next = room->spare;
	room->spare = t;
}

static uint64_t
owed(struct room *room)
{
	return room->program->owing != NULL ? room->program->owing->owed(room->app) : 0;
}

/* Its handler has spoken. */
static void
answer(struct room *room, struct turn *t)
{
	t->owed = owed(room);
	if (room->undone)
		turn_undo(t);
	if (room->undone || t->owed == 0) {
		room->undone = false;
		turn_finish(t);
		put_spare(room, t);
		return;
	}
	t->next = NULL;
	*room->last_owed = t;
	room->last_owed = &t->next;
}

/* Answer all that is owed. The first one waits for the disk; it then mostly has what the others need, too. */
static void
pay(struct room *room)
{
	struct turn *t = room->owed, *next;

	room->owed = NULL;
	room->last_owed = &room->owed;
	for (; t != NULL; t = next) {
		next = t->next;
		if (!room->program->owing->pay(room->app, t->owed))
			turn_undo(t);
		turn_finish(t);
		put_spare(room, t);
	}
}

/* A handler is about to wait for somebody else: until then all must be as if there were no other requests, and somebody sees to the next. */
static void
before_pause(void *arg)
{
	struct room *room = arg;
	uint64_t mine = owed(room);

	if (mine != 0 && !room->program->owing->pay(room->app, mine))
		room->undone = true;
	pay(room);
	stand_in_call();
}

static enum wire_news
admit(struct room *room)
{
	struct turn *t = take_spare(room);

	if (t == NULL)
		return WIRE_NOBODY;
	enum wire_news news = wire_accept(t->wire);
	if (news != WIRE_REQUEST) {
		put_spare(room, t);
		return news;
	}
	turn_begin(t, room->n_waiting >= room->program->waiting);
	if (turn_try(t))
		answer(room, t);
	else {
		t->next = room->waiting;
		room->waiting = t;
		room->n_waiting++;
	}
	return WIRE_REQUEST;
}

/* Take what is at the door: WIRE_REQUEST if there may be more. */
static enum wire_news
admit_some(struct room *room)
{
	enum wire_news news = WIRE_REQUEST;

	for (int i = 0; i < TAKE && news == WIRE_REQUEST; i++) {
		news = admit(room);
		if (room->owed != NULL && turn_age(room->owed) >= room->program->owing->hold_ms)
			break;
	}
	return news;
}

/* Look after those whose bell has rung or whose time has come; ms until the next of them, -1 if none waits. */
static int
look(struct room *room, bool hurry)
{
	int64_t soonest = -1;

	for (struct turn **p = &room->waiting; *p != NULL;) {
		struct turn *t = *p;
		t->rq.hurry = hurry;
		if ((hurry || turn_left(t) <= 0 || bell_reading(t->rs.bell) != t->rs.reading) && turn_try(t)) {
			*p = t->next;
			room->n_waiting--;
			answer(room, t);
			continue;
		}
		int64_t left = turn_left(t) < 0 ? 0 : turn_left(t);
		soonest = soonest < 0 || left < soonest ? left : soonest;
		p = &t->next;
	}
	return (int)(soonest > LOOK_MS ? LOOK_MS : soonest);
}

/* A descriptor that can be read once the process is told to stop, by a person, systemd (SIGTERM) or multiwatch (SIGUSR1). They are held
 * back from here on: nothing in a handler ends with EINTR. */
static int
stops(void)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGUSR1);
	sigprocmask(SIG_BLOCK, &held, NULL);
	return signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool
watch(int all, int fd, uint32_t events)
{
	return epoll_ctl(all, EPOLL_CTL_ADD, fd, &(struct epoll_event){ .events = events, .data.fd = fd }) == 0;
}

/* Until it is told to stop. False: the system gives no means to wait. */
static bool
loop(struct room *room)
{
	int all = epoll_create1(EPOLL_CLOEXEC), stop = stops(), ear = room->program->waiting > 0 ? bell_fd() : -1;
	/* Several processes stand at the door: one connection wakes one of them. */
	bool open = all >= 0 && stop >= 0 && watch(all, stop, EPOLLIN) && watch(all, wire_door(), EPOLLIN | EPOLLEXCLUSIVE) &&
	    (ear < 0 || watch(all, ear, EPOLLIN)), could = open;

	while (open) {
		struct epoll_event events[3];
		enum wire_news news = admit_some(room);
		pay(room);
		int ms = look(room, false);
		pay(room);
		bool quiet = news != WIRE_REQUEST && ms < 0;
		int n = epoll_wait(all, events, 3, news == WIRE_REQUEST ? 0 : quiet ? stand_in_rest() : ms);
		open = news != WIRE_CLOSED && !(quiet && n == 0);
		for (int i = 0; i < n; i++) {
			open = open && events[i].data.fd != stop;
			if (events[i].data.fd == ear)
				bell_hush();
		}
	}
	look(room, true);
	pay(room);
	stand_in_end();
	close(stop);
	close(all);
	return could;
}

/* From a shell there is nobody else to serve. */
static bool
once(struct turn *t)
{
	turn_begin(t, false);
	while (!turn_try(t))
		bell_wait(t->rs.bell, t->rs.reading, t->rs.wait_ms);
	return turn_finish(t);
}

int
serve(const struct program *program, struct app *app)
{
	struct room room = { .program = program, .app = app, .last_owed = &room.owed };
	enum wire_kind kind = wire_kind();
	struct turn *t = take_spare(&room);
	bool well = false;

	if (t == NULL || kind == WIRE_NONE)
		return 1;
	if (kind == WIRE_CGI)
		well = once(t);
	put_spare(&room, t);
	if (kind == WIRE_FASTCGI) {
		if (program->owing != NULL)
			program->owing->defer(app);
		stand_in_begin();
		pause_before(before_pause, &room);
		well = loop(&room);
		pause_before(NULL, NULL);
	}
	while ((t = room.spare) != NULL) {
		room.spare = t->next;
		turn_free(t);
	}
	return well ? 0 : 1;
}

void
serve_refuse_json(struct app *app, const struct request *rq, struct response *rs, int status, const char *why)
{
	static const struct { int status; const char *error; } names[] = {
		{ 401, "invalid_token" }, { 404, "not_found" }, { 405, "method_not_allowed" }, { 413, "payload_too_large" },
		{ 503, "temporarily_unavailable" },
	};
	const char *error = "invalid_request";
	struct json *body = json_object(rs->arena);

	(void)app;
	(void)rq;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == status)
			error = names[i].error;
	json_set_string(rs->arena, body, "error", error);
	json_set_string(rs->arena, body, "error_description", why);
	response_json(rs, status, body);
}
