/* catalogue_refresh.c: an edit of the owner's capabilities counts without a restart. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "device/capability.h"
#include "device/catalogue.h"
#include "base/banned.h"

#define LOOK_EVERY 1000		/* ms */
#define ARENA_LIMIT ((size_t)64 << 20)

struct catalogue_file
catalogue_look(const char *custom)
{
	char path[PATH_MAX];
	struct stat st;

	if (custom == NULL || snprintf(path, sizeof(path), "%s/" CATALOGUE_CUSTOM, custom) >= (int)sizeof(path) ||
	    stat(path, &st) != 0)
		return (struct catalogue_file){ .size = -1 };
	return (struct catalogue_file){ st.st_mtim.tv_sec, st.st_mtim.tv_nsec, st.st_size, (int64_t)st.st_ino };
}

static bool
same(const struct catalogue_file *a, const struct catalogue_file *b)
{
	return a->seconds == b->seconds && a->nanoseconds == b->nanoseconds && a->size == b->size && a->number == b->number;
}

void
catalogue_refresh(struct catalogue *c)
{
	int64_t when = clock_steady_ms();
	const char *why = NULL;

	if (c->custom == NULL || (when - c->looked < LOOK_EVERY && when >= c->looked))
		return;
	c->looked = when;
	struct catalogue_file file = catalogue_look(c->custom);
	if (same(&file, &c->file))
		return;
	struct arena *own = arena_new(ARENA_LIMIT);
	struct catalogue *fresh = catalogue_load(own, c->conf, c->custom, &why);
	if (fresh == NULL) {
		log_event(LOG_LEVEL_ERROR, "custom_capabilities", "result=kept_as_before why=\"%s\"", why);
		c->file = file;	/* said once */
		arena_free(own);
		return;
	}
	log_event(LOG_LEVEL_INFO, "custom_capabilities", "result=read capabilities=%zu", fresh->n_capabilities);
	catalogue_close(c);
	fresh->edition = c->edition + 1;
	*c = *fresh;
	c->own = own;
	c->looked = when;
}

void
catalogue_close(struct catalogue *c)
{
	if (c != NULL)
		arena_free(c->own);
}
