/* floor.c: the least that a FastCGI program can do: reads the body, answers 300 fixed bytes. What http.sh compares with. */
#include <fcgiapp.h>
#include <string.h>

#include "base/banned.h"

#define HEAD "Content-Type: application/json\r\nContent-Length: 300\r\n\r\n"

int
main(void)
{
	static char answer[sizeof(HEAD) - 1 + 300], part[4096];
	FCGX_Request r;

	memset(answer, 'x', sizeof(answer));
	memcpy(answer, HEAD, sizeof(HEAD) - 1);
	FCGX_Init();
	FCGX_InitRequest(&r, 0, 0);
	while (FCGX_Accept_r(&r) == 0) {
		while (FCGX_GetStr(part, sizeof(part), r.in) > 0)
			continue;
		FCGX_PutStr(answer, sizeof(answer), r.out);
		FCGX_Finish_r(&r);
	}
	return 0;
}
