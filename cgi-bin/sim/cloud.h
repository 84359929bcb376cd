/* cloud.h: what SmartThings' cloud says to a Schema connector (schema protocol 1), and what it makes of the answers. */
#ifndef SIM_CLOUD_H
#define SIM_CLOUD_H

#include <stdbool.h>

struct json;
struct sim;

/* Each of these is one message, sent with a token that is renewed before if need be, and again once if the server says that
 * the token has expired. False if there was no answer, or not the right one: the wire has the reason. */
bool		 cloud_discover(struct sim *);
bool		 cloud_states(struct sim *, const char *device);	/* NULL: all */
bool		 cloud_command(struct sim *, const char *device, const struct json *command);
bool		 cloud_grant(struct sim *);
bool		 cloud_result(struct sim *, const struct json *faults, const char *type);

/* integrationDeleted, and that the server means it. The home is not linked afterwards. */
bool		 cloud_unlink(struct sim *);

/* Right after linking: discovery, states, callback access. */
void		 cloud_begin(struct sim *);

/* {component, capability, command, arguments} */
struct json	*cloud_make_command(struct sim *, const char *component, const char *capability, const char *command,
		    struct json *arguments);

/* A command that must be answered with this device error; the check is ticked if it is. */
bool		 cloud_provoke(struct sim *, const char *check, const char *device, const struct json *command,
		    const char *error);

/* A discovery with a token that is not ours: INVALID-TOKEN. */
bool		 cloud_bad_token(struct sim *);

/* States with a token that has expired meanwhile: it is not renewed ahead. */
bool		 cloud_expired(struct sim *);

/* Send a message that was sent before, or what somebody made of it; the secrets stand in it as variables. The new seq;
 * 0 if it could not be kept. */
struct exchange;
long long	 cloud_replay(struct sim *, const struct exchange *, const char *body);

#endif
