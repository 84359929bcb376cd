/* callback_message.h: the messages that we send to SmartThings (schema protocol 1.6 to 1.9). */
#ifndef SCHEMA_CALLBACK_MESSAGE_H
#define SCHEMA_CALLBACK_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct callback;
struct json;

/* accessTokenRequest for the code, refreshAccessTokens for the refresh token. */
struct json	*message_redeem(struct arena *, const struct callback *, const char *client_id, const char *secret);
struct json	*message_refresh(struct arena *, const struct callback *, const char *client_id, const char *secret);

/* stateCallback and discoveryCallback with a list, which becomes part of the message. */
struct json	*message_states(struct arena *, const struct callback *, struct json *device_state);
struct json	*message_devices(struct arena *, const struct callback *, struct json *devices);

/* INTEGRATION-DELETED: the owner ended the link on our side. */
struct json	*message_unlinked(struct arena *, const struct callback *);

/* What an accessTokenResponse says. False if it is none that can be used. refresh is NULL if none came. */
struct message_tokens {
	const char	*access, *refresh;
	int64_t		 expires_in;	/* seconds, within reason */
};
bool		 message_read_tokens(const struct json *answer, struct message_tokens *);

/* The errorEnum of an answer's globalError; NULL if it has none. */
const char	*message_error(const struct json *answer);

#endif
