/* timeline.h: what happened to an account, its links and its devices, newest first: the activity journal, the messages of the
 * links and the log of changes as one list, a page at a time.
 *
 * A page costs a bounded number of reads, whatever the filter. */
#ifndef ACCOUNT_TIMELINE_H
#define ACCOUNT_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"
#include "device/change.h"

struct arena;
struct json;

#define TIMELINE_PAGE 50	/* entries */
#define TIMELINE_LOOKS 500	/* changes that are read for one page */

enum timeline_kind { TIMELINE_ALL, TIMELINE_SIGNINS, TIMELINE_LINKS, TIMELINE_DEVICES, TIMELINE_MESSAGES, TIMELINE_TROUBLE };

struct timeline_filter {
	enum timeline_kind	 kind;
	const char		*device, *link;	/* ids; NULL = all */
	int64_t			 before;	/* ms: only what is older; 0 = from the newest on */
	long long		 change;	/* seq of the change to begin with; 0 = the newest, -1 = none are left */
};

/* One entry: the one or the other. */
struct timeline_entry {
	int64_t			 time;		/* ms */
	const struct json	*event;		/* as activity_list or traffic_list has it; NULL: it is a change */
	struct change		 change;
};

/* Calls fn for each entry of a page. *older: there may be more, and next says where. */
enum store_result timeline_read(struct store *, struct arena *, const char *user, const struct timeline_filter *,
		    void (*fn)(void *arg, const struct timeline_entry *), void *arg, bool *older,
		    struct timeline_filter *next);

/* "all", "signins", "links", "devices", "messages", "trouble"; an unknown word, and NULL, is all. */
enum timeline_kind timeline_kind_parse(const char *);
const char	*timeline_kind_name(enum timeline_kind);

#endif
