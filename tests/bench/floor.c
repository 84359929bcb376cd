/* floor.c: the least that a FastCGI program can do: reads the body, answers 300 fixed bytes. What http.sh compares with. */
#include <fcgiapp.h>
#include <string.h>

int
main(void)
{
	static char body[301], part[4096];
	FCGX_Request r;

	memset(body, 'x', sizeof(body) - 1);
	FCGX_Init();
	FCGX_InitRequest(&r, 0, 0);
	while (FCGX_Accept_r(&r) == 0) {
		while (FCGX_GetStr(part, sizeof(part), r.in) > 0)
			continue;
		FCGX_FPrintF(r.out, "Content-Type: application/json\r\nContent-Length: 300\r\n\r\n%s", body);
		FCGX_Finish_r(&r);
	}
	return 0;
}
