/* visitor.h: who is looking at a page: a signed-in owner or nobody, and whether a form of theirs may be believed. */
#ifndef ACCOUNT_VISITOR_H
#define ACCOUNT_VISITOR_H

#include <stdbool.h>

#include "oauth/activity.h"
#include "oauth/session.h"

struct app;
struct json;
struct request;
struct response;

struct visitor {
	bool		 signed_in;
	struct session	 session;	/* if signed in */
	const char	*csrf;		/* for a hidden field "csrf" of every form */
	bool		 unavailable;	/* the store cannot be read: answer visitor_unavailable */
};

/* Find out. One who is not signed in gets a cookie that the form token hangs on. */
struct visitor	 visitor_find(struct app *, const struct request *, struct response *);

/* Was this form on a page of ours, seen by this visitor? Token, Origin and Sec-Fetch-Site must agree. If not, the answer
 * is made (403) and false returned. */
bool		 visitor_form_ok(struct app *, const struct request *, struct response *, const struct visitor *);

/* The same for a token that came in a header, from a script of ours: no answer is made. */
bool		 visitor_believed(struct app *, const struct request *, const struct visitor *, const char *token);

/* Begin or end a session, cookie included. */
bool		 visitor_sign_in(struct app *, const struct request *, struct response *, const struct user *);
void		 visitor_sign_out(struct app *, const struct request *, struct response *, const struct visitor *);

/* The language that the pages of this browser have from now on, before a login too; NULL: what the browser asks for. */
void		 visitor_language(struct app *, struct response *, const char *language);

/* Answer with a page of html/; data gets "csrf", "user" and "signed_in". send_to: see web/page.h. */
void		 visitor_page(struct app *, const struct request *, struct response *, const struct visitor *, int status,
		    const char *name, struct json *data, const char *send_to);

/* Answer with the error page: text is a key of html/text, refused a value to show with it or NULL. */
void		 visitor_error(struct app *, const struct request *, struct response *, int status, const char *text,
		    const char *refused);
void		 visitor_unavailable(struct app *, const struct request *, struct response *);

/* A route_refusal for pages. */
void		 visitor_refuse(struct app *, const struct request *, struct response *, int status, const char *why);

/* Note what this visitor did, or tried: e with user, remote and request id filled in. */
void		 visitor_note(struct app *, const struct request *, const struct visitor *, struct activity e);

/* Answer 429 with the page that says how long to wait. */
void		 visitor_wait(struct app *, const struct request *, struct response *, int64_t seconds);

/* Has this browser signed in to that account before? It then has tries of its own, so that nobody else's wrong
 * passwords keep its owner out. */
bool		 visitor_known(struct app *, const struct request *, const char *user);

/* The path of the public URL, without a slash at its end: "" unless we live below a folder. It stands in front of every
 * address that we send a browser to. */
const char	*visitor_base(const struct app *);

/* Are we reached by https? Decides on cookies and headers. */
bool		 visitor_secure(const struct app *);

#endif
