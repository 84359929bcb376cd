/* login_setting.h: OAUTH settings that name a connector: as a page shows them, and what follows when somebody comes back from the
 * login.
 *
 * In a definition: "connector", "user" (whose link it becomes), and texts for when it is linked ("linked") and for when its owner
 * alone can log in again ("again", before the address). */
#ifndef SMARTAPP_LOGIN_SETTING_H
#define SMARTAPP_LOGIN_SETTING_H

#include <stdbool.h>

#include "smartapp/request.h"

struct arena;
struct definition;
struct json;
struct smartapp;

/* Has the definition one? */
bool	 login_setting_any(const struct definition *);

/* On the page of an answer to PAGE ({"configurationData": {"page"}}) that an installed app asked for, put what such settings are
 * now: the address of a login that is begun with it, or a paragraph. On an error *why says why, for the log. */
enum smartapp_error login_setting_show(const struct smartapp *, struct arena *, const char *installed, struct json *answer,
	    const char **why);

/* An OAUTH_CALLBACK: end the login that it belongs to. A state that is none of ours is an error where nobody else could know it. */
enum smartapp_error login_setting_back(const struct smartapp *, struct arena *, const struct smartapp_oauth_callback *,
	    const char **why);

#endif
