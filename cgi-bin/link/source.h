/* source.h: the devices of links as a source of devices (device/source.h): commands go to the vendor. */
#ifndef LINK_SOURCE_H
#define LINK_SOURCE_H

struct arena;
struct links;

#define LINK_COMMAND_MS 3000	/* all calls of one message to one device */

/* Make it known, for as long as links lives. */
void	 link_source_open(struct arena *, const struct links *);

#endif
