/* source.h: commands to devices that are nodes: told to the node server, confirmed by what it reports. */
#ifndef NODESERVER_SOURCE_H
#define NODESERVER_SOURCE_H

struct arena;
struct config;
struct keyring;

/* Make the source "node" known to this process (device/source.h). */
void	 nodeserver_source_add(struct arena *, const struct config *, const struct keyring *);

#endif
