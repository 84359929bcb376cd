/* fetch.h: POSTs to others over HTTPS, many at once, none of which can hurt us: limited in time and size, without
 * redirects, cookies or proxies, and never to an address inside our own networks.
 *
 * Which hosts may be called is the caller's to check. Nothing blocks but fetch_wait. */
#ifndef WEB_FETCH_H
#define WEB_FETCH_H

#include <stdbool.h>
#include <stddef.h>

struct fetcher;

struct fetch_limits {
	size_t		 at_once;	/* requests in flight */
	long		 connect_ms, total_ms;
	size_t		 answer_max;	/* bytes of a body */
	bool		 loopback;	/* this machine may be called (a demo, a test), by http too */
};

struct fetch_answer {
	int		 status;	/* 0: there was none */
	const char	*body;		/* NUL-terminated; never NULL */
	size_t		 len;
	const char	*error;		/* of status 0: a few words */
	long		 retry_after;	/* seconds that it asks us to wait; 0 = none */
};

/* NULL if it cannot be made. */
struct fetcher	*fetch_new(const struct fetch_limits *);

/* Give up what is in flight (nobody is told) and close. NULL is allowed. */
void		 fetch_free(struct fetcher *);

/* May one more begin? */
bool		 fetch_has_room(const struct fetcher *);
size_t		 fetch_running(const struct fetcher *);

/* Begin a POST of a JSON text, which is copied. done is called once, from fetch_wait; what it is given lives for the call.
 * False if it cannot even begin: done is not called then. */
bool		 fetch_post(struct fetcher *, const char *url, const char *body,
		    void (*done)(void *arg, const struct fetch_answer *), void *arg);

/* Work until something has come about, fd (-1 = none) can be read, or timeout_ms is over. True if fd can be read. */
bool		 fetch_wait(struct fetcher *, int fd, int timeout_ms);

/* Is this text an IPv4 or IPv6 address that fetch calls without loopback being allowed: global unicast, nothing private,
 * link-local, loopback, multicast, documentation, nor an IPv6 form of one of these? */
bool		 fetch_address_is_public(const char *address);

#endif
