/* floor.c: the least that a FastCGI program can do: reads the body, answers 300 fixed bytes. What the bench compares with.
 *
 * What they say is what SmartThings answers to who asks for tokens, so that it also takes SmartThings' place where the courier calls. */
#include <fcgiapp.h>
#include <string.h>

#include "base/banned.h"

#define TOKENS "{\"headers\":{\"schema\":\"st-schema\",\"version\":\"1.0\",\"interactionType\":\"accessTokenResponse\"}," \
	"\"callbackAuthentication\":{\"tokenType\":\"Bearer\",\"accessToken\":\"a\",\"refreshToken\":\"r\",\"expiresIn\":86400}}"
#define HEAD "Content-Type: application/json\r\nContent-Length: 300\r\n\r\n"

int
main(void)
{
	static char answer[sizeof(HEAD) - 1 + 300], part[4096];
	FCGX_Request r;

	memset(answer, ' ', sizeof(answer));
	memcpy(answer, HEAD TOKENS, sizeof(HEAD TOKENS) - 1);
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
