/* platform_api.h: the calls of SmartThings' API that a SmartApp makes, on the record of its home. */
#ifndef SIM_PLATFORM_API_H
#define SIM_PLATFORM_API_H

struct arena;
struct json;

struct platform_call {
	struct arena	*arena;
	const char	*method, *path;	/* the path behind /v1 */
	const struct json *body;	/* NULL: none, or no JSON */
	/* Of the answer: */
	const char	*kind;		/* on the wire: "createSubscription" ... */
	int		 status;
	struct json	*answer;
};

/* What it is, by method and path; NULL if it is nothing that is known here. */
const char	*platform_route(const struct platform_call *);

/* Inside a home_fn: carry it out and answer. */
void		 platform_carry_out(struct platform_call *, struct json *record, struct json *app);

void		 platform_answer(struct platform_call *, struct json *answer);

/* {"requestId", "error": {"code", "message"}} */
void		 platform_refuse(struct platform_call *, int status, const char *code, const char *message);

#endif
