/* show.h: messages for people: pretty-printed, and as a command for a shell. */
#ifndef SIM_SHOW_H
#define SIM_SHOW_H

struct arena;
struct exchange;
struct sim;

/* JSON with a line a member; any other text as it is. Works on what was cut in the middle, too. */
char	*show_pretty(struct arena *, const char *text);

/* The request as a curl command, with shell variables in place of secrets. */
char	*show_curl(const struct sim *, const struct exchange *);

#endif
