/* phase_judge.h: is an answer of a SmartApp right, as SmartThings would have it (lifecycle protocol 1 and 2)? */
#ifndef SIM_PHASE_JUDGE_H
#define SIM_PHASE_JUDGE_H

struct arena;
struct json;

/* What is wrong with it: array of {error}, empty if nothing is. sent is the message (NULL: no JSON), wanted the status that it
 * should have; of a refusal that is wanted, only that it is JSON is asked. */
struct json	*phase_judge(struct arena *, const struct json *sent, int wanted, int status, const struct json *answer);

#endif
