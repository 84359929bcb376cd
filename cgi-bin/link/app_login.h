/* app_login.h: a login at a vendor that is begun in an installed SmartApp: SmartThings shows the vendor's page and brings back what
 * came of it. link/login.h does the rest.
 *
 * It links a user whom the app's definition names, so nobody's browser is asked who they are: SmartThings' signature says which
 * installed app it is, and its login is good for that one alone. It can make a link, and renew one that it has made; a link that
 * the user made, or another installed app, it leaves alone. */
#ifndef LINK_APP_LOGIN_H
#define LINK_APP_LOGIN_H

struct arena;
struct links;

#define APP_LOGIN_MS 2500	/* all calls to the vendor: a webhook answers within three seconds */

enum app_login {
	APP_LOGIN_OPEN,		/* begin: somebody may log in, at the URL */
	APP_LOGIN_LINKED,	/* begin: it is linked. finish: it is linked now */
	APP_LOGIN_ELSEWHERE,	/* begin: it needs a login, but not through this installed app */
	APP_LOGIN_STRANGER,	/* finish: no such state, or not any more, or another installed app's */
	APP_LOGIN_DECLINED,	/* finish: the vendor says that nobody is let in: "access_denied" and alike */
	APP_LOGIN_REFUSED,	/* finish: the vendor gave no tokens for the code, or did not answer */
	APP_LOGIN_UNKNOWN,	/* begin: there is no such connector, or no such user */
	APP_LOGIN_UNAVAILABLE,	/* the store cannot be used now */
};

/* Where somebody logs in, to link the user of that name; for LOGIN_LIFE seconds. */
enum app_login	 app_login_begin(const struct links *, struct arena *, const char *connector, const char *user_name,
		    const char *installed, char **url);

/* What came back: the state counts once, whatever comes of it. code, iss and error: as the vendor's answer has them; NULL = it has
 * not. Devices that the vendor has are chosen by the courier's next look, all of them, if nobody has chosen before. */
enum app_login	 app_login_finish(const struct links *, struct arena *, const char *installed, const char *state,
		    const char *code, const char *iss, const char *error);

#endif
