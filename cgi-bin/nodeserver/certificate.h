/* certificate.h: the certificates of MQTT: an authority of our own, the broker's, the bridge's, and those of node servers.
 *
 * They lie in ROOT/secret/mqtt, but for those of node servers, which are made anew whenever they are asked for and kept nowhere.
 * A certificate's name (CN) is who may speak as whom: the broker takes it as the user, and its ACL is made of users. */
#ifndef NODESERVER_CERTIFICATE_H
#define NODESERVER_CERTIFICATE_H

#include <stdbool.h>

struct arena;
struct config;

#define CERTIFICATE_BRIDGE "bridge"	/* the one user who may everything: no worker's name is so short */

/* Files in ROOT/secret/mqtt. */
#define CERTIFICATE_CA		"ca.crt"
#define CERTIFICATE_BRIDGE_CRT	"bridge.crt"
#define CERTIFICATE_BRIDGE_KEY	"bridge.key"

/* All as PEM. */
struct certificate {
	char	*certificate, *key;
	char	*ca;
};

char	*certificate_path(struct arena *, const struct config *, const char *file);

/* Make the authority, if there is none yet, and new certificates of broker and bridge. False with *why. */
bool	 certificate_create(struct arena *, const struct config *, const char **why);

/* A certificate of that name, for a client. False with *why: there is no authority, as a rule. */
bool	 certificate_issue(struct arena *, const struct config *, const char *name, struct certificate *, const char **why);

#endif
