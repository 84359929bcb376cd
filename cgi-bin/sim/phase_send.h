/* phase_send.h: one message to a SmartApp on its way: made, spoilt on purpose, signed, judged, learned from. */
#ifndef SIM_PHASE_SEND_H
#define SIM_PHASE_SEND_H

#include <stdbool.h>

#include "sim/call.h"
#include "sim/mask.h"

struct json;
struct sim;

/* What is wrong on purpose. */
enum flaw { FLAW_NONE, FLAW_UNSIGNED, FLAW_BODY, FLAW_OLD, FLAW_TARGET };

struct phase {
	struct sim	*sim;
	const char	*name, *check;
	struct json	*json, *data;
	const char	*raw;		/* sent as it is in place of json */
	enum flaw	 flaw;
	int		 wanted;	/* the status that alone is right */
	bool		 may_refuse;	/* but 400 is as right */
	void		 (*learn)(struct phase *, struct json *record, struct json *app);
	long long	 replay_of;
	struct mask	 more;
	struct reply	 reply;
	bool		 ok;
};

/* A message of this lifecycle, whose data is called member; check is ticked when it went well, NULL: none. */
struct phase	 phase_new(struct sim *, const char *name, const char *member, const char *check);

/* False: no answer, or not the right one; p->reply has it. */
bool		 phase_send(struct phase *);

/* What SmartThings calls the app. */
const char	*phase_app_id(const struct sim *);

#endif
