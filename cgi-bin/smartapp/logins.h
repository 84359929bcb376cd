/* logins.h: logins at other makers' clouds, for OAUTH settings that name a connector. What comes of them is a link, which other rooms
 * know: the program hands in these functions. */
#ifndef SMARTAPP_LOGINS_H
#define SMARTAPP_LOGINS_H

#include <stdbool.h>

struct arena;

enum smartapp_login {
	SMARTAPP_LOGIN_OPEN,		/* begin: somebody may log in, at the URL */
	SMARTAPP_LOGIN_LINKED,		/* it is linked; finish: now */
	SMARTAPP_LOGIN_ELSEWHERE,	/* begin: not through this installed app, but at the URL */
	SMARTAPP_LOGIN_STRANGER,	/* finish: no state of this installed app's, or not any more */
	SMARTAPP_LOGIN_DECLINED,	/* finish: whoever was asked there said no */
	SMARTAPP_LOGIN_FAILED,		/* it cannot be now; *why says why */
};

struct smartapp_logins {
	/* Is there a connector of that name? */
	bool		 (*known)(void *arg, const char *connector);

	/* Begin a login for the user of that name, through an installed app. *url: an address to open. */
	enum smartapp_login (*begin)(void *arg, struct arena *, const char *connector, const char *user, const char *installed,
			    const char **url, const char **why);

	/* What came back to an installed app: url_path as OAUTH_CALLBACK has it. The state in it counts once. */
	enum smartapp_login (*finish)(void *arg, struct arena *, const char *installed, const char *url_path, const char **why);

	void		*arg;
};

#endif
