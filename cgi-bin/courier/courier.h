/* courier.h: the daemon's loop: one courier of a store calls others, whatever has to be sent by whom (courier/sender.h).
 *
 * What is to be sent follows from records alone. So nothing is lost by a kill at any moment; a call whose answer was not
 * kept is made again. */
#ifndef COURIER_COURIER_H
#define COURIER_COURIER_H

#include <signal.h>
#include <stdbool.h>

struct catalogue;
struct config;
struct keyring;
struct sender;
struct store;

struct courier_context {
	const struct config	*config;
	struct store		*store;
	struct keyring		*keyring;
	struct catalogue	*catalogue;
	const struct sender	*const *senders;	/* up to NULL; at most COURIER_SENDERS */
	const volatile sig_atomic_t *stop;	/* not 0: finish what is in flight and return */
};

#define COURIER_SENDERS 8

/* Work until told to stop. Only one courier of a store sends; others wait here for their turn. False if it cannot work. */
bool	 courier_run(const struct courier_context *);

#endif
