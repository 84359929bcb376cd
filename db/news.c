/* news.c: names of what may be told, there and back. */
#include "db/news.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/bell.h"
#include "base/buf.h"
#include "base/wake.h"
#include "base/banned.h"

static const struct { const char *name; void (*fn)(const char *); } kinds[] = {
	{ "bell ", bell_ring },
	{ "wake ", wake_send },
};

void
news_begin(struct buf *b)
{
	buf_printf(b, "%016llx", (unsigned long long)bell_place());
}

void
news_add(struct buf *b, void (*fn)(const char *), const char *arg)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].fn == fn && strchr(arg, '\n') == NULL)
			buf_printf(b, "\n%s%s", kinds[i].name, arg);
}

bool
news_is_some(const struct buf *b)
{
	return b->len > 16;
}

static void
do_line(const char *line, size_t len)
{
	char word[WAKE_WORD + 1];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t name = strlen(kinds[i].name);
		if (len <= name || len - name > WAKE_WORD || strncmp(line, kinds[i].name, name) != 0)
			continue;
		snprintf(word, sizeof(word), "%.*s", (int)(len - name), line + name);
		kinds[i].fn(word);
	}
}

void
news_do(const char *text)
{
	char ours[17];

	snprintf(ours, sizeof(ours), "%016llx", (unsigned long long)bell_place());
	if (strncmp(text, ours, strlen(ours)) == 0)
		return;
	if (strcmp(text, NEWS_MISSED) == 0) {
		bell_ring_all();
		wake_send(WAKE_MISSED);
		return;
	}
	for (const char *line = text; (line = strchr(line, '\n')) != NULL;) {
		line++;
		do_line(line, strcspn(line, "\n"));
	}
}
