/* response.h: the answer, built whole in the request's arena before the first byte is sent. */
#ifndef WEB_RESPONSE_H
#define WEB_RESPONSE_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct json;
struct pair;

struct response {
	struct arena	*arena;
	int		 status;	/* 200 until somebody says otherwise */
	struct pair	*headers;
	const char	*body;
	size_t		 body_len;
	const char	*bell;		/* see response_wait; NULL = this is the answer */
	unsigned	 reading;
	int64_t		 wait_ms;
};

/* An empty 200. */
struct response	 response_new(struct arena *);

/* Add a header. One with CR, LF or another control character is our own bug: it is logged and left out. */
void		 response_header(struct response *, const char *name, const char *value);

/* Set status and body, in place of an earlier one; with nosniff, no-store, and a Content-Security-Policy that is right for data. */
void		 response_json(struct response *, int status, const struct json *);
void		 response_text(struct response *, int status, const char *text);
void		 response_body(struct response *, int status, const char *content_type, const char *body, size_t len);

/* Let the answer be cached after all: the value of Cache-Control in place of no-store. */
void		 response_cache(struct response *, const char *value);

/* The Content-Security-Policy of something that is shown in a browser. */
void		 response_policy(struct response *, const char *value);

/* There is nothing to say yet: have the handler called again, with the same request and an empty response, once the bell's
 * reading is another (base/bell.h) or ms have passed. For programs of serve_patient; others answer what is there. */
void		 response_wait(struct response *, const char *bell, unsigned reading, int64_t ms);

/* 303 See Other (RFC 9110 15.4.4): the one redirect that never repeats a POST. */
void		 response_redirect(struct response *, const char *url);

#endif
