/* http_double.h: servers in threads of the test: they keep each request as it came, and answer by the path: /503/2/x fails
 * twice, /slow waits, /drop hangs up once, /dead never answers, /429/1/wait asks to wait; all else is fine. */
#ifndef HTTP_DOUBLE_H
#define HTTP_DOUBLE_H
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "tests/unit/fixture.h"

#define SEEN_MAX 20000
#define REQUEST_MAX 8192

static char *seen[SEEN_MAX];
static size_t seen_count, in_flight, most_in_flight, dead_calls, most_dead_calls;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static inline size_t
times_seen(const char *path)
{
	size_t n = 0;

	for (size_t i = 0; i < seen_count; i++)
		n += strstr(seen[i], path) != NULL;
	return n;
}

static inline size_t
times(const char *path)
{
	pthread_mutex_lock(&lock);
	size_t n = times_seen(path);
	pthread_mutex_unlock(&lock);
	return n;
}

/* The whole request: its head, and as much as Content-Length says. */
static bool
read_request(int fd, char *text)
{
	size_t len = 0, want = 0;

	for (ssize_t n; (n = read(fd, text + len, REQUEST_MAX - 1 - len)) > 0;) {
		len += (size_t)n;
		text[len] = '\0';
		const char *end = strstr(text, "\r\n\r\n"), *length = strcasestr(text, "\r\nContent-Length:");
		if (end == NULL)
			continue;
		want = (size_t)(end + 4 - text) + (length != NULL ? strtoul(length + 17, NULL, 10) : 0);
		if (len >= want)
			return true;
	}
	return false;
}

static void
answer(int fd, const char *text)
{
	char path[200], out[300];
	int status = 200, fails = 0;
	const char *more = "";

	sscanf(text, "%*s %199s", path);
	pthread_mutex_lock(&lock);
	size_t before = times_seen(path);
	if (seen_count < SEEN_MAX)
		seen[seen_count++] = strdup(text);
	in_flight++;
	most_in_flight = in_flight > most_in_flight ? in_flight : most_in_flight;
	pthread_mutex_unlock(&lock);
	if (strncmp(path, "/slow", 5) == 0)
		nanosleep(&(struct timespec){ 0, 300000000 }, NULL);
	if (sscanf(path, "/%d/%d/", &status, &fails) == 2 && before >= (size_t)fails)
		status = 200;
	if (strstr(path, "wait") != NULL && status == 429)
		more = "Retry-After: 2\r\n";
	if (status == 302)
		more = "Location: /elsewhere\r\n";
	int n = snprintf(out, sizeof(out), "HTTP/1.1 %d X\r\nContent-Length: 2\r\n%sX-Echo: e\r\nConnection: close\r\n\r\nok", status,
	    more);
	if (strncmp(path, "/drop", 5) != 0 || before > 0)
		(void)!write(fd, out, (size_t)n);
	pthread_mutex_lock(&lock);
	in_flight--;
	pthread_mutex_unlock(&lock);
}

/* Until the other side has enough of it. */
static void
keep_waiting(int fd)
{
	pthread_mutex_lock(&lock);
	dead_calls++;
	most_dead_calls = dead_calls > most_dead_calls ? dead_calls : most_dead_calls;
	pthread_mutex_unlock(&lock);
	poll(&(struct pollfd){ .fd = fd, .events = POLLRDHUP }, 1, 60000);
	pthread_mutex_lock(&lock);
	dead_calls--;
	pthread_mutex_unlock(&lock);
}

static void *
serve_one(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char *text = calloc(1, REQUEST_MAX);

	if (read_request(fd, text) && strstr(text, " /dead/") != NULL)
		keep_waiting(fd);
	else if (*text != '\0')
		answer(fd, text);
	close(fd);
	free(text);
	return NULL;
}

static void *
serve(void *arg)
{
	int listener = (int)(intptr_t)arg;
	pthread_attr_t small;
	pthread_t t;

	pthread_attr_init(&small);
	pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&small, 262144);
	for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;)
		if (pthread_create(&t, &small, serve_one, (void *)(intptr_t)fd) != 0)
			close(fd);
	return NULL;
}

/* A server of its own: the port that it listens on. It ends with the process. */
static inline int
begin_server(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	pthread_t t;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (listener < 0 || bind(listener, (struct sockaddr *)&at, len) != 0 || listen(listener, 1000) != 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &len) != 0 ||
	    pthread_create(&t, NULL, serve, (void *)(intptr_t)listener) != 0)
		fixture_fail("server", strerror(errno));
	pthread_detach(t);
	return ntohs(at.sin_port);
}
#endif
