/* address.c: RFC 6890 as two tables. */
#include "web/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/banned.h"

struct range {
	unsigned char	 bytes[16];
	unsigned	 bits;
};

/* RFC 6890 and its successors: what is not for the public Internet. */
static const struct range ranges4[] = {
	{ { 0 }, 8 }, { { 10 }, 8 }, { { 100, 64 }, 10 }, { { 127 }, 8 }, { { 169, 254 }, 16 }, { { 172, 16 }, 12 },
	{ { 192, 0, 0 }, 24 }, { { 192, 0, 2 }, 24 }, { { 192, 88, 99 }, 24 }, { { 192, 168 }, 16 }, { { 198, 18 }, 15 },
	{ { 198, 51, 100 }, 24 }, { { 203, 0, 113 }, 24 }, { { 224 }, 3 },
};

/* Within 2000::/3, which is all that is global. */
static const struct range ranges6[] = {
	{ { 0x20, 0x01 }, 23 }, { { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, { { 0x20, 0x02 }, 16 }, { { 0x3f, 0xff }, 20 },
};

static bool
is_in(const unsigned char *address, const struct range *r)
{
	unsigned whole = r->bits / 8, rest = r->bits % 8;

	return memcmp(address, r->bytes, whole) == 0 &&
	    (rest == 0 || ((address[whole] ^ r->bytes[whole]) & (0xff00 >> rest) & 0xff) == 0);
}

static bool
is_public(int family, const unsigned char *address)
{
	const struct range *r = family == AF_INET ? ranges4 : ranges6;
	size_t n = family == AF_INET ? sizeof(ranges4) / sizeof(*r) : sizeof(ranges6) / sizeof(*r);

	if (family == AF_INET6 && (address[0] & 0xe0) != 0x20)
		return false;
	for (size_t i = 0; i < n; i++)
		if (is_in(address, &r[i]))
			return false;
	return true;
}

static bool
is_loopback(int family, const unsigned char *address)
{
	static const unsigned char one[16] = { [15] = 1 };

	return family == AF_INET ? address[0] == 127 : memcmp(address, one, sizeof(one)) == 0;
}

bool
address_is_public(const char *text)
{
	unsigned char address[16];

	if (inet_pton(AF_INET, text, address) == 1)
		return is_public(AF_INET, address);
	return inet_pton(AF_INET6, text, address) == 1 && is_public(AF_INET6, address);
}

bool
address_may_be_called(const struct sockaddr *to, bool loopback)
{
	const unsigned char *address = NULL;

	if (to->sa_family == AF_INET)
		address = (const unsigned char *)&((const struct sockaddr_in *)(const void *)to)->sin_addr;
	else if (to->sa_family == AF_INET6)
		address = (const unsigned char *)&((const struct sockaddr_in6 *)(const void *)to)->sin6_addr;
	return address != NULL && (loopback ? is_loopback : is_public)(to->sa_family, address);
}
