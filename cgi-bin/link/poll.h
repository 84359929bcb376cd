/* poll.h: the courier looks at each vendor from time to time: what its devices are like, and whether our token is still good. */
#ifndef LINK_POLL_H
#define LINK_POLL_H

struct sender;

/* A sender (courier/sender.h). */
extern const struct sender link_poll;

#endif
