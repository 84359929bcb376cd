/* fetch.c: libcurl's multi interface, with everything switched off that we do not need.
 *
 * long because: libcurl is known to this file alone. */
#include "web/fetch.h"

#include <curl/curl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/metrics.h"
#include "base/pause.h"
#include "web/address.h"
#include "base/banned.h"

#define HEAD_MAX 16384	/* bytes of an answer's headers */

struct fetcher {
	CURLM			*multi;
	struct fetch_limits	 limits;
	char			*ca_file;
	struct transfer		*all;	/* in flight */
	size_t			 running;
};

struct transfer {
	struct fetcher	*fetcher;
	CURL		*easy;
	struct curl_slist *headers;
	void		(*done)(void *, const struct fetch_answer *);
	void		*arg;
	struct text {
		char	*data;		/* NUL-terminated; NULL = empty */
		size_t	 len;
	} head, body;
	size_t		 answer_max;	/* bytes of the body */
	bool		 loopback;
	bool		 forbidden;	/* its host has no address that may be called */
	struct transfer	*next, **self;
};

/* --- one transfer --- */

/* curl asks here for each socket, when the name is resolved: what a name stands for cannot change behind our back. */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct transfer *t = arg;

	(void)purpose;
	if (!address_may_be_called(&to->addr, t->loopback)) {
		t->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* As curl wants it: what was taken; anything else than all of it ends the transfer. */
static size_t
append(struct text *text, const char *data, size_t more, size_t max)
{
	if (more > max - text->len)
		return 0;
	char *all = realloc(text->data, text->len + more + 1);
	if (all == NULL)
		return 0;
	memcpy(all + text->len, data, more);
	text->data = all;
	text->len += more;
	all[text->len] = '\0';
	return more;
}

static size_t
take_body(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	return append(&t->body, data, size * n, t->answer_max);
}

/* A status line begins anew: of "100 Continue" and the like nothing is kept. */
static size_t
take_head(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	if (size * n >= 5 && memcmp(data, "HTTP/", 5) == 0)
		t->head.len = 0;
	return append(&t->head, data, size * n, HEAD_MAX);
}

/* --- setting it up --- */

static bool
add_header(struct transfer *t, const char *line)
{
	struct curl_slist *more = curl_slist_append(t->headers, line);

	t->headers = more != NULL ? more : t->headers;
	return more != NULL;
}

/* A header of the caller: no control characters, so that nothing can be smuggled into the request. */
static bool
add_own_header(struct transfer *t, const char *name, const char *value)
{
	size_t len = strlen(name) + strlen(value) + 3;
	char *line = malloc(len);
	bool fine = line != NULL && *name != '\0' && strpbrk(name, ": ") == NULL;

	for (const char *s = name; fine && *s != '\0'; s++)
		fine = (unsigned char)*s > ' ' && (unsigned char)*s < 0x7f;
	for (const char *s = value; fine && *s != '\0'; s++)
		fine = (unsigned char)*s >= ' ' && (unsigned char)*s != 0x7f;
	if (fine) {
		/* To curl "Name:" means that this header is left out, and "Name;" that it is empty. */
		snprintf(line, len, *value != '\0' ? "%s: %s" : "%s;", name, value);
		fine = add_header(t, line);
	}
	free(line);
	return fine;
}

static bool
set_headers(struct transfer *t, const struct fetch_request *r)
{
	bool typed = false, fine = add_header(t, "Expect:");

	for (const char *const *h = r->headers; fine && h != NULL && h[0] != NULL; h += 2) {
		fine = h[1] != NULL && add_own_header(t, h[0], h[1]);
		typed = typed || strcasecmp(h[0], "Content-Type") == 0;
	}
	if (fine && !typed)	/* without a body none at all, where curl would name a form's */
		fine = add_header(t, r->body != NULL ? "Content-Type: application/json; charset=utf-8" : "Content-Type:");
	return fine && curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK;
}

#define SET(option, value) (bad = bad != CURLE_OK ? bad : curl_easy_setopt(e, option, value))

static bool
set_body(CURL *e, const struct fetch_request *r)
{
	CURLcode bad = CURLE_OK;
	bool post = r->body != NULL || strcmp(r->method, "POST") == 0 || strcmp(r->method, "PUT") == 0;

	if (post) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(r->body != NULL ? r->len : 0));
		SET(CURLOPT_COPYPOSTFIELDS, r->body != NULL ? r->body : "");
	}
	if (strcmp(r->method, post ? "POST" : "GET") != 0)
		SET(CURLOPT_CUSTOMREQUEST, r->method);
	return bad == CURLE_OK;
}

static bool
set_up(struct transfer *t, const struct fetch_request *r)
{
	const struct fetch_limits *l = &t->fetcher->limits;
	CURL *e = t->easy;
	CURLcode bad = CURLE_OK;

	t->loopback = r->loopback;
	t->answer_max = r->answer_max > 0 ? r->answer_max : l->answer_max;
	SET(CURLOPT_URL, r->url);
	SET(CURLOPT_PROTOCOLS_STR, r->loopback ? "https,http" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, l->connect_ms);
	SET(CURLOPT_TIMEOUT_MS, r->total_ms > 0 ? r->total_ms : l->total_ms);
	SET(CURLOPT_MAXFILESIZE, (long)t->answer_max);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (t->fetcher->ca_file != NULL)
		SET(CURLOPT_CAINFO, t->fetcher->ca_file);
	SET(CURLOPT_USERAGENT, "Gatehouse");
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_HEADERFUNCTION, take_head);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, t);
	/* A kept connection is the socket of another transfer, whose address was checked just the same. */
	SET(CURLOPT_PRIVATE, t);
	return bad == CURLE_OK && set_body(e, r) && set_headers(t, r);
}
#undef SET

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
	curl_slist_free_all(t->headers);
	free(t->head.data);
	free(t->body.data);
	free(t);
}

bool
fetch_begin(struct fetcher *f, const struct fetch_request *r, void (*done)(void *, const struct fetch_answer *),
    void *arg)
{
	struct transfer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return false;
	*t = (struct transfer){ .fetcher = f, .easy = curl_easy_init(), .done = done, .arg = arg };
	if (t->easy == NULL || !set_up(t, r) || curl_multi_add_handle(f->multi, t->easy) != CURLM_OK) {
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
	struct fetch_answer answer = { .body = t->body.data != NULL ? t->body.data : "", .len = t->body.len,
	    .head = t->head.data != NULL ? t->head.data : "" };
	long status = 0;
	curl_off_t wait = 0, took = 0;

	if (code == CURLE_OK) {
		curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &wait);
	} else
		answer.error = t->forbidden ? "its host has an address that must not be called" : curl_easy_strerror(code);
	answer.status = (int)status;
	curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &took);
	metric_add(metric_of(METRIC_CALLS, "status=\"%d\"", answer.status), 1);
	metric_observe(metric_own(METRIC_CALL_SECONDS), took);
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
	f->ca_file = limits->ca_file != NULL && *limits->ca_file != '\0' ? strdup(limits->ca_file) : NULL;
	f->multi = curl_multi_init();
	if (f->multi == NULL) {
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
	while (f->all != NULL) {
		struct transfer *t = f->all;
		t->done(t->arg, &(struct fetch_answer){ .body = "", .head = "", .error = "it was given up" });
		end(t);
	}
	if (f->multi != NULL)
		curl_multi_cleanup(f->multi);
	free(f->ca_file);
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

	pause_begin();
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

/* --- one alone --- */

struct waiting {
	struct arena		*arena;
	struct fetch_answer	*answer;
	bool			 done;
};

static void
keep(void *arg, const struct fetch_answer *answer)
{
	struct waiting *w = arg;

	*w->answer = *answer;
	w->answer->body = arena_strndup(w->arena, answer->body, answer->len);
	w->answer->head = arena_strdup(w->arena, answer->head);
	w->done = true;
}

void
fetch_once(struct fetcher *f, struct arena *a, const struct fetch_request *r, struct fetch_answer *answer)
{
	struct waiting w = { a, answer, false };

	*answer = (struct fetch_answer){ .body = "", .head = "", .error = "it could not begin" };
	if (!fetch_begin(f, r, keep, &w))
		return;
	while (!w.done)
		fetch_wait(f, -1, 1000);
}

char *
fetch_header(struct arena *a, const struct fetch_answer *answer, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = answer->head, *end; *line != '\0'; line = end + (*end != '\0')) {
		end = line + strcspn(line, "\n");
		if (strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		const char *value = line + len + 1, *last = end;
		while (value < last && (*value == ' ' || *value == '\t'))
			value++;
		while (last > value && (unsigned char)last[-1] <= ' ')
			last--;
		return arena_strndup(a, value, (size_t)(last - value));
	}
	return NULL;
}
