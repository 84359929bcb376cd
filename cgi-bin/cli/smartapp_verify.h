/* smartapp_verify.h: the verb verify of gatehouse smartapp. */
#ifndef CLI_SMARTAPP_VERIFY_H
#define CLI_SMARTAPP_VERIFY_H

#include "cli/noun.h"

enum cli_exit	 smartapp_verify(struct cli *);

#endif
