/* Figures: exact across processes, whoever is killed; names kept apart; no room, a strange file: nothing breaks. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/metrics.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "base/banned.h"

#define PROCESSES 8
#define STEPS 20000

static const char *
written(void)
{
	struct buf out = buf_new(fx.arena, (size_t)4 << 20);

	metrics_write(&out);
	return out.data;
}

static bool
says(const char *line)
{
	return strstr(written(), line) != NULL;
}

/* Each of them names a new figure at the same moment as the others, and counts. One more counts until it is killed. */
static void
test_processes(void)
{
	_Atomic int *ready = mmap(NULL, sizeof(*ready), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);	/* to the process's end */
	pid_t killed = fork();

	if (killed == 0)
		for (;;)
			metric_add(metric_of(METRIC_EVENTS, "level=\"info\",event=\"killed\""), 1);
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0) {
			for (++*ready; *ready < PROCESSES;)
				continue;
			for (int k = 0; k < STEPS; k++) {
				metric_add(metric_of(METRIC_EVENTS, "level=\"info\",event=\"e%d\"", k % 10), 1);
				metric_observe(metric_of(METRIC_REQUEST_SECONDS, "route=\"/x\""), 700);
			}
			_exit(0);
		}
	for (int i = 0; i < PROCESSES; i++)
		wait(NULL);
	kill(killed, SIGKILL);
	waitpid(killed, NULL, 0);
	CHECK(says("gatehouse_events_total{program=\"unit\",level=\"info\",event=\"e0\"} 16000\n"));
	CHECK(says("gatehouse_events_total{program=\"unit\",level=\"info\",event=\"e9\"} 16000\n"));
	CHECK(says("gatehouse_request_seconds_count{program=\"unit\",route=\"/x\"} 160000\n"));
	CHECK(says("gatehouse_request_seconds_sum{program=\"unit\",route=\"/x\"} 112.000000\n"));
	CHECK(says("gatehouse_events_total{program=\"unit\",level=\"info\",event=\"killed\"} "));
}

static void
test_text(void)
{
	static const int64_t times[] = { 0, 500, 501, 1000, 5000000, 5000001, -3 };

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		metric_observe(metric_of(METRIC_REQUEST_SECONDS, "route=\"/y\""), times[i]);
	metric_add(metric_of(METRIC_REQUESTS, "route=\"/y\",status=\"200\""), 7);
	CHECK(says("# HELP gatehouse_requests_total Requests answered.\n# TYPE gatehouse_requests_total counter\n"
	    "gatehouse_requests_total{program=\"unit\",route=\"/y\",status=\"200\"} 7\n"));
	CHECK(says("# TYPE gatehouse_request_seconds histogram\n"));
	CHECK(says("gatehouse_request_seconds_bucket{program=\"unit\",route=\"/y\",le=\"0.0005\"} 3\n"));
	CHECK(says("gatehouse_request_seconds_bucket{program=\"unit\",route=\"/y\",le=\"0.001\"} 5\n"));
	CHECK(says("gatehouse_request_seconds_bucket{program=\"unit\",route=\"/y\",le=\"5\"} 6\n"));
	CHECK(says("gatehouse_request_seconds_bucket{program=\"unit\",route=\"/y\",le=\"+Inf\"} 7\n"));
	metric_set(metric_own(METRIC_IN_FLIGHT), 3);
	metric_set(metric_own(METRIC_IN_FLIGHT), 2);
	CHECK(says("# TYPE gatehouse_courier_calls_in_flight gauge\ngatehouse_courier_calls_in_flight{program=\"unit\"} 2\n"));
	CHECK(!says("gatehouse_log_level"));
}

static void
ignore(void *arg, struct metric *m, const char *labels)
{
	(void)labels;
	metric_set(m, *(uint64_t *)arg);
}

/* What stands on stderr while a line of each level is logged: one letter a level. */
static const char *
logged(char out[5])
{
	char path[512], line[4096];
	int keep = dup(2), fd;
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/log", fx.root);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	dup2(fd, 2);
	for (int level = LOG_LEVEL_DEBUG; level <= LOG_LEVEL_ERROR; level++)
		log_event((enum log_level)level, "levels", "n=%d", level);
	dup2(keep, 2);
	close(keep);
	ssize_t got = pread(fd, line, sizeof(line) - 1, 0);
	close(fd);
	line[got > 0 ? got : 0] = '\0';
	for (const char *p = line; (p = strstr(p, "Z ")) != NULL && n < 4; p += 2)
		out[n++] = p[2];
	out[n] = '\0';
	return out;
}

static void
test_levels(void)
{
	char out[5];
	uint64_t level = 0;

	log_open("unit", LOG_LEVEL_INFO);
	log_follow();
	CHECK_STR(logged(out), "iwe");
	metrics_each(METRIC_LOG_LEVEL, ignore, (level = 1, &level));
	CHECK_STR(logged(out), "diwe");
	metrics_each(METRIC_LOG_LEVEL, ignore, (level = 4, &level));
	CHECK_STR(logged(out), "e");
	metrics_each(METRIC_LOG_LEVEL, ignore, (level = 0, &level));
	CHECK_STR(logged(out), "iwe");
	CHECK_NAMED(says("level=\"info\",event=\"levels\"} 4\n"), "counted whether or not written");
	CHECK_NAMED(!says("level=\"debug\""), "but not what is less than info");
}

static void
test_no_room(void)
{
	char text[400];
	struct metric *first = metric_of(METRIC_EVENTS, "level=\"info\",event=\"n0\""), *last = first;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	CHECK(metric_of(METRIC_EVENTS, "event=\"%s\"", text) == NULL);
	for (int i = 0; i < 10000 && last != NULL; i++)
		last = metric_of(METRIC_EVENTS, "level=\"info\",event=\"n%d\"", i);
	CHECK_NAMED(last == NULL, "the table is full at some time");
	CHECK(first != NULL && metric_of(METRIC_EVENTS, "level=\"info\",event=\"n0\"") == first);
	metric_add(NULL, 1);
	metric_set(NULL, 1);
	metric_observe(NULL, 1);
	CHECK(metric_value(NULL) == 0);
}

/* In a process of its own, as one maps but once. 0 if all is well. */
static int
alone(void (*prepare)(const char *path))
{
	char root[512], path[600];
	int status = -1;
	pid_t pid;

	snprintf(root, sizeof(root), "%s/alone", fx.root);
	snprintf(path, sizeof(path), "%s/metrics.1", root);
	mkdir(root, 0700);
	if ((pid = fork()) == 0) {
		prepare(path);
		metrics_open(root, "unit");
		metric_add(metric_own(METRIC_CALL_SECONDS), 1);
		_exit(written() == NULL);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void
fill(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	for (int i = 0; i < 400; i++) {
		unsigned char noise[4096];
		for (size_t k = 0; k < sizeof(noise); k++)
			noise[k] = (unsigned char)((size_t)i * 131 + k * 7 + 1);
		(void)!write(fd, noise, sizeof(noise));
	}
	close(fd);
}

/* Every slot says that it has a name, and no name ends. */
static void
fill_named(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	unsigned words[1024];

	for (size_t k = 0; k < 1024; k++)
		words[k] = 2;
	for (int i = 0; i < 400; i++)
		(void)!write(fd, words, sizeof(words));
	close(fd);
}

static void
block(const char *path)
{
	unlink(path);
	mkdir(path, 0700);
}

int
main(void)
{
	char root[512];

	fixture_begin();
	metrics_open("/nonexistent", "unit");
	CHECK_NAMED(metric_own(METRIC_IN_FLIGHT) == NULL && strcmp(written(), "") == 0, "without a file there are no figures");
	CHECK(alone(fill) == 0);
	CHECK(alone(fill_named) == 0);
	CHECK(alone(block) == 0);
	snprintf(root, sizeof(root), "%s", fx.root);
	metrics_open(root, "unit");
	test_processes();
	test_text();
	test_levels();
	test_no_room();
	fixture_end();
	return check_end();
}
