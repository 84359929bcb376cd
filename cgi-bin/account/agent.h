/* agent.h: which browser it roughly is, for people who look over their sessions. */
#ifndef ACCOUNT_AGENT_H
#define ACCOUNT_AGENT_H

struct arena;

/* "Firefox, Linux" of a User-Agent header; just one of the two if the other is not known. NULL if neither is, or for NULL.
 * Made of our own words only: nothing of the header goes into it. */
const char	*agent_rough(struct arena *, const char *header);

#endif
