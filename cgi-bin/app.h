/* app.h: what a program holds between requests: made once at start, the only global state there is. */
#ifndef APP_H
#define APP_H

struct arena;
struct breached;
struct catalogue;
struct config;
struct keyring;
struct links;
struct owing;
struct page_set;
struct rate;
struct store;
struct webapps;

struct app {
	struct arena		*arena;		/* lives as long as the process */
	const struct config	*config;
	struct store		*store;
	struct catalogue	*catalogue;	/* with APP_CATALOGUE */
	struct keyring		*keyring;	/* with APP_KEYS */
	const struct page_set	*pages;		/* with APP_PAGES */
	const struct webapps	*webapps;	/* with APP_WEBAPPS */
	struct rate		*rate;		/* with APP_RATE */
	struct links		*links;		/* with APP_LINKS */
	struct breached		*breached;	/* with APP_PASSWORDS; NULL if the config names no list */
};

enum app_part {
	APP_STORE	= 1,	/* the keyed store */
	APP_CATALOGUE	= 2,	/* capabilities and device types */
	APP_KEYS	= 4,	/* signing keys and the server's own key */
	APP_PAGES	= 8,	/* html templates and texts */
	APP_WEBAPPS	= 16,	/* apps of third parties; needs the store and the catalogue */
	APP_RATE	= 32,	/* how often each of their installations asks */
	APP_LINKS	= 64,	/* connectors, and commands to linked devices; needs the store, the catalogue and the keys */
	APP_PASSWORDS	= 128,	/* the list of breached passwords, where somebody may choose one */
};

/* Open what parts name for the instance in root (NULL: from the environment, GATEHOUSE_ROOT). What is wrong is said
 * on stderr, and the process ends with status 1: nothing starts half-configured. */
void	 app_open(struct app *, const char *program, const char *root, unsigned parts);
void	 app_close(struct app *);

/* For programs whose answers wait for the store's disk together. */
extern const struct owing app_owing;

/* At the beginning of a request: notice files of the instance that were edited. */
void	 app_refresh(struct app *);

/* Where conf/ or html/ of this installation is: below GATEHOUSE_SHARE, else in the nearest folder above the program that
 * has conf/ or share/conf/. */
char	*app_share(struct arena *, const char *name);

#endif
