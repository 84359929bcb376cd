/* A name whose addresses change, or are several: what counts is the address at each connection, not the name or what it was
 * a moment ago. Here the test is the name server. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "web/fetch.h"
#include "base/banned.h"

#define FORBIDDEN "its host has an address that must not be called"

static const char *const *script;	/* addresses of the next look-up, several with a comma between; the last stays */
static int lookups;

/* Ours instead of the C library's: libcurl asks here. */
int	 getaddrinfo(const char *, const char *, const struct addrinfo *, struct addrinfo **) __attribute__((visibility("default")));
void	 freeaddrinfo(struct addrinfo *) __attribute__((visibility("default")));

static struct addrinfo *
address(const char *text, int port)
{
	struct addrinfo *i = calloc(1, sizeof(*i) + sizeof(struct sockaddr_in6));
	struct sockaddr_in *four = (struct sockaddr_in *)(void *)(i + 1);
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)(i + 1);

	*i = (struct addrinfo){ .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP, .ai_addr = (struct sockaddr *)(void *)(i + 1) };
	if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons((uint16_t)port);
		i->ai_addrlen = sizeof(*four);
	} else {
		inet_pton(AF_INET6, text, &six->sin6_addr);
		six->sin6_family = AF_INET6;
		six->sin6_port = htons((uint16_t)port);
		i->ai_addrlen = sizeof(*six);
	}
	i->ai_family = i->ai_addr->sa_family;
	return i;
}

int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	char list[200], *rest = list;

	(void)name, (void)hints;
	lookups++;
	snprintf(list, sizeof(list), "%s", *script);
	if (script[1] != NULL)
		script++;
	*out = NULL;
	for (char *one; (one = strsep(&rest, ",")) != NULL; out = &(*out)->ai_next)
		*out = address(one, service != NULL ? (int)strtol(service, NULL, 10) : 0);
	return 0;
}

void
freeaddrinfo(struct addrinfo *i)
{
	while (i != NULL) {
		struct addrinfo *next = i->ai_next;
		free(i);
		i = next;
	}
}

/* And nothing leaves this machine: whoever is called elsewhere says no. */
static int outside;

int	 connect(int, const struct sockaddr *, socklen_t) __attribute__((visibility("default")));

int
connect(int fd, const struct sockaddr *to, socklen_t len)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)to;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)to;

	if (to->sa_family == AF_INET ? four->sin_addr.s_addr == htonl(INADDR_LOOPBACK) : IN6_IS_ADDR_LOOPBACK(&six->sin6_addr))
		return (int)syscall(SYS_connect, fd, to, len);
	outside++;
	errno = ECONNREFUSED;
	return -1;
}

/* Somebody on this machine who must not be called. */
static int
listen_at(int family, int *port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT, .sin6_port = htons((uint16_t)*port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)*port) };
	socklen_t len = sizeof(four);
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (family == AF_INET6 ? bind(fd, (struct sockaddr *)(void *)&six, sizeof(six)) : bind(fd, (struct sockaddr *)(void *)&four, sizeof(four)))
		return -1;
	if (listen(fd, 16) != 0)
		return -1;
	if (*port == 0 && getsockname(fd, (struct sockaddr *)(void *)&four, &len) == 0)
		*port = ntohs(four.sin_port);
	return fd;
}

static bool
was_called(int fd)
{
	int caller = fd >= 0 ? accept(fd, NULL, NULL) : -1;

	if (caller >= 0)
		close(caller);
	return caller >= 0;
}

int
main(void)
{
	/* The addresses at the first look-up, and at the second. */
	static const struct { const char *first, *then; } names[] = {
		{ "127.0.0.1", "127.0.0.1" }, { "192.0.2.1", "127.0.0.1" }, { "1.1.1.1", "127.0.0.1" }, { "1.1.1.1,127.0.0.1", "127.0.0.1,1.1.1.1" },
		{ "127.0.0.1,1.1.1.1", "127.0.0.1,127.0.0.1" }, { "::1", "::1" }, { "::ffff:127.0.0.1", "::ffff:127.0.0.1" },
		{ "2606:4700::1", "::1,127.0.0.1" }, { "0.0.0.0", "0.0.0.0" }, { "::", "::" }, { "10.0.0.1", "169.254.169.254" },
	};
	const struct fetch_limits limits = { .at_once = 4, .connect_ms = 150, .total_ms = 150, .answer_max = 1000 };
	struct fetch_answer answer;
	int port = 0;

	fixture_begin();
	int four = listen_at(AF_INET, &port), six = listen_at(AF_INET6, &port);
	CHECK(four >= 0);
	const char *url = arena_printf(fx.arena, "https://rebinding.test:%d/", port);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *const list[] = { names[i].first, names[i].then, NULL };
		script = list;
		for (int turn = 0; turn < 2; turn++) {	/* each fetcher looks the name up again */
			struct fetcher *f = fetch_new(&limits);
			fetch_once(f, fx.arena, &(struct fetch_request){ .method = "POST", .url = url, .body = "{}", .len = 2 }, &answer);
			CHECK(answer.status == 0 && answer.error != NULL);
			if (turn == 1 && strstr(names[i].then, "1.1.1.1") == NULL)
				CHECK_STR(answer.error, FORBIDDEN);
			fetch_free(f);
		}
		CHECK_NAMED(!was_called(four) && !was_called(six), names[i].then);
	}
	CHECK_NAMED(outside >= 5, "the public ones among them were called");
	CHECK(lookups >= 2 * (int)(sizeof(names) / sizeof(names[0])));
	/* Whoever may call this machine does get there: the listeners hear. And may not get anywhere else. */
	const char *const here[] = { "127.0.0.1", NULL }, *const away[] = { "1.1.1.1", NULL };
	struct fetcher *f = fetch_new(&limits);
	script = here;
	fetch_once(f, fx.arena, &(struct fetch_request){ .method = "GET", .url = url, .loopback = true }, &answer);
	CHECK_NAMED(was_called(four), "allowed: this machine is called");
	fetch_free(f);
	f = fetch_new(&limits);
	script = away;
	fetch_once(f, fx.arena, &(struct fetch_request){ .method = "GET", .url = url, .loopback = true }, &answer);
	CHECK_STR(answer.error, FORBIDDEN);
	fetch_free(f);
	fixture_end();
	return check_end();
}
