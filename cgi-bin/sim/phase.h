/* phase.h: what SmartThings says to a SmartApp (lifecycle protocol 1): signed, judged, kept on the wire, learned from.
 *
 * False of all of these: there was no answer, or not the right one; the wire says why. */
#ifndef SIM_PHASE_H
#define SIM_PHASE_H

#include <stdbool.h>

struct exchange;
struct json;
struct sim;

#define PHASE_PATH "/smartapp"

bool	 phase_confirmation(struct sim *);

/* Begins installing, or changing what is installed: the draft (wizard.h) is new. */
bool	 phase_initialize(struct sim *);

/* Ask for a page with what was entered so far; it becomes the draft's page. */
bool	 phase_page(struct sim *, const char *page, const char *previous);

/* INSTALL with the draft's settings, or UPDATE if it is installed. */
bool	 phase_install(struct sim *);
bool	 phase_uninstall(struct sim *);

/* Events (array, each of install_event). */
bool	 phase_events(struct sim *, const struct json *events);

/* What must be refused: unsigned, another body, day-old, a target that is not signed: 401; a page that there is not: 400. */
bool	 phase_mistakes(struct sim *);

/* Send again what was sent before, or what somebody made of it, signed anew, with fresh tokens. The new seq; 0 if it could not
 * be kept. */
long long phase_replay(struct sim *, const struct exchange *, const char *body);

#endif
