/* browser.h: a browser without a window: follows the pages of an instance at its public URL, cookies and forms included. */
#ifndef CLI_BROWSER_H
#define CLI_BROWSER_H

#include <stdbool.h>
#include <stddef.h>

struct cli;
struct json;

struct browser {
	const struct cli *cli;
	struct fetcher	*fetcher;
	const char	*key;		/* sent as Authorization: Bearer to /sim/; NULL */
	struct json	*cookies;	/* name: value */
	/* Of the last answer: */
	int		 status;	/* 0 = there was none; why says it */
	const char	*body, *location, *why;
	const struct json *json;	/* of the body; NULL if it is none */
};

/* False and said, if it cannot be made. */
bool		 browser_open(struct browser *, const struct cli *, const char *key);
void		 browser_close(struct browser *);

/* GET a path below the public URL, or that URL with a path; with a form (NULL: none): POST it. */
void		 browser_go(struct browser *, const char *url, const char *form);

/* The value of a hidden field on the page; NULL if it is not there. */
char		*browser_hidden(struct browser *, const char *name);

/* name=value for each check box of that name which only (array; NULL = all) has, added to a form. */
char		*browser_tick(struct browser *, char *form, const char *name, const struct json *only);

/* name=value added to a form so far ("" at first). */
char		*browser_add(struct browser *, const char *form, const char *name, const char *value);

#endif
