/* connector_try.h: gatehouse connector check and try: a connector step by step. */
#ifndef CLI_CONNECTOR_TRY_H
#define CLI_CONNECTOR_TRY_H

#include "cli/noun.h"

/* The file, the secrets, and what its types can and cannot do. */
enum cli_exit	 connector_try_check(struct cli *);

/* A user's link: the token, the requests, and what each pointer finds in each device; or, with --answer, in a file. */
enum cli_exit	 connector_try_run(struct cli *);

#endif
