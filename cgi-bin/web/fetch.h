/* fetch.h: calls to others over HTTPS, many at once, none of which can hurt us: limited in time and size, without
 * redirects, cookies or proxies, and never to an address inside our own networks.
 *
 * Which hosts may be called is the caller's to check (courier/target.h). Nothing blocks but fetch_wait and fetch_once. */
#ifndef WEB_FETCH_H
#define WEB_FETCH_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct fetcher;

struct fetch_limits {
	size_t		 at_once;	/* requests in flight */
	long		 connect_ms, total_ms;
	size_t		 answer_max;	/* bytes of a body */
	const char	*ca_file;	/* PEM of those who may sign servers' certificates; NULL or "" = the system's */
};

/* All of it is copied. */
struct fetch_request {
	const char	*method;	/* "GET", "POST", "PUT", "DELETE" ... */
	const char	*url;
	const char	*const *headers;	/* name, value, name, value, ... NULL; NULL = none */
	const char	*body;		/* NULL = none; JSON unless a Content-Type says otherwise */
	size_t		 len;
	bool		 loopback;	/* for this machine, by http too, and then for nowhere else (a demo, a test) */
	long		 total_ms;	/* 0: as in the limits */
	size_t		 answer_max;	/* 0: as in the limits */
};

struct fetch_answer {
	int		 status;	/* 0: there was none */
	const char	*body;		/* NUL-terminated; never NULL */
	size_t		 len;
	const char	*head;		/* headers as they came, for fetch_header; never NULL */
	const char	*error;		/* of status 0: a few words */
	long		 retry_after;	/* seconds that it asks us to wait; 0 = none */
};

/* NULL if it cannot be made. */
struct fetcher	*fetch_new(const struct fetch_limits *);

/* Give up what is in flight, telling each so, and close. NULL is allowed. */
void		 fetch_free(struct fetcher *);

/* May one more begin? */
bool		 fetch_has_room(const struct fetcher *);
size_t		 fetch_running(const struct fetcher *);

/* Begin a call. done is called once, from fetch_wait; what it is given lives for the call. False if it cannot even begin
 * (a header with a line break, no memory): done is not called then. */
bool		 fetch_begin(struct fetcher *, const struct fetch_request *,
		    void (*done)(void *arg, const struct fetch_answer *), void *arg);

/* Work until something has come about, fd (-1 = none) can be read, or timeout_ms is over. True if fd can be read. */
bool		 fetch_wait(struct fetcher *, int fd, int timeout_ms);

/* One call from beginning to end: for who has nothing else to do meanwhile. The answer lives in the arena. */
void		 fetch_once(struct fetcher *, struct arena *, const struct fetch_request *, struct fetch_answer *);

/* The value of an answer's header; NULL if it is not there. The first one counts. */
char		*fetch_header(struct arena *, const struct fetch_answer *, const char *name);

#endif
