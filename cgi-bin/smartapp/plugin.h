/* plugin.h: handlers out of shared objects, and the tools that they are given. */
#ifndef SMARTAPP_PLUGIN_H
#define SMARTAPP_PLUGIN_H

#include "smartapp/handler.h"

/* Load the shared object, whose symbol smartapp_handler is the table. NULL with *why. *plugin is to be closed. */
const struct smartapp_handler *plugin_open(struct arena *, const char *file, void **plugin, const char **why);
void		 plugin_close(void *plugin);	/* NULL is allowed */

extern const struct smartapp_tools plugin_tools;

#endif
