/* word.h: the words of a message, one function each; for messages.c, which knows their names. A word's function does what its value
 * asks for, and says into out how that went; what it returns is the store's result alone. */
#ifndef NODESERVER_WORD_H
#define NODESERVER_WORD_H

#include "db/store.h"

struct arena;
struct json;
struct node_result;
struct nodeserver;
struct nodeserver_context;

/* Whose word it is, and the message that it stands in. */
struct word {
	const struct nodeserver_context *x;
	struct nodeserver	*ns;
	const struct json	*message;
};

enum store_result word_addnode(const struct word *, const struct json *value, struct json *out);
enum store_result word_removenode(const struct word *, const struct json *value, struct json *out);
enum store_result word_status(const struct word *, const struct json *value, struct json *out);
enum store_result word_batch(const struct word *, const struct json *value, struct json *out);

enum store_result word_customdata(const struct word *, const struct json *value, struct json *out);
enum store_result word_customparams(const struct word *, const struct json *value, struct json *out);
enum store_result word_notices(const struct word *, const struct json *value, struct json *out);
enum store_result word_polls(const struct word *, const struct json *value, struct json *out);

/* Put "success", "statusCode" and the sentence into v, which is returned. A refusal is said likewise, and is STORE_OK. */
struct json	*word_say(struct arena *, struct json *v, struct node_result);
enum store_result word_refuse(const struct word *, struct json *out, int status, const char *why);

/* {"name": value} */
struct json	*word_wrap(struct arena *, const char *name, struct json *value);

#endif
