/* smartapp.h: the SmartApp of an instance, opened once at start: definition, keys, handler. */
#ifndef SMARTAPP_SMARTAPP_H
#define SMARTAPP_SMARTAPP_H

#include <stdbool.h>

struct arena;
struct catalogue;
struct config;
struct definition;
struct json;
struct keyring;
struct keyserver;
struct incoming;
struct signature_key;
struct smartapp_handler;
struct smartapp_logins;
struct store;

struct smartapp {
	const struct config	*config;
	struct store		*store;
	const struct keyring	*keyring;
	const struct catalogue	*catalogue;
	const struct definition	*definition;	/* NULL: there is no SmartApp, and nothing else is set */
	struct keyserver	*keyserver;
	struct signature_key	*local_key;	/* NULL = the older scheme is not served */
	const struct smartapp_handler *handler;
	void			*plugin;	/* of dlopen; NULL = the built-in handler */
	const struct smartapp_logins *logins;	/* NULL: no setting may name a connector */
};

/* Read what smartapp.definition and its neighbours in the config name; definition stays NULL if that is "". False with *why if
 * something is not right. config, store, keyring, catalogue and logins are set by the caller. */
bool		 smartapp_open(struct smartapp *, struct arena *, const char **why);
void		 smartapp_close(struct smartapp *);

/* What smartapp_open would refuse, found without an instance (of logins, known alone is asked); NULL if nothing. *key: the key of the config that leads to it,
 * "smartapp.handler". A handler's file is loaded for it, and closed again. */
const char	*smartapp_config_fault(struct arena *, const struct config *, const struct smartapp_logins *, const char **key);

/* Answer one POST. *status: 200; 400 BadRequestError, 401 SignatureError, 500 InternalError. */
struct json	*smartapp_answer(const struct smartapp *, struct arena *, const struct incoming *, int *status);

/* {"error": name}, with the correlation id if there is one. */
struct json	*smartapp_refusal(struct arena *, const char *name, const char *correlation_id);

#endif
