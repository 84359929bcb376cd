/* keyserver.h: SmartThings' signing certificates, by key id, from the key server that the config names.
 *
 * A key id is the sender's text. So: no call for one that has not the right form, one at a time for each, few a minute for
 * ids never seen, one try of 3 s without redirects, 16 KiB; what is not there is remembered for a minute. What was fetched
 * stands in the store for all processes, for a day at most and never past the certificate's end: record "smartapp-key/<hash>". */
#ifndef SMARTAPP_KEYSERVER_H
#define SMARTAPP_KEYSERVER_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct config;
struct keyserver;
struct signature_key;
struct store;

/* For the process's life. store and config must outlive it. */
struct keyserver *keyserver_open(const struct config *, struct store *);
void		 keyserver_close(struct keyserver *);	/* NULL is allowed */

/* The key of an id that has the right form. NULL with *why. It lives until the next call. */
const struct signature_key *keyserver_find(struct keyserver *, struct arena *, const char *key_id, const char **why);

/* The same without asking anybody: what the store has. Free it. */
struct signature_key *keyserver_kept(struct store *, struct arena *, const char *key_id);

#endif
