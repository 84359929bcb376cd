/* all.h: a link whose devices are all to be chosen, as whoever logged in had no page to choose on. */
#ifndef LINK_ALL_H
#define LINK_ALL_H

#include "link/link.h"

struct connector;
struct json;

/* Choose every device that the vendor tells of (items) and that the connector knows a type for, as many as there may be, if that
 * is still wanted; it is not wanted any more then. */
enum store_result all_choose(const struct links *, struct arena *, const struct connector *, const struct link *,
		    const struct json *items);

/* Its owner chooses: it is not wanted any more. */
enum store_result all_forget(const struct links *, struct arena *, const struct link *);

#endif
