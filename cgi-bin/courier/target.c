/* target.c: takes a URL apart by hand, and refuses all that two readers could read differently. */
#include "courier/target.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/config.h"
#include "base/json.h"
#include "base/banned.h"

#define URL_MAX 2000

struct place {
	const char	*host;		/* with its brackets, if it has some */
	size_t		 host_len;
	const char	*port;		/* behind the colon; NULL = none */
	size_t		 port_len;
};

/* Printable ASCII that no reader of URLs treats in a way of its own. */
static bool
is_plain(const char *url)
{
	size_t len = strlen(url);

	for (size_t i = 0; i < len; i++)
		if (url[i] <= ' ' || url[i] > '~' || strchr("\\\"<>^`{|}#", url[i]) != NULL)
			return false;
	return len <= URL_MAX;
}

/* Who is called, of the part behind "https://". False if that cannot be said for sure. */
static bool
find_place(const char *rest, struct place *p)
{
	size_t len = strcspn(rest, "/?"), host = *rest == '[' ? strcspn(rest, "]") + 1 : strcspn(rest, ":/?");

	*p = (struct place){ rest, host, NULL, 0 };
	if (host == 0 || host > len || memchr(rest, '@', len) != NULL)
		return false;
	if (host == len)
		return true;
	p->port = rest + host + 1;
	p->port_len = len - host - 1;
	return rest[host] == ':' && p->port_len >= 1 && p->port_len <= 5 && strspn(p->port, "0123456789") == p->port_len;
}

static bool
host_is(const struct place *p, const char *name)
{
	return p->host_len == strlen(name) && strncasecmp(p->host, name, p->host_len) == 0;
}

static bool
is_this_machine(const struct place *p)
{
	return host_is(p, "127.0.0.1") || host_is(p, "[::1]") || host_is(p, "localhost");
}

static bool
ends_in(const struct place *p, const char *end)
{
	size_t len = strlen(end);

	return p->host_len > len && strncasecmp(p->host + p->host_len - len, end, len) == 0;
}

/* Names that mean this machine or the network around it, wherever they are asked for: those without a dot, and those that
 * are reserved for it (RFC 6761 6.3, 6762 3, 8375, and ICANN's "internal"). */
static bool
is_inside(const struct place *p)
{
	static const char *const ends[] = { ".localhost", ".localdomain", ".local", ".internal", ".home.arpa" };
	bool inside = memchr(p->host, '.', p->host_len) == NULL;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]) && !inside; i++)
		inside = ends_in(p, ends[i]);
	return inside;
}

/* Names of letters, digits and hyphens between single dots: not an address, no trailing dot. */
static bool
is_name(const struct place *p)
{
	const char *last = p->host;

	for (size_t i = 0; i < p->host_len; i++) {
		char c = p->host[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
		bool dot = c == '.' && i > 0 && i + 1 < p->host_len && p->host[i - 1] != '.';
		if (!letter && !dot)
			return false;
		last = dot ? p->host + i + 1 : last;
	}
	/* What ends in a number is an address in one of its many spellings. */
	return *last < '0' || *last > '9';
}

/* Is it a host of the list: the very name, or one below a name with a dot in front? */
static bool
is_listed(const struct json *hosts, const struct place *p)
{
	for (const struct json *e = json_first(hosts); e != NULL; e = json_next(e)) {
		const char *name = json_string(e);
		if (name != NULL && *name != '\0' && (host_is(p, name) || (*name == '.' && ends_in(p, name))))
			return true;
	}
	return false;
}

/* Does it lie below our own public_url? */
static bool
is_own(const struct config *c, const char *url)
{
	size_t len = c->simulator ? strlen(c->public_url) : 0;

	return len > 0 && strncmp(url, c->public_url, len) == 0 && url[len] == '/';
}

const char *
target_fault(const struct config *c, const struct target_rule *rule, const char *url, bool *loopback)
{
	struct place p;

	*loopback = false;
	if (url == NULL || !is_plain(url))
		return "must be a URL";
	bool tls = strncasecmp(url, "https://", 8) == 0;
	if (!tls && strncasecmp(url, "http://", 7) != 0)
		return "must begin with https://";
	if (!find_place(url + (tls ? 8 : 7), &p))
		return "must name a host, without a user";
	bool own = rule->own && is_own(c, url), here = is_this_machine(&p);
	if (own || (here && c->insecure_loopback)) {
		*loopback = here || !tls;	/* a public_url without TLS is one of this machine */
		return NULL;
	}
	if (!tls)
		return "must begin with https://";
	if (!is_name(&p))
		return "must have a host name, not an address";
	if (is_inside(&p))
		return "must have a public host name, none of this machine or its network";
	if (rule->hosts != NULL && !is_listed(rule->hosts, &p))
		return "is of a host that we do not call";
	if (!rule->any_port && p.port != NULL && (p.port_len != 3 || strncmp(p.port, "443", 3) != 0))
		return "must be at port 443";
	return NULL;
}
