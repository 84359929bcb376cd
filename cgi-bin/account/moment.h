/* moment.h: times as people read them: "5 minutes ago", with the exact one beside it. */
#ifndef ACCOUNT_MOMENT_H
#define ACCOUNT_MOMENT_H

#include <stdint.h>

struct arena;
struct json;

/* For a page's {{#when}}{{>moment}}{{/when}}: an object that html/moment.html shows in the reader's language. ms: since
 * 1970, past or to come. NULL for 0: never. */
struct json	*moment(struct arena *, int64_t ms);

/* The same of what has happened: "just now" even where the clock was set back since, as the simulator does. */
struct json	*moment_past(struct arena *, int64_t ms);

/* "2026-11-21 21:15 UTC". */
char		*moment_exact(struct arena *, int64_t ms);

#endif
