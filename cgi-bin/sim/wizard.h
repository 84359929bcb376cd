/* wizard.h: the pages that a phone shows when a SmartApp is installed or its settings are changed.
 *
 * In the home's record, app.draft: {"id", "config" (what was entered, as the app will get it), "page" (as the app answered it),
 * "missing" (ids of settings that hold somebody up)}. */
#ifndef SIM_WIZARD_H
#define SIM_WIZARD_H

#include <stdbool.h>

struct arena;
struct json;
struct sim;

/* Ask the app how it begins, and for its first page. */
bool	 wizard_begin(struct sim *);

/* Take what the form says of the page that is shown (fields "s.<setting id>"), then go where its field "go" says: "next", "back",
 * "again" (the same page anew), "done", or "to.<page id>". NULL, or what is wrong with the form. */
const char *wizard_go(struct sim *, bool *ok);

/* From beginning to end: what the form names, else what a setting has by default, else, where it is required, the first that
 * fits. *why: a setting that nothing fits, or NULL. */
bool	 wizard_fill(struct sim *, const char **why);

/* Away with the draft. */
bool	 wizard_drop(struct sim *);

/* The page for people: {"name", "sections": [{"name", "settings": [...]}], "first", "complete", ...}; NULL if none is open. */
struct json *wizard_show(struct sim *);

#endif
