/* word.c: how what came of a word is said. */
#include "nodeserver/word.h"

#include "base/arena.h"
#include "base/json.h"
#include "nodeserver/nodes.h"
#include "nodeserver/registry.h"
#include "base/banned.h"

struct json *
word_say(struct arena *a, struct json *v, struct node_result result)
{
	json_set_bool(a, v, "success", result.status == 200);
	json_set_int(a, v, "statusCode", result.status);
	if (result.why != NULL)
		json_set_string(a, v, result.status == 200 ? "note" : "error", result.why);
	return v;
}

enum store_result
word_refuse(const struct word *w, struct json *out, int status, const char *why)
{
	word_say(w->x->arena, out, (struct node_result){ status, why });
	return STORE_OK;
}

struct json *
word_wrap(struct arena *a, const char *name, struct json *value)
{
	struct json *v = json_object(a);

	json_set(a, v, name, value);
	return v;
}
