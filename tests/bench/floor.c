/* floor.c: the least that a FastCGI program can do: reads the body, answers 300 fixed bytes. What the bench compares with.
 *
 * Asked with a number as the query it answers so many bytes (300 to 65535), and hangs up as our programs do: what is left then is their work.
 *
 * With a folder as its argument it is the least that one can do whose answer must be on disk: it writes 1 KiB to a file of its own there
 * and waits for the disk first.
 *
 * What they say is what SmartThings answers to who asks for tokens, so that it also takes SmartThings' place where the courier calls. */
#include <fcgiapp.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"

#define TOKENS "{\"headers\":{\"schema\":\"st-schema\",\"version\":\"1.0\",\"interactionType\":\"accessTokenResponse\"}," \
	"\"callbackAuthentication\":{\"tokenType\":\"Bearer\",\"accessToken\":\"a\",\"refreshToken\":\"r\",\"expiresIn\":86400}}"
#define HEAD "Content-Type: application/json\r\nContent-Length: %05ld\r\n\r\n"
#define LEAST 300
#define MOST 65535

#define RECORD 1024
#define RECORDS 4096

/* A file whose blocks are there already: what is measured is the writing, not a file system that looks for room. */
static int
open_written(const char *folder)
{
	static const char record[RECORD];
	char name[32];

	snprintf(name, sizeof(name), "%ld", (long)getpid());
	if (chdir(folder) != 0)
		return -1;
	int fd = open(name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	for (int i = 0; fd >= 0 && i < RECORDS; i++)
		if (write(fd, record, RECORD) != RECORD)
			return -1;
	return fd >= 0 && fsync(fd) == 0 ? fd : -1;
}

static void
say(const char *answer, FCGX_Request *r)
{
	char head[sizeof(HEAD) + 8];
	const char *query = FCGX_GetParam("QUERY_STRING", r->envp);
	long len = query != NULL ? strtol(query, NULL, 10) : 0;

	if (len > 0)
		FCGX_Detach(r);
	len = len < LEAST ? LEAST : len > MOST ? MOST : len;
	FCGX_PutStr(head, snprintf(head, sizeof(head), HEAD, len), r->out);
	FCGX_PutStr(answer, (int)len, r->out);
	FCGX_Finish_r(r);
}

int
main(int argc, char *argv[])
{
	static char answer[MOST], part[4096];
	FCGX_Request r;
	int fd = argc > 1 ? open_written(argv[1]) : -1;
	off_t next = 0;

	if (argc > 1 && fd < 0)
		return 1;
	memset(answer, ' ', sizeof(answer));
	memcpy(answer, TOKENS, sizeof(TOKENS) - 1);
	FCGX_Init();
	FCGX_InitRequest(&r, 0, 0);
	while (FCGX_Accept_r(&r) == 0) {
		while (FCGX_GetStr(part, sizeof(part), r.in) > 0)
			continue;
		if (fd >= 0 && (pwrite(fd, part, RECORD, next++ % RECORDS * RECORD) != RECORD || fdatasync(fd) != 0))
			return 1;
		say(answer, &r);
	}
	return 0;
}
