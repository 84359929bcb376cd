/* webapp.h: a Web Services app: one file that says who may ask for devices, what the owner is asked, and which addresses
 * there are for them. docs/rest-api.md describes the file.
 *
 * An instance's apps are the files apps/NAME.json (or .yaml) in its folder. Each is read once at start and checked whole. */
#ifndef ENDPOINTS_WEBAPP_H
#define ENDPOINTS_WEBAPP_H

#include <stdbool.h>
#include <stddef.h>

#include "db/store.h"
#include "oauth/client.h"

struct arena;
struct catalogue;
struct config;
struct json;
struct mapping;

#define WEBAPP_FOLDER	"apps"	/* below the instance's folder */
#define WEBAPP_SCOPE	"app"	/* reading and control; an app may have devices:read instead */

enum input_kind { INPUT_DEVICE, INPUT_TEXT, INPUT_NUMBER, INPUT_DECIMAL, INPUT_ENUM, INPUT_BOOL, INPUT_TIME, INPUT_EMAIL };

/* Something that the owner is asked on the way in. */
struct input {
	const char		*name, *title;
	const char		*about;		/* NULL if there is nothing more to say */
	enum input_kind		 kind;
	const char		*capability;	/* of a device: which it must have; NULL otherwise */
	bool			 required, multiple;
	const struct json	*options;	/* of an enum: strings */
	const struct json	*otherwise;	/* what stands there at first; NULL = nothing */
	double			 min, max;	/* of a number; infinite = no bound */
};

struct section {
	const char		*title, *paragraph;	/* NULL if there is none */
	const struct input	*inputs;
	size_t			 n_inputs;
};

struct page {
	const char		*name, *title;	/* title "" if it has none */
	const struct section	*sections;
	size_t			 n_sections;
};

/* Where a token may stand in a request. */
enum token_place { TOKEN_IN_HEADER = 1, TOKEN_IN_QUERY = 2, TOKEN_IN_PATH = 4 };

struct webapp {
	const char		*id;		/* of its file */
	const char		*name;
	const char		*display_name, *display_link, *about;	/* for owners; link and about may be NULL */
	const char		*client_id;
	const char		*secret_file;	/* below the instance's folder; NULL = the tool makes the secret */
	bool			 is_public;	/* it cannot keep a secret */
	bool			 pkce_required, rotate;
	const struct json	*redirect_uris;
	const char		*scope;
	long long		 access_ttl;	/* 0 = the config's */
	unsigned		 token_in;	/* of enum token_place */
	const struct page	*pages;		/* in order; the first is the one with the devices */
	size_t			 n_pages;
	const struct mapping	*mappings;
	size_t			 n_mappings;
};

struct webapps {
	const struct webapp	*list;
	size_t			 n;
};

/* Read all apps of the instance in root. An instance without the folder has none. NULL if one is not right; *why says file,
 * line and reason. */
const struct webapps *webapps_load(struct arena *, const char *root, const struct catalogue *, const char **why);

/* Read one file, of any name. */
const struct webapp *webapp_load(struct arena *, const char *folder, const char *name, const struct catalogue *,
		    const char **why);

/* NULL if there is none. */
const struct webapp *webapps_find(const struct webapps *, const char *id);
const struct webapp *webapps_of_client(const struct webapps *, const char *client_id);

/* The input of that name; NULL if there is none. */
const struct input *webapp_input(const struct webapp *, const char *name);

/* The client that an app's file describes, without its secret. */
struct client	 webapp_client(const struct webapp *);

/* Make the clients of all apps what their files say, where they are not so already. Whose secret no file names keeps the one
 * that it has (gatehouse client secret makes one). False with *why if a client of that id is somebody else's, or if the
 * store or a secret's file cannot be read. */
bool		 webapps_register(const struct webapps *, const struct config *, struct store *, struct arena *,
		    const char **why);

#endif
