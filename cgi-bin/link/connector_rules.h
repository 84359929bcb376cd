/* connector_rules.h: the parts of a connector's file that are looked up when they are needed, checked when it is read. For
 * connector.c. */
#ifndef LINK_CONNECTOR_RULES_H
#define LINK_CONNECTOR_RULES_H

struct arena;
struct catalogue;
struct connector;
struct definition;
struct json;

/* A copy of v in which each text has word replaced by value. */
const struct json *rules_expand(struct arena *, const struct json *v, const char *word, const char *value);

/* A URL that must be there: https, or http where a demo or a test may use it. "" after a complaint. */
const char	*rules_url(struct definition *, const char *path, const struct json *object, const char *name);

/* Complain about a member that is there and no JSON pointer; about a request that is not right. members: those that it may
 * have, RULES_REQUEST among them. */
void		 rules_pointer(struct definition *, const char *path, const struct json *object, const char *name);
void		 rules_request(struct definition *, const char *path, const struct json *, const char *members);

#define RULES_REQUEST "method url query headers body form "

/* Complain about the connector's hook. */
void		 rules_hook(struct definition *, const struct json *hook);

/* Complain if a request, a pointer, a type or a rule of the connector is not right. */
void		 rules_check(struct definition *, const struct catalogue *, const struct connector *);

/* The hosts of all URLs in the file, and those that its "hosts" adds. */
const struct json *rules_hosts(struct definition *, const struct json *root);

#endif
