/* device_add.h: the verb "device add". */
#ifndef CLI_DEVICE_ADD_H
#define CLI_DEVICE_ADD_H

#include "cli/noun.h"

enum cli_exit	 device_verb_add(struct cli *);

#endif
