/* message.h: one message to the Schema endpoint, from its envelope to what is learned from the answer. */
#ifndef SIM_MESSAGE_H
#define SIM_MESSAGE_H

#include <stdbool.h>

#include "sim/call.h"
#include "sim/mask.h"

struct json;
struct message;
struct sim;

/* Called inside a home_fn, if the answer is right. */
typedef void (*message_learn)(struct message *, struct home *, struct json *record, struct json *devices);

struct message {
	struct sim	*sim;
	struct json	*json;		/* to add members to */
	const char	*raw;		/* sent as it is in place of json; NULL */
	const char	*type;
	const char	*check;		/* ticked if all is well; NULL */
	message_learn	 learn;
	const char	*wanted;	/* the errorEnum, of a device or global, that alone is right; NULL: none may be global */
	const char	*token;		/* in place of ours; NULL */
	bool		 old_token;	/* do not renew it ahead */
	long long	 replay_of;
	struct mask	 more;		/* secrets that it holds besides the home's */
	/* Of the answer: */
	struct reply	 reply;
	const char	*error;		/* its first errorEnum; NULL */
	bool		 ok;
};

struct message	 message_new(struct sim *, const char *type, const char *check, message_learn);

/* Send it, and once more if the token had expired. What SmartThings would dislike of the answer, it tells the server. */
bool		 message_send(struct message *);

#endif
