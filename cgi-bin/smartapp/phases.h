/* phases.h: what each phase is answered with: the handler first, then what is usual. */
#ifndef SMARTAPP_PHASES_H
#define SMARTAPP_PHASES_H

#include "smartapp/request.h"

struct arena;
struct definition;
struct json;
struct smartapp;
struct smartapp_call;

/* Call the handler and make the answer. On an error *why may say more, for the log. */
enum smartapp_error phases_answer(const struct smartapp *, struct smartapp_call *, struct json **answer, const char **why);

/* The static configuration: INITIALIZE and PAGE out of a definition. NULL if there is no such page. */
struct json	*phases_initialize(struct arena *, const struct definition *);
struct json	*phases_page(struct arena *, const struct definition *, const char *page_id);

#endif
