/* done.h: after a form: back to where it stood, with a word about what was done. */
#ifndef CONSOLE_DONE_H
#define CONSOLE_DONE_H

struct app;
struct request;
struct response;

/* 303 to the list, if the form's field "back" says that it stood there (a query of ours; anything else in it is dropped),
 * else to the page of the device. device NULL: to the list. what: see done_said. */
void		 done_redirect(const struct app *, const struct request *, struct response *, const char *device,
		    const char *what);

/* The key of the text for ?done=..., NULL if there is none. */
const char	*done_said(const struct request *);

#endif
