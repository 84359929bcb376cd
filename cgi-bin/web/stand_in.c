/* stand_in.c: a process that is made of this one's file, and knows by its environment for whom it is there. */
#include "web/stand_in.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/banned.h"

#define ME "GATEHOUSE_STANDS_IN"	/* "2 4711": the second in a row, for the process 4711 */

extern char **environ;

static int place;	/* in the row; 0 = a worker */
static pid_t other;	/* who stands in for this one; 0 = nobody */

void
stand_in_begin(void)
{
	const char *me = getenv(ME);
	int parent;

	signal(SIGCHLD, SIG_IGN);	/* whoever leaves is gone at once */
	if (me == NULL || sscanf(me, "%d %d", &place, &parent) != 2)
		return;
	prctl(PR_SET_NAME, program_invocation_short_name);	/* or top would show it as "exe" */
	/* Where the other one is killed. If that was before this call, nobody tells. */
	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	if (getppid() != parent)
		raise(SIGUSR1);
}

/* The environment, but for who it stands in for. NULL without memory. */
static char **
environment_of(char *me)
{
	size_t n = 0;
	char **env, **to;

	while (environ[n] != NULL)
		n++;
	if ((env = to = malloc((n + 2) * sizeof(*env))) == NULL)
		return NULL;
	for (char **e = environ; *e != NULL; e++)
		if (strncmp(*e, ME "=", sizeof(ME)) != 0)
			*to++ = *e;
	*to++ = me;
	*to = NULL;
	return env;
}

static bool
is_there(void)
{
	return other != 0 && waitpid(other, NULL, WNOHANG) == 0;
}

void
stand_in_call(void)
{
	char me[64], *const argv[] = { program_invocation_name, NULL };
	posix_spawn_file_actions_t files;
	static bool said;

	if (place >= STAND_INS || is_there())
		return;
	snprintf(me, sizeof(me), ME "=%d %d", place + 1, (int)getpid());
	char **env = environment_of(me);
	if (env == NULL || posix_spawn_file_actions_init(&files) != 0) {
		free(env);
		return;
	}
	posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	int fault = posix_spawn(&other, "/proc/self/exe", &files, NULL, argv, env);
	if (fault != 0)
		other = 0;
	if (fault != 0 && !said) {
		said = true;
		log_event(LOG_LEVEL_WARN, "stand_in", "result=none why=\"%s\"", strerror(fault));
	}
	posix_spawn_file_actions_destroy(&files);
	free(env);
}

void
stand_in_end(void)
{
	if (is_there() && kill(other, SIGUSR1) == 0)
		waitpid(other, NULL, 0);
	other = 0;
}

int
stand_in_rest(void)
{
	return place > 0 ? STAND_IN_REST : -1;
}
