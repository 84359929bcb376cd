/* connector.h: a vendor's cloud as one file describes it: how its users log in, how its devices are listed, read and moved.
 * docs/connectors.md describes the file.
 *
 * An instance's connectors are the files connectors/NAME.json (or .yaml) in its folder. Each is read once at start and checked whole. */
#ifndef LINK_CONNECTOR_H
#define LINK_CONNECTOR_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct catalogue;
struct config;
struct json;

#define CONNECTOR_FOLDER	"connectors"	/* below the instance's folder */
#define CONNECTOR_ID_MAX	24

/* How the vendor's token endpoint wants to know who we are (RFC 6749 2.3.1). */
enum connector_auth { CONNECTOR_BASIC, CONNECTOR_POST, CONNECTOR_NONE };

struct connector_oauth {
	const char		*authorize_url, *token_url;
	const char		*revoke_url;	/* NULL: it has none */
	const char		*issuer;	/* what it calls itself in its answers (RFC 9207); NULL: it says nothing */
	const char		*client_id;
	const char		*secret_file;	/* below the instance's folder; NULL: there is no secret */
	const char		*scope;		/* NULL: none is asked for */
	bool			 pkce;
	enum connector_auth	 auth;
	bool			 in_query;	/* parameters of token requests stand in the URL, not in the body */
	const char		*refresh_param;	/* how the refresh token is called when it is used */
	const struct json	*extra_authorize, *extra_token;	/* objects of texts; NULL = none */
};

struct connector {
	const char		*id, *name;
	const char		*about;		/* for owners; NULL = nothing more to say */
	const char		*manufacturer;	/* of its devices, unless it says more */
	bool			 single;	/* one link a user */
	long long		 max_devices;
	long long		 every;		/* seconds between two looks at a link */
	struct connector_oauth	 oauth;
	const struct json	*hosts;		/* array of texts: nothing else is ever called */
	/* Parts of the file, which were checked. */
	const struct json	*expired;	/* array of {status?, pointer?, equals?}: what says that a token is over */
	const struct json	*account;	/* request with "values": asked once after a login; NULL = nothing */
	const struct json	*list;		/* request, and where in its answer what stands */
	const struct json	*state;		/* type -> array of attributes, or "*" */
	const struct json	*commands;	/* type -> "capability/command" -> request; "*" for any */
	const struct json	*hook;		/* how the vendor is asked to tell us of changes, and what it says; NULL = it does not */
};

struct connectors {
	const struct connector	*list;
	size_t			 n;
};

/* Read all connectors of an instance. An instance without the folder has none. NULL if one is not right; *why says file,
 * line and reason. */
const struct connectors *connectors_load(struct arena *, const struct config *, const struct catalogue *, const char **why);

/* NULL if there is none. */
const struct connector *connectors_find(const struct connectors *, const char *id);

/* The first line of the client's secret; NULL if there is none, with *why set if there should be. */
const char	*connector_secret(struct arena *, const struct config *, const struct connector *, const char **why);

/* The first line of a file below the instance's folder; NULL with *why set. */
const char	*connector_secret_file(struct arena *, const struct config *, const char *file, const char **why);

/* The rule of a command ("switch/on") for devices of a type; NULL if the vendor cannot do that. */
const struct json *connector_command(const struct connector *, const char *type, const char *capability, const char *command);

/* The rules by which a device of a type is read: an array; NULL if there are none. */
const struct json *connector_state(const struct connector *, const char *type);

#endif
