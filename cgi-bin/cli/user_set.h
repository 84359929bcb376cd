/* user_set.h: the verbs of gatehouse user that change how an account is, not who it belongs to. */
#ifndef CLI_USER_SET_H
#define CLI_USER_SET_H

#include "cli/noun.h"

/* Verbs' functions. */
enum cli_exit	 user_set_flag(struct cli *);		/* operator NAME on|off */
enum cli_exit	 user_set_pages(struct cli *);		/* language NAME LANGUAGE */
enum cli_exit	 user_set_second_factor(struct cli *);	/* second-factor NAME [--remove] */
enum cli_exit	 user_set_sessions(struct cli *);	/* sessions NAME [--end] */

#endif
