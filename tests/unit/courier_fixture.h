/* courier_fixture.h: a courier of the fixture's instance, in a process of its own, which ends with the test. */
#ifndef COURIER_FIXTURE_H
#define COURIER_FIXTURE_H
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "courier/courier.h"
#include "courier/sender.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"

static volatile sig_atomic_t courier_stop;

static inline void
courier_on_stop(int signal)
{
	(void)signal;
	courier_stop = 1;
}

/* fork from a process with threads: the child touches nothing of theirs. catalogue may be NULL. */
static inline pid_t
start_courier(const struct sender *const *senders, struct catalogue *catalogue, enum log_level level)
{
	sigset_t held, before;
	char why[300];
	const char *because;

	/* It may be told to stop before it can hear that. */
	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigprocmask(SIG_BLOCK, &held, &before);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sigaction(SIGTERM, &(struct sigaction){ .sa_handler = courier_on_stop }, NULL);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid != 0)
		return pid;
	log_open("courier", level);
	struct store_options options = { .engine = "gdbm", .path = config_path(fx.arena, fx.config, "store") };
	struct courier_context x = { .config = fx.config, .catalogue = catalogue, .senders = senders, .stop = &courier_stop };
	if (store_open(&x.store, &options, why, sizeof(why)) != STORE_OK ||
	    (x.keyring = keyring_open(fx.arena, fx.config, x.store, &because)) == NULL)
		_exit(2);
	int status = courier_run(&x) && check_bad == 0 ? 0 : 1;
	keyring_close(x.keyring);
	store_close(x.store);
	_exit(status);
}

/* How it ended, as waitpid says it. */
static inline int
stop_courier(pid_t pid, int with)
{
	int status = -1;

	kill(pid, with);
	waitpid(pid, &status, 0);
	if (with == SIGTERM && status != 0)
		printf("# the courier ended with status 0x%x\n", (unsigned)status);
	return status;
}
#endif
