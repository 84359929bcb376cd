/* find.h: the user and the client that a command names, or the refusal that there is none. */
#ifndef CLI_FIND_H
#define CLI_FIND_H

struct cli;
struct client;
struct user;

/* CLI_DONE, or CLI_REFUSED and it was said. A user is named by the name or by the id. */
int	 find_user(const struct cli *, const char *name, struct user *);
int	 find_client(const struct cli *, const char *id, struct client *);

#endif
