/* hosts.c: a hash by name; a host is known while it has calls, waiters or failures. */
#include "courier/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/banned.h"

#define SLOTS 256
#define FAILED_MAX 1000		/* hosts that are known for their failures alone */

struct host {
	char		*name;		/* "https://example.org:8443", in small letters */
	unsigned	 calls, failures;
	struct host_waiter *first, **last;
	struct host	*next;		/* of the same slot */
};

struct hosts {
	struct host	*slots[SLOTS];
	unsigned char	 key[16];	/* so that nobody can choose names of one slot */
	unsigned	 waited;	/* hosts that somebody waits for */
	unsigned	 idle;		/* hosts that are known for their failures alone */
};

struct hosts *
hosts_new(void)
{
	struct hosts *all = calloc(1, sizeof(*all));

	if (all != NULL)
		secret_random(all->key, sizeof(all->key));
	return all;
}

static void
drop(struct host *h)
{
	free(h->name);
	free(h);
}

void
hosts_free(struct hosts *all)
{
	for (size_t i = 0; all != NULL && i < SLOTS; i++)
		for (struct host *h = all->slots[i], *next; h != NULL; h = next) {
			next = h->next;
			drop(h);
		}
	free(all);
}

static size_t
name_length(const char *url)
{
	const char *host = strstr(url, "://");

	host = host != NULL ? host + 3 : url;
	return (size_t)(host - url) + strcspn(host, "/?#");
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static size_t
slot_of(const struct hosts *all, const char *url, size_t len)
{
	size_t h = 1469598103934665603u;

	for (size_t i = 0; i < sizeof(all->key); i++)
		h = (h ^ all->key[i]) * 1099511628211u;
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)lower(url[i])) * 1099511628211u;
	return (h ^ h >> 32) % SLOTS;
}

static bool
is(const struct host *h, const char *url, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (h->name[i] != lower(url[i]))
			return false;
	return h->name[len] == '\0';
}

static struct host *
find(const struct hosts *all, const char *url)
{
	size_t len = name_length(url);
	struct host *h = all->slots[slot_of(all, url, len)];

	while (h != NULL && !is(h, url, len))
		h = h->next;
	return h;
}

static struct host *
find_or_make(struct hosts *all, const char *url)
{
	size_t len = name_length(url);
	struct host *h = find(all, url), **slot = &all->slots[slot_of(all, url, len)];

	if (h != NULL)
		return h;
	if ((h = calloc(1, sizeof(*h))) == NULL || (h->name = strndup(url, len)) == NULL) {
		free(h);
		return NULL;
	}
	for (char *s = h->name; *s != '\0'; s++)
		*s = lower(*s);
	h->last = &h->first;
	h->next = *slot;
	*slot = h;
	return h;
}

/* Nothing is to be remembered of it any more. */
static void
forget_if_idle(struct hosts *all, struct host *h)
{
	if (h->calls > 0 || h->first != NULL)
		return;
	if (h->failures > 0 && all->idle < FAILED_MAX) {
		all->idle++;
		return;
	}
	struct host **p = &all->slots[slot_of(all, h->name, strlen(h->name))];
	while (*p != h)
		p = &(*p)->next;
	*p = h->next;
	drop(h);
}

/* It is used again. */
static void
rouse(struct hosts *all, struct host *h)
{
	if (h->calls == 0 && h->first == NULL && h->failures > 0 && all->idle > 0)
		all->idle--;
}

static unsigned
limit(const struct host *h)
{
	return h->failures >= HOSTS_FAILURES ? HOSTS_CALLS_DEAD : HOSTS_CALLS;
}

bool
hosts_has_room(const struct hosts *all, const char *url)
{
	const struct host *h = find(all, url);

	return h == NULL || h->calls < limit(h);
}

bool
hosts_wait(struct hosts *all, const char *url, struct host_waiter *w)
{
	struct host *h = find_or_make(all, url);

	if (h == NULL)
		return false;
	rouse(all, h);
	if (h->first == NULL)
		all->waited++;
	w->host = h;
	w->next = NULL;
	*h->last = w;
	h->last = &w->next;
	return true;
}

struct host *
hosts_begin(struct hosts *all, const char *url)
{
	struct host *h = find_or_make(all, url);

	if (h != NULL) {
		rouse(all, h);
		h->calls++;
	}
	return h;
}

void
hosts_end(struct hosts *all, struct host *h, bool answered)
{
	h->calls--;
	h->failures = answered ? 0 : h->failures + 1;
	forget_if_idle(all, h);
}

static void
release(struct hosts *all, struct host *h)
{
	for (unsigned n = h->calls; n < limit(h) && h->first != NULL; n++) {
		struct host_waiter *w = h->first;
		h->first = w->next;
		if (h->first == NULL) {
			h->last = &h->first;
			all->waited--;
		}
		w->host = NULL;
		w->ready(w);
	}
	forget_if_idle(all, h);
}

bool
hosts_release(struct hosts *all)
{
	bool some = false;

	for (size_t i = 0; all->waited > 0 && i < SLOTS; i++)
		for (struct host *h = all->slots[i], *next; h != NULL; h = next) {
			next = h->next;
			if (h->first != NULL && h->calls < limit(h)) {
				some = true;
				release(all, h);
			}
		}
	return some;
}
