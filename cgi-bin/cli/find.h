/* find.h: the user, the client and the devices that a command names, or the refusal that there is none. */
#ifndef CLI_FIND_H
#define CLI_FIND_H

struct cli;
struct client;
struct json;
struct user;

/* CLI_DONE, or CLI_REFUSED and it was said. A user is named by the name or by the id. */
int	 find_user(const struct cli *, const char *name, struct user *);
int	 find_client(const struct cli *, const char *id, struct client *);

/* The devices of the option --device, each once, each of which the user must have. *all: every one that the user has. */
int	 find_devices(const struct cli *, const struct user *, struct json **chosen, struct json **all);

#endif
