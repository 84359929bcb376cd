/* serve.c: which request is answered when: what is owed waits for the disk together, and nobody waits for somebody else's call. The
 * program is a process that a web server of the test's own asks over its socket.
 *
 * long because: program, web server and test share one page of memory. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/pause.h"
#include "tests/unit/check.h"
#include "web/request.h"
#include "web/response.h"
#include "web/serve.h"
#include "web/stand_in.h"
#include "base/banned.h"

#define MOST	60	/* requests at once */
#define LONG	60000	/* ms: however slow the machine is, what can be taken together is */

/* What the program and its test both see. */
static struct shared {
	_Atomic uint64_t made, paid;	/* marks */
	_Atomic int	 waits;		/* how often the disk was waited for */
	_Atomic bool	 in_disk, in_pause;
	_Atomic bool	 slow_disk, slow_call;	/* as long as the test wants */
	_Atomic uint64_t paid_at_pause;
	_Atomic int	 pauses;	/* how often somebody else was waited for */
} *shared;

/* --- the program --- */

struct app { uint64_t owed; bool defers; };

static void
sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static void
stay(_Atomic bool *in, _Atomic bool *slow)
{
	atomic_store(in, true);
	for (int i = 0; i < 60000 && atomic_load(slow); i++)
		sleep_ms(1);
	atomic_store(in, false);
}

static void
defer(struct app *app)
{
	app->defers = true;
}

static uint64_t
owed(struct app *app)
{
	uint64_t mark = app->owed;

	app->owed = 0;
	return mark;
}

/* A mark that is odd is of what the disk does not take. */
static bool
pay(struct app *app, uint64_t mark)
{
	(void)app;
	if (mark > atomic_load(&shared->paid)) {
		uint64_t all = atomic_load(&shared->made);
		atomic_fetch_add(&shared->waits, 1);
		stay(&shared->in_disk, &shared->slow_disk);
		atomic_store(&shared->paid, all);
	}
	return mark % 2 == 0;
}

static void
owe(struct app *app, bool broken)
{
	app->owed = atomic_fetch_add(&shared->made, 2) + 2 + broken;
}

static void
wait_for_somebody(void)
{
	pause_begin();
	atomic_store(&shared->paid_at_pause, atomic_load(&shared->paid));
	atomic_fetch_add(&shared->pauses, 1);
	stay(&shared->in_pause, &shared->slow_call);
}

static void
on_request(struct app *app, const struct request *rq, struct response *rs)
{
	if (app->defers && strstr(rq->path, "owe") != NULL)
		owe(app, strstr(rq->path, "broken") != NULL);
	if (strstr(rq->path, "long") != NULL)
		sleep_ms(20);
	if (strstr(rq->path, "pause") != NULL)
		wait_for_somebody();
	response_text(rs, 200, arena_printf(rq->arena, "answer to %s", rq->path));
}

static int
run(int64_t hold_ms)
{
	static const struct route routes[] = {
		{ "/", "GET", on_request, serve_refuse_json },
		{ "/plain", "GET", on_request, serve_refuse_json },
		{ "/owe", "GET", on_request, serve_refuse_json },
		{ "/owe-broken", "GET", on_request, serve_refuse_json },
		{ "/owe-long", "GET", on_request, serve_refuse_json },
		{ "/pause", "GET", on_request, serve_refuse_json },
		{ "/owe-pause", "GET", on_request, serve_refuse_json },
		{ "/owe-broken-pause", "GET", on_request, serve_refuse_json },
		{ NULL, NULL, NULL, serve_refuse_json },
	};
	const struct owing owing = { .defer = defer, .owed = owed, .pay = pay, .hold_ms = hold_ms };
	const struct program program = { .name = "owing", .routes = routes, .owing = &owing };
	struct app app = { 0 };

	return serve(&program, &app);
}

/* hold_ms: as in struct owing. place: how many stand before it in a row of stand-ins. */
static pid_t
start_at(int door, int64_t hold_ms, int place)
{
	char me[40];

	fflush(stdout);
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(door, STDIN_FILENO);
	snprintf(me, sizeof(me), "%d %d", place, (int)getppid());
	if (place > 0)
		setenv("GATEHOUSE_STANDS_IN", me, 1);
	_exit(run(hold_ms));
}

/* One that has nobody to stand in for it. */
static pid_t
start(int door, int64_t hold_ms)
{
	return start_at(door, hold_ms, STAND_INS);
}

static void
stop(pid_t pid)
{
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

/* --- the web server --- */

static struct sockaddr_un address = { .sun_family = AF_UNIX };

static void
pair(unsigned char *out, size_t *len, const char *name, const char *value)
{
	size_t n = strlen(name), v = strlen(value);

	out[(*len)++] = (unsigned char)n;
	out[(*len)++] = (unsigned char)v;
	memcpy(out + *len, name, n);
	memcpy(out + *len + n, value, v);
	*len += n + v;
}

/* A GET (FastCGI 1.0: begin, parameters, their end, the end of an empty body). The connection. */
static int
ask(const char *path)
{
	unsigned char r[512] = { 1, 1, 0, 1, 0, 8, 0, 0, 0, 1 };
	size_t len = 24, params = 0;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	pair(r + len, &params, "REQUEST_METHOD", "GET");
	pair(r + len, &params, "REQUEST_URI", path);
	memcpy(r + 16, (unsigned char[]){ 1, 4, 0, 1, 0, (unsigned char)params, 0, 0 }, 8);
	len += params;
	memcpy(r + len, (unsigned char[]){ 1, 4, 0, 1, 0, 0, 0, 0, 1, 5, 0, 1, 0, 0, 0, 0 }, 16);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || send(fd, r, len + 16, 0) != (ssize_t)len + 16)
		CHECK_NAMED(false, path);
	return fd;
}

static bool
has_answer(int fd, int ms)
{
	return poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, ms) == 1;
}

/* What of the answer's records is text, until the program hangs up. */
static const char *
answer(int fd)
{
	static char text[2000];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	for (size_t i = 0; i < len; i++)
		text[i] = text[i] != '\0' ? text[i] : '.';
	close(fd);
	return text;
}

static bool
is(int fd, const char *status, const char *says)
{
	const char *text = answer(fd);
	bool good = strstr(text, status) != NULL && strstr(text, says) != NULL;

	if (!good)
		printf("# %s\n", text);
	return good;
}

static void
until(_Atomic bool *what)
{
	for (int i = 0; i < 30000 && !atomic_load(what); i++)
		sleep_ms(1);
}

/* --- the tests --- */

/* Held back meanwhile, the program finds all of these at its door at once. */
static void
ask_all(pid_t pid, int *fds, const char *const *paths, int n)
{
	int status;

	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	for (int i = 0; i < n; i++)
		fds[i] = ask(paths[i]);
	atomic_store(&shared->waits, 0);
	kill(pid, SIGCONT);
}

static void
test_together(int door)
{
	pid_t pid = start(door, LONG);
	const char *const paths[] = { "/owe", "/plain", "/owe", "/owe-broken", "/owe" };
	int fds[5], many[40], answered = 0;
	const char *same[40];

	atomic_store(&shared->slow_disk, true);
	ask_all(pid, fds, paths, 5);
	until(&shared->in_disk);
	/* Whoever is owed nothing need not wait; whoever is, is told nothing before. */
	CHECK(is(fds[1], "200", "answer to /plain"));
	for (int i = 0; i < 5; i++)
		CHECK(i == 1 || !has_answer(fds[i], 20));
	atomic_store(&shared->slow_disk, false);
	CHECK(is(fds[0], "200", "answer to /owe") && is(fds[2], "200", "answer to /owe"));
	CHECK(is(fds[3], "503", "temporarily_unavailable"));
	CHECK(is(fds[4], "200", "answer to /owe"));
	CHECK(atomic_load(&shared->waits) == 1);
	for (int i = 0; i < 40; i++)
		same[i] = "/owe";
	ask_all(pid, many, same, 40);
	for (int i = 0; i < 40; i++)
		answered += is(many[i], "200", "answer to /owe");
	CHECK(answered == 40 && atomic_load(&shared->waits) == 3);
	stop(pid);
}

/* Work that takes long is not added up before the first of them is answered. */
static void
test_long(int door)
{
	pid_t pid = start(door, 5);
	const char *const paths[] = { "/owe-long", "/owe-long", "/owe-long", "/owe-long" };
	int fds[4];

	ask_all(pid, fds, paths, 4);
	for (int i = 0; i < 4; i++)
		CHECK(is(fds[i], "200", "answer to /owe-long"));
	CHECK(atomic_load(&shared->waits) == 4);
	stop(pid);
}

static void
test_pause(int door)
{
	pid_t pid = start(door, LONG);
	const char *const paths[] = { "/owe", "/pause", "/owe" }, *const broken[] = { "/owe-broken-pause", "/owe" };
	int fds[3];

	atomic_store(&shared->slow_call, true);
	ask_all(pid, fds, paths, 3);
	CHECK(is(fds[0], "200", "answer to /owe"));
	until(&shared->in_pause);
	CHECK(!has_answer(fds[1], 20) && !has_answer(fds[2], 0));
	atomic_store(&shared->slow_call, false);
	CHECK(is(fds[1], "200", "answer to /pause") && is(fds[2], "200", "answer to /owe"));
	/* Who waits for somebody else in the middle of a request has first paid for what it has done itself. */
	uint64_t made = atomic_load(&shared->made);
	CHECK(is(ask("/owe-pause"), "200", "answer to /owe-pause"));
	CHECK(atomic_load(&shared->paid_at_pause) > made);
	ask_all(pid, fds, broken, 2);
	CHECK(is(fds[0], "503", "Retry-After: 1") && is(fds[1], "200", "answer to /owe"));
	stop(pid);
}

/* While a process waits for somebody else another one is there, as long as it is. */
static void
test_stand_in(int door)
{
	pid_t pid = start_at(door, LONG, 0);

	atomic_store(&shared->slow_call, true);
	int waits = ask("/pause");
	until(&shared->in_pause);
	int late = ask("/plain");
	CHECK_NAMED(has_answer(late, 30000) && is(late, "200", "answer to /plain"), "a stand-in answers");
	/* It waits, too, and so does the one that stands in for it. */
	int more[STAND_INS];
	for (int i = 0; i < STAND_INS; i++)
		more[i] = ask("/pause");
	late = ask("/plain");
	CHECK_NAMED(!has_answer(late, 300) && !has_answer(waits, 0), "there are not more of them than may be");
	atomic_store(&shared->slow_call, false);
	bool fine = is(waits, "200", "answer to /pause") && is(late, "200", "answer to /plain");
	for (int i = 0; i < STAND_INS; i++)
		fine &= is(more[i], "200", "answer to /pause");
	CHECK_NAMED(fine, "all are answered");
	/* It leaves when all of them have. */
	stop(pid);
	late = ask("/plain");
	CHECK_NAMED(!has_answer(late, 300), "nobody is left");
	close(late);
	/* What a stand-in has in hand is answered before. */
	pid = start_at(door, LONG, 0);
	atomic_store(&shared->slow_call, true);
	waits = ask("/pause");
	until(&shared->in_pause);
	CHECK(is(ask("/plain"), "200", "answer to /plain"));
	int pauses = atomic_load(&shared->pauses);
	late = ask("/pause");
	for (int i = 0; i < 30000 && atomic_load(&shared->pauses) == pauses; i++)
		sleep_ms(1);
	kill(pid, SIGTERM);
	atomic_store(&shared->slow_call, false);
	waitpid(pid, NULL, 0);
	CHECK_NAMED(has_answer(waits, 0) && has_answer(late, 0), "all that is in hand is answered before the end");
	close(waits);
	close(late);
	/* Killed, it takes them along. */
	pid = start_at(door, LONG, 0);
	CHECK(is(ask("/pause"), "200", "answer to /pause"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	bool left = true;
	for (int i = 0; i < 300 && left; i++) {
		late = ask("/plain");
		sleep_ms(100);
		left = has_answer(late, 300);
		close(late);
	}
	CHECK_NAMED(!left, "... nor where it is killed");
}

static void
test_stop(int door)
{
	const char *same[MOST];
	int fds[MOST], status = -1, answered = 0;
	pid_t pid = start(door, LONG);

	CHECK(is(ask("/plain"), "200", "answer to /plain"));
	for (int i = 0; i < MOST; i++)
		same[i] = "/owe";
	atomic_store(&shared->slow_disk, true);
	ask_all(pid, fds, same, MOST);
	until(&shared->in_disk);
	kill(pid, SIGTERM);	/* while there are more of them than it takes at once */
	atomic_store(&shared->slow_disk, false);
	waitpid(pid, &status, 0);
	CHECK(status == 0);
	for (int i = 0; i < MOST; i++)
		answered += has_answer(fds[i], 0) && is(fds[i], "200", "answer to /owe");
	CHECK(answered > 0 && answered < MOST && (uint64_t)answered * 2 <= atomic_load(&shared->made));
	/* The next one finds the others where they were. */
	pid = start(door, LONG);
	CHECK(is(fds[MOST - 1], "200", "answer to /owe"));
	kill(pid, SIGUSR1);
	waitpid(pid, &status, 0);
	CHECK(status == 0);
}

/* Stand-ins are processes of this file, and have the page by its path. */
#define PAGE "SERVE_TEST_PAGE"

static void
open_page(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, sizeof(*shared)) != 0)
		abort();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
}

int
main(void)
{
	char folder[] = "/tmp/gatehouse-unit-XXXXXX", page[60];
	int door = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (getenv(PAGE) != NULL) {
		open_page(getenv(PAGE));
		return run(LONG);
	}
	CHECK(mkdtemp(folder) != NULL);
	snprintf(page, sizeof(page), "%s/page", folder);
	open_page(page);
	setenv(PAGE, page, 1);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/door", folder);
	CHECK(bind(door, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(door, 128) == 0);
	test_together(door);
	test_long(door);
	test_pause(door);
	test_stop(door);
	test_stand_in(door);
	unlink(address.sun_path);
	unlink(page);
	rmdir(folder);
	return check_end();
}
