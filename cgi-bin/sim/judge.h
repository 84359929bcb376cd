/* judge.h: is a message right, as SmartThings would have it (schema protocol 1 and 2)? */
#ifndef SIM_JUDGE_H
#define SIM_JUDGE_H

#include <stdbool.h>

struct arena;
struct json;

/* What is wrong with an answer to a message of ours: array of {device, error}, empty if nothing is. answer NULL: it is no
 * JSON. request is the message. A well-formed globalError is right. */
struct json	*judge_answer(struct arena *, const struct json *request, int status, const struct json *answer);

/* The same of a stateCallback or discoveryCallback that came. */
struct json	*judge_callback(struct arena *, const struct json *message);

/* headers.interactionType; "" if there is none. */
const char	*judge_type(const struct json *message);

/* globalError.errorEnum; NULL if there is none. */
const char	*judge_global(const struct json *message);

#endif
