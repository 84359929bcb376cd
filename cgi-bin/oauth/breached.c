/* breached.c: halving over the bytes of a file: a place lies in some line, and that line is before, after or the one. */
#include "oauth/breached.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/banned.h"

#define HEX (2 * SECRET_SHA1)
#define COUNT_MAX 20		/* figures */
#define LINE_MAX_BYTES 64	/* hash, colon, count, CR, LF: and no more */
#define PROBES 64		/* lines between the first and the last that are looked at when it is opened */

struct breached {
	int	 fd;
	off_t	 size;
};

struct line {
	off_t		 from, end;	/* its first byte; the one behind its line end */
	unsigned char	 hash[SECRET_SHA1];
};

enum reading { READ_LINE, READ_FAILED, READ_NO_LIST };

static int
figure(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Read what stands in text up to its line end: 40 hexadecimal figures, then nothing, or a colon and figures. */
static bool
parse(const char *text, size_t len, struct line *l)
{
	if (len > 0 && text[len - 1] == '\r')
		len--;
	if (len < HEX || len > HEX + 1 + COUNT_MAX || (len > HEX && (text[HEX] != ':' || len == HEX + 1)))
		return false;
	for (size_t i = 0; i < SECRET_SHA1; i++) {
		int high = figure(text[2 * i]), low = figure(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		l->hash[i] = (unsigned char)(high << 4 | low);
	}
	for (size_t i = HEX + 1; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return true;
}

/* Read from a place on, as much as there is. */
static ssize_t
read_at(const struct breached *b, off_t at, char *into, size_t len)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(b->fd, into + got, len - got, at + (off_t)got);
		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			return -1;
		got += n > 0 ? (size_t)n : 0;
	}
	return (ssize_t)got;
}

/* The line that the byte at a place belongs to. */
static enum reading
line_at(const struct breached *b, off_t at, struct line *l)
{
	char text[2 * LINE_MAX_BYTES];
	off_t from = at > LINE_MAX_BYTES ? at - LINE_MAX_BYTES : 0;
	ssize_t n = read_at(b, from, text, sizeof(text));
	size_t begin = (size_t)(at - from), end = begin;

	if (n < 0 || (size_t)n <= begin)
		return READ_FAILED;
	while (begin > 0 && text[begin - 1] != '\n')
		begin--;
	while (end < (size_t)n && text[end] != '\n')
		end++;
	if ((begin == 0 && from > 0) || (end == (size_t)n && from + n < b->size) || !parse(text + begin, end - begin, l))
		return READ_NO_LIST;
	l->from = from + (off_t)begin;
	l->end = from + (off_t)end + (end < (size_t)n);
	return READ_LINE;
}

/* --- opening --- */

/* Lines all over the file, each greater than the one before. */
static enum reading
probe(const struct breached *b)
{
	struct line last = { 0 }, l;
	enum reading r = line_at(b, 0, &last);

	for (off_t i = 1; r == READ_LINE && i <= PROBES; i++) {
		off_t at = i == PROBES ? b->size - 1 : b->size / PROBES * i;
		if (at < last.end)
			continue;
		if ((r = line_at(b, at, &l)) == READ_LINE && memcmp(last.hash, l.hash, SECRET_SHA1) >= 0)
			r = READ_NO_LIST;
		last = l;
	}
	return r;
}

struct breached *
breached_open(struct arena *a, const char *path, const char **why)
{
	struct breached *b = arena_alloc(a, sizeof(*b));
	struct stat st;

	if ((b->fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
		*why = arena_printf(a, "%s: %s", path, strerror(errno));
		return NULL;
	}
	if (fstat(b->fd, &st) != 0 || !S_ISREG(st.st_mode))
		*why = arena_printf(a, "%s: is no file", path);
	else if ((b->size = st.st_size) == 0)
		*why = arena_printf(a, "%s: is empty", path);
	else {
		enum reading r = probe(b);
		if (r == READ_LINE)
			return b;
		*why = r == READ_FAILED ? arena_printf(a, "%s: cannot be read", path) : arena_printf(a,
		    "%s: is no list of SHA-1 hashes sorted by hash, a line each, as \"0123...CDEF:5\"", path);
	}
	close(b->fd);
	return NULL;
}

struct breached *
breached_configured(struct arena *a, const struct config *c, const char *file, const char **why)
{
	const char *list = c->login.breached_passwords, *fault = NULL;
	size_t len;

	*why = NULL;
	struct breached *b = *list != '\0' ? breached_open(a, config_path(a, c, list), &fault) : NULL;
	if (fault != NULL) {
		const char *text = config_read_file(a, file, CONFIG_MAX, &len);
		*why = arena_printf(a, "%s:%zu: login.breached_passwords: %s", file,
		    text != NULL ? json_line_of(text, "login.breached_passwords") : 0, fault);
	}
	return b;
}

void
breached_close(struct breached *b)
{
	if (b != NULL)
		close(b->fd);
}

/* --- asking --- */

enum breached_found
breached_has(const struct breached *b, const char *password)
{
	unsigned char hash[SECRET_SHA1];
	struct line l;

	if (b == NULL)
		return BREACHED_NO;
	secret_sha1(password, strlen(password), hash);
	off_t low = 0, high = b->size;
	while (low < high) {	/* both lie between lines */
		off_t middle = low + (high - low) / 2;
		if (line_at(b, middle, &l) != READ_LINE) {
			log_event(LOG_LEVEL_ERROR, "breached_passwords_unreadable", "at=%lld", (long long)middle);
			return BREACHED_UNKNOWN;
		}
		int order = memcmp(hash, l.hash, SECRET_SHA1);
		if (order == 0)
			return BREACHED_YES;
		if (order < 0)
			high = l.from;
		else
			low = l.end;
	}
	return BREACHED_NO;
}
