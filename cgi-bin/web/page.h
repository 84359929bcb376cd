/* page.h: HTML pages from templates (html/NAME.html) and texts in the reader's language (html/text/LANG.json).
 *
 * How a template is written stands in web/template.h. A text that is not there is logged. */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include <stdbool.h>

struct arena;
struct json;
struct page_set;
struct request;
struct response;

/* Read all templates and texts from the folder dir, for the process's life. NULL if one is not right; *why says which. */
const struct page_set *page_load(struct arena *, const char *dir, const char **why);

#define PAGE_LANGUAGE_COOKIE "gatehouse-language"

/* The language that the reader has chosen (cookie), else the best that we have for the request's Accept-Language (RFC 9110
 * 12.5.4): "en" if it names none of ours. */
const char	*page_language(const struct page_set *, const struct request *);

/* Do we have this one? */
bool		 page_has_language(const struct page_set *, const char *language);

/* A text without values in it, as it is: for JSON. */
const char	*page_text(const struct page_set *, const char *language, const char *key);

/* What people call something that our data has a name for (html/words/LANG.json: kind "value", name "on"). NULL: nothing else. */
const char	*page_word(const struct page_set *, const char *language, const char *kind, const char *name);

/* Answer with a page. data is an object; its "lang", if we have that language, decides; else it is added. send_to: where else than to us the page's forms may
 * lead, as a CSP source ("https://c2c-us.smartthings.com"), or NULL. secure: we are on https. */
void		 page_respond(const struct page_set *, const struct request *, struct response *, int status,
		    const char *name, struct json *data, const char *send_to, int secure);

/* The same as text, for tests. NULL if there is no such template. */
char		*page_render(const struct page_set *, struct arena *, const char *name, const char *language,
		    const struct json *data);

#endif
