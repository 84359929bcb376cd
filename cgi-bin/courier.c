/* courier.c: the daemon that calls others: SmartThings back, and whom the outbox names. It needs no web server: it is
 * started beside the programs. */
#include <signal.h>
#include <stddef.h>

#include "app.h"
#include "courier/courier.h"
#include "courier/outbox.h"
#include "courier/sender.h"
#include "endpoints/notify.h"
#include "link/end.h"
#include "link/poll.h"
#include "nodeserver/codes.h"
#include "nodeserver/presence.h"
#include "schema/callbacks.h"
#include "smartapp/sender.h"
#include "base/banned.h"

/* A kind of call more, which the outbox makes, is a row here. */
static const struct outbox_kind *const kinds[] = {
	&endpoints_post,
	&link_unsubscribe,
	&link_revoke,
	&nodeserver_exchange,
	NULL,
};

/* A kind of work more, with a logic of its own, is a row here. */
static struct sender outbox;
static const struct sender *const senders[] = {
	&smartapp_sender,
	&schema_callbacks,
	&endpoints_notify,
	&link_poll,
	&presence_watch,
	&outbox,
	NULL,
};

static volatile sig_atomic_t stop;

static void
on_stop(int signal)
{
	(void)signal;
	stop = 1;
}

int
main(void)
{
	struct app app;

	app_open(&app, "courier", NULL, APP_STORE | APP_CATALOGUE | APP_KEYS);
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_stop }, NULL);
	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = on_stop }, NULL);	/* multiwatch's */
	sigaction(SIGINT, &(struct sigaction){ .sa_handler = on_stop }, NULL);
	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	outbox = outbox_sender(kinds);
	const struct courier_context x = { app.config, app.store, app.keyring, app.catalogue, senders, &stop };
	bool fine = courier_run(&x);
	app_close(&app);
	return fine ? 0 : 1;
}
