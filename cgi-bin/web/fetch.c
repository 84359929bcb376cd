/* fetch.c: libcurl's multi interface, with everything switched off that we do not need. */
#include "web/fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

struct fetcher {
	CURLM			*multi;
	struct curl_slist	*headers;
	struct fetch_limits	 limits;
	struct transfer		*all;	/* in flight */
	size_t			 running;
};

struct transfer {
	struct fetcher	*fetcher;
	CURL		*easy;
	void		(*done)(void *, const struct fetch_answer *);
	void		*arg;
	char		*body;
	size_t		 len;
	bool		 forbidden;	/* its host has no address that may be called */
	struct transfer	*next, **self;
};

/* --- addresses --- */

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
fetch_address_is_public(const char *text)
{
	unsigned char address[16];

	if (inet_pton(AF_INET, text, address) == 1)
		return is_public(AF_INET, address);
	return inet_pton(AF_INET6, text, address) == 1 && is_public(AF_INET6, address);
}

/* curl asks here for each socket, when the name is resolved: what a name stands for cannot change behind our back. */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct transfer *t = arg;
	const unsigned char *address = NULL;

	(void)purpose;
	if (to->family == AF_INET)
		address = (const unsigned char *)&((const struct sockaddr_in *)(const void *)&to->addr)->sin_addr;
	else if (to->family == AF_INET6)
		address = (const unsigned char *)&((const struct sockaddr_in6 *)(const void *)&to->addr)->sin6_addr;
	if (address == NULL || !(is_public(to->family, address) ||
	    (t->fetcher->limits.loopback && is_loopback(to->family, address)))) {
		t->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* --- one transfer --- */

static size_t
take(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t more = size * n;

	if (more > t->fetcher->limits.answer_max - t->len)
		return 0;
	char *body = realloc(t->body, t->len + more + 1);
	if (body == NULL)
		return 0;
	memcpy(body + t->len, data, more);
	t->body = body;
	t->len += more;
	t->body[t->len] = '\0';
	return more;
}

static bool
set_up(struct transfer *t, const char *url, const char *body)
{
	const struct fetch_limits *l = &t->fetcher->limits;
	CURL *e = t->easy;
	CURLcode bad = CURLE_OK;

#define SET(option, value) (bad = bad != CURLE_OK ? bad : curl_easy_setopt(e, option, value))
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PROTOCOLS_STR, l->loopback ? "https,http" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, l->connect_ms);
	SET(CURLOPT_TIMEOUT_MS, l->total_ms);
	SET(CURLOPT_MAXFILESIZE, (long)l->answer_max);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_HTTPHEADER, t->fetcher->headers);
	SET(CURLOPT_USERAGENT, "Gatehouse");
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDSIZE, (long)strlen(body));
	SET(CURLOPT_COPYPOSTFIELDS, body);
	SET(CURLOPT_WRITEFUNCTION, take);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, t);
	/* A kept connection is the socket of another transfer, whose address was checked just the same. */
	SET(CURLOPT_PRIVATE, t);
#undef SET
	return bad == CURLE_OK;
}

static void
end(struct transfer *t)
{
	if (t->self != NULL) {
		*t->self = t->next;
		if (t->next != NULL)
			t->next->self = t->self;
		curl_multi_remove_handle(t->fetcher->multi, t->easy);
		t->fetcher->running--;
	}
	curl_easy_cleanup(t->easy);
	free(t->body);
	free(t);
}

bool
fetch_post(struct fetcher *f, const char *url, const char *body, void (*done)(void *, const struct fetch_answer *),
    void *arg)
{
	struct transfer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return false;
	*t = (struct transfer){ .fetcher = f, .easy = curl_easy_init(), .done = done, .arg = arg };
	if (t->easy == NULL || !set_up(t, url, body) || curl_multi_add_handle(f->multi, t->easy) != CURLM_OK) {
		end(t);
		return false;
	}
	t->next = f->all;
	t->self = &f->all;
	if (f->all != NULL)
		f->all->self = &t->next;
	f->all = t;
	f->running++;
	return true;
}

static void
finish(struct transfer *t, CURLcode code)
{
	struct fetch_answer answer = { .body = t->body != NULL ? t->body : "", .len = t->len };
	long status = 0;
	curl_off_t wait = 0;

	if (code == CURLE_OK) {
		curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &wait);
	} else
		answer.error = t->forbidden ? "its host has an address that must not be called" : curl_easy_strerror(code);
	answer.status = (int)status;
	answer.retry_after = wait > 0 && wait < 86400 ? (long)wait : 0;
	t->done(t->arg, &answer);
	end(t);
}

/* --- all of them --- */

struct fetcher *
fetch_new(const struct fetch_limits *limits)
{
	struct fetcher *f = calloc(1, sizeof(*f));

	if (f == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(f);
		return NULL;
	}
	f->limits = *limits;
	f->multi = curl_multi_init();
	f->headers = curl_slist_append(NULL, "Content-Type: application/json; charset=utf-8");
	if (f->headers != NULL)
		curl_slist_append(f->headers, "Expect:");
	if (f->multi == NULL || f->headers == NULL) {
		fetch_free(f);
		return NULL;
	}
	curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)limits->at_once);
	return f;
}

void
fetch_free(struct fetcher *f)
{
	if (f == NULL)
		return;
	while (f->all != NULL)
		end(f->all);
	if (f->multi != NULL)
		curl_multi_cleanup(f->multi);
	curl_slist_free_all(f->headers);
	free(f);
	curl_global_cleanup();
}

bool
fetch_has_room(const struct fetcher *f)
{
	return f->running < f->limits.at_once;
}

size_t
fetch_running(const struct fetcher *f)
{
	return f->running;
}

bool
fetch_wait(struct fetcher *f, int fd, int timeout_ms)
{
	struct curl_waitfd more = { .fd = fd, .events = CURL_WAIT_POLLIN };
	int running, left;

	curl_multi_perform(f->multi, &running);
	if ((size_t)running == f->running)	/* none has ended already */
		curl_multi_poll(f->multi, fd >= 0 ? &more : NULL, fd >= 0 ? 1 : 0, timeout_ms, NULL);
	curl_multi_perform(f->multi, &running);
	for (CURLMsg *m; (m = curl_multi_info_read(f->multi, &left)) != NULL;) {
		struct transfer *t = NULL;
		CURLcode code = m->data.result;
		if (m->msg == CURLMSG_DONE && curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t) == CURLE_OK)
			finish(t, code);
	}
	return fd >= 0 && (more.revents & CURL_WAIT_POLLIN) != 0;
}
