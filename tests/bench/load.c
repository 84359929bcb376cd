/* load.c: clients of an HTTP server, all in one process: so many connections that are kept open, each with one request on its way.
 *
 * long because: a connection's states, and what is counted of them, are one machine.
 *
 * load PORT FILE CONNECTIONS SECONDS [warm=S] [rate=R] [chain=M] [fresh=M] [from=N] [repeat=N] [expect=STATUS] [once] [slow]
 *     FILE      requests as they go over the wire, each with its length in bytes and a newline in front. The connections share
 *               them out: each takes the next, and from the end the first again
 *     warm=S    so many seconds before that are not counted
 *     rate=R    so many requests a second in all, each due at its time and measured from it, late or not; without, each
 *               connection sends as soon as it has its answer
 *     chain=M   each connection keeps to one request (of as many as there are connections) and puts the value that the answer's JSON
 *               has under M in the place of the one before. At the end FILE has what the next load of it must begin with
 *     from=N    begin with the Nth request of the file
 *     fresh=M   each request has a string of its own at the end of what its JSON has under M (12 characters at least)
 *     source=A  from this address of the machine's own
 *     expect=S  the status of a good answer; 200 if not told
 *     repeat=N  each request N times before the next of the file has its turn
 *     once      no request twice: end when all were sent
 *     slow      each connection asks, and reads what it gets byte by byte, ten a second; nothing is measured
 * CONNECTIONS with an empty FILE are only held open. Prints one line of JSON:
 * {"rps","p50","p90","p99","max" (ms),"requests","errors","next" (for from=),"answered" (bytes of the last answer's body)} */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "base/banned.h"

#define ANSWER_MAX (512 << 10)
#define DRAIN 5000000	/* us that are waited at the end for answers that are still to come */
#define STEPS 64	/* of the histogram, for each power of two of microseconds: 1.5 % */
#define SLOTS (STEPS * 32)

struct message { char *text; size_t len; };

struct connection {
	int		 fd;
	struct message	*request;	/* on its way; NULL = none */
	size_t		 sent, got, need;	/* need: length of the whole answer, 0 while its head is not there */
	int64_t		 began;		/* when it was sent or, with a rate, due */
	bool		 last;		/* the server closes after this answer */
	char		*answer;
};

static struct {
	int		 port, connections, expect;
	double		 seconds, warm, rate;
	const char	*chain, *fresh, *source;
	bool		 once, slow;
	struct message	*requests;
	size_t		 count, next, repeat;
} o = { .expect = 200, .repeat = 1 };

static struct connection *all;
static int poller;
static int64_t start, counted_from, end, due_next;
static long requests, errors, histogram[SLOTS];
static size_t answered_bytes;
static int64_t slowest;

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- what is counted --- */

static size_t
slot_of(int64_t us)
{
	size_t power = 0;

	while ((us >> power) >= 2 * STEPS && power < 25)
		power++;
	return us < STEPS ? (size_t)us : power * STEPS + (size_t)(us >> power);
}

static double
slot_ms(size_t slot)
{
	size_t power = slot < 2 * STEPS ? 0 : slot / STEPS - 1;

	return (double)((uint64_t)(slot - power * STEPS) << power) / 1000;
}

static void
count(int64_t us, bool good, int64_t now)
{
	if (now < counted_from || now > end)
		return;
	requests++;
	errors += !good;
	histogram[slot_of(us < 0 ? 0 : us)]++;
	if (us > slowest)
		slowest = us;
}

static double
percentile(double share)
{
	long seen = 0, want = (long)((double)requests * share);

	for (size_t i = 0; i < SLOTS; i++)
		if ((seen += histogram[i]) > want)
			return slot_ms(i);
	return 0;
}

/* --- requests --- */

static void
read_requests(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t room = 1024;

	if (fd < 0 || fstat(fd, &st) != 0)
		die(path);
	char *text = malloc((size_t)st.st_size + 1), *at = text, *stop;
	for (ssize_t n = 0, got = 0; got < st.st_size; got += n)
		if (text == NULL || (n = read(fd, text + got, (size_t)(st.st_size - got))) <= 0)
			die(path);
	close(fd);
	if (text != NULL)
		text[st.st_size] = '\0';
	o.requests = calloc(room, sizeof(*o.requests));
	for (; at != NULL && at < text + st.st_size; at += o.requests[o.count++].len) {
		if (o.count == room)
			o.requests = reallocarray(o.requests, room *= 2, sizeof(*o.requests));
		if (o.requests == NULL)
			die("memory");
		size_t len = strtoul(at, &stop, 10);
		o.requests[o.count] = (struct message){ stop + 1, len };
		at = stop + 1;
	}
}

/* The value of a string member, wherever in the text it stands. */
static char *
member(char *text, const char *name, size_t *len)
{
	char quoted[80];

	snprintf(quoted, sizeof(quoted), "\"%s\":", name);
	char *at = strstr(text, quoted);
	if (at == NULL || (at = strchr(at + strlen(quoted), '"')) == NULL)
		return NULL;
	*len = strcspn(at + 1, "\"");
	return at + 1;
}

/* The request has the value of the form's or the JSON's member; the answer has the next. Both are of one length. */
static bool
chain_on(struct connection *c)
{
	size_t len = 0;
	char key[80], *value = member(c->answer, o.chain, &len), *at;

	snprintf(key, sizeof(key), "%s=", o.chain);
	at = memmem(c->request->text, c->request->len, key, strlen(key));
	if (value == NULL || at == NULL || at + strlen(key) + len > c->request->text + c->request->len)
		return false;
	memcpy(at + strlen(key), value, len);
	return true;
}

/* Whoever goes on with these chains must know how far they have come. */
static void
write_requests(const char *path)
{
	FILE *f = fopen(path, "we");

	for (size_t i = 0; f != NULL && i < o.count; i++)
		if (fprintf(f, "%zu\n", o.requests[i].len) < 0 || fwrite(o.requests[i].text, 1, o.requests[i].len, f) != o.requests[i].len)
			die(path);
	if (f == NULL || fclose(f) != 0)
		die(path);
}

/* Numbers that no load of the last hours has given: there are fewer requests than microseconds. */
static void
make_fresh(struct message *m)
{
	static int64_t given;
	size_t len = 0;
	char number[13], *value = o.fresh != NULL ? member(m->text, o.fresh, &len) : NULL;

	if (value == NULL || value + len > m->text + m->len || len < sizeof(number) - 1)
		return;
	snprintf(number, sizeof(number), "%012llx", (unsigned long long)(start + given++) & 0xffffffffffff);
	memcpy(value + len - (sizeof(number) - 1), number, sizeof(number) - 1);
}

static struct message *
pick_request(struct connection *c)
{
	if (o.chain != NULL)
		return &o.requests[(size_t)(c - all) % o.count];
	if (o.once && o.next >= o.count)
		return NULL;
	return &o.requests[o.next++ / o.repeat % o.count];
}

static struct message *
next_request(struct connection *c)
{
	struct message *m = pick_request(c);

	if (m != NULL && o.fresh != NULL)
		make_fresh(m);
	return m;
}

/* --- connections --- */

static void
watch(struct connection *c, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	if (epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e) != 0 && epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &e) != 0)
		die("epoll");
}

static void
open_one(struct connection *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)o.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, from = { .sin_family = AF_INET };
	int on = 1, small = 1024;

	if ((c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		die("socket");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (o.slow)
		setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (o.source != NULL && (inet_pton(AF_INET, o.source, &from.sin_addr) != 1 || bind(c->fd, (struct sockaddr *)&from, sizeof(from)) != 0))
		die(o.source);
	if (connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		die("connect");
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	c->sent = c->got = c->need = 0;
	c->last = false;
	watch(c, EPOLLIN);
}

static void
push(struct connection *c)
{
	ssize_t n = send(c->fd, c->request->text + c->sent, c->request->len - c->sent, MSG_NOSIGNAL);

	if (n > 0)
		c->sent += (size_t)n;
	if (c->sent < c->request->len)
		watch(c, EPOLLIN | EPOLLOUT);
}

/* Send the next, unless with a rate none is due yet. */
static void
ask(struct connection *c, int64_t now)
{
	if (now >= end || (o.rate > 0 && due_next > now) || (c->request = next_request(c)) == NULL)
		return;
	c->began = now;
	if (o.rate > 0) {
		c->began = due_next;
		due_next += (int64_t)(1e6 / o.rate);
	}
	if (c->last) {
		close(c->fd);
		open_one(c);
	}
	c->sent = c->got = c->need = 0;
	push(c);
}

/* The answer's head is there: how long is all of it? */
static void
read_head(struct connection *c)
{
	char *stop, *length;

	c->answer[c->got] = '\0';
	if ((stop = strstr(c->answer, "\r\n\r\n")) == NULL)
		return;
	*stop = '\0';
	length = strcasestr(c->answer, "\r\ncontent-length:");
	c->last = strcasestr(c->answer, "\r\nconnection: close") != NULL;
	answered_bytes = length != NULL ? strtoul(length + 17, NULL, 10) : 0;
	c->need = (size_t)(stop + 4 - c->answer) + answered_bytes;
	*stop = '\r';
}

static void
answered(struct connection *c, int64_t now)
{
	bool good = c->got > 12 && strtol(c->answer + 9, NULL, 10) == o.expect && (o.chain == NULL || chain_on(c));

	if (!good && errors == 0)
		fprintf(stderr, "load: %.*s\n", (int)(c->got > 600 ? 600 : c->got), c->answer);
	count(now - c->began, good, now);
	c->request = NULL;
	ask(c, now);
}

/* The server hung up: fine between requests, else an answer that never came. */
static void
hung_up(struct connection *c, int64_t now)
{
	close(c->fd);
	if (c->request != NULL && !o.slow)
		count(now - c->began, false, now);
	c->request = NULL;
	open_one(c);
	if (!o.slow)
		ask(c, now);
}

static void
on_ready(struct connection *c, uint32_t events, int64_t now)
{
	if (events & EPOLLOUT && c->request != NULL) {
		push(c);
		if (c->sent == c->request->len)
			watch(c, EPOLLIN);
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	ssize_t n = recv(c->fd, c->answer + c->got, o.slow ? 1 : ANSWER_MAX - c->got, 0);
	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		hung_up(c, now);
		return;
	}
	if (n < 0 || o.slow)
		return;
	c->got += (size_t)n;
	if (c->need == 0)
		read_head(c);
	if (c->request != NULL && ((c->need > 0 && c->got >= c->need) || c->got == ANSWER_MAX))
		answered(c, now);
}

/* --- a run --- */

static void
open_all(void)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	poller = epoll_create1(EPOLL_CLOEXEC);
	all = calloc((size_t)o.connections, sizeof(*all));
	for (int i = 0; all != NULL && i < o.connections; i++) {
		/* Connections that are only held read nothing of length. */
		if ((all[i].answer = malloc(o.count > 0 ? ANSWER_MAX + 1 : 4096)) == NULL)
			die("memory");
		open_one(&all[i]);
	}
}

/* Those that have nothing on their way, when something is due. */
static void
ask_due(int64_t now)
{
	static size_t turn;

	for (int i = 0; i < o.connections && due_next <= now; i++, turn++)
		if (all[turn % (size_t)o.connections].request == NULL)
			ask(&all[turn % (size_t)o.connections], now);
}

/* Is an answer still to come that was asked for in time? */
static bool
is_waiting(int64_t now)
{
	for (int i = 0; i < o.connections && now < end + DRAIN; i++)
		if (all[i].request != NULL && !o.slow)
			return true;
	return false;
}

/* How long nothing is to be done but to read: where every connection waits for its answer, what is due waits as well. (To look all the
 * time would take a core from the server.) In us. */
static int64_t
pause_of(int64_t now)
{
	int64_t wait = end > now ? end - now : DRAIN;

	for (int i = 0; i < o.connections && o.rate > 0 && now < end; i++)
		if (all[i].request == NULL)
			return due_next > now ? due_next - now : 0;
	return wait;
}

static void
drive(void)
{
	struct epoll_event ready[256];
	int64_t now;

	for (int i = 0; i < o.connections && o.count > 0 && o.rate <= 0; i++)
		ask(&all[i], now_us());
	while ((now = now_us()) < end || is_waiting(now)) {
		int64_t wait = pause_of(now);
		struct timespec t = { 0, (wait > 100000 ? 100000 : wait) * 1000 };
		int n = epoll_pwait2(poller, ready, 256, &t, NULL);
		now = now_us();
		for (int i = 0; i < n; i++)
			on_ready(ready[i].data.ptr, ready[i].events, now);
		if (o.rate > 0)
			ask_due(now);
		if (o.slow)
			nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
		if (o.once && o.next >= o.count && !is_waiting(now))
			break;
	}
}

static void
read_option(const char *word)
{
	const char *value = strchr(word, '=') != NULL ? strchr(word, '=') + 1 : "";
	size_t n = strcspn(word, "=");
	static const struct { const char *name; double *number; const char **text; } simple[] = { { "warm", &o.warm, NULL }, { "rate", &o.rate, NULL },
		{ "chain", NULL, &o.chain }, { "fresh", NULL, &o.fresh }, { "source", NULL, &o.source } };

	for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++)
		if (strlen(simple[i].name) == n && strncmp(word, simple[i].name, n) == 0) {
			if (simple[i].number != NULL)
				*simple[i].number = strtod(value, NULL);
			else
				*simple[i].text = value;
			return;
		}
	if (strncmp(word, "from=", 5) == 0)
		o.next = strtoul(value, NULL, 10);
	else if (strncmp(word, "repeat=", 7) == 0 && strtoul(value, NULL, 10) > 0)
		o.repeat = strtoul(value, NULL, 10);
	else if (strncmp(word, "expect=", 7) == 0)
		o.expect = (int)strtol(value, NULL, 10);
	else if (strcmp(word, "once") == 0 || strcmp(word, "slow") == 0)
		*(strcmp(word, "once") == 0 ? &o.once : &o.slow) = true;
	else {
		fprintf(stderr, "load: %s: no such option\n", word);
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	if (argc < 5) {
		fprintf(stderr, "usage: load PORT FILE CONNECTIONS SECONDS [OPTION...]; its source explains them\n");
		return 2;
	}
	o.port = (int)strtol(argv[1], NULL, 10);
	read_requests(argv[2]);
	o.connections = (int)strtol(argv[3], NULL, 10);
	o.seconds = strtod(argv[4], NULL);
	for (int i = 5; i < argc; i++)
		read_option(argv[i]);
	open_all();
	start = due_next = now_us();
	counted_from = start + (int64_t)(o.warm * 1e6);
	end = counted_from + (int64_t)(o.seconds * 1e6);
	drive();
	if (o.chain != NULL)
		write_requests(argv[2]);
	double took = (double)((now_us() < end ? now_us() : end) - counted_from) / 1e6;
	printf("{\"rps\":%.1f,\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"max\":%.3f,\"requests\":%ld,\"errors\":%ld,\"next\":%zu,\"answered\":%zu}\n",
	    requests > 0 ? (double)requests / took : 0, percentile(0.5), percentile(0.9), percentile(0.99), (double)slowest / 1000, requests, errors, o.next, answered_bytes);
	return 0;
}
