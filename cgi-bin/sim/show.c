/* show.c: indentation and quoting. */
#include "sim/show.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "sim/call.h"
#include "sim/mask.h"
#include "sim/sim.h"
#include "base/banned.h"

#define TEXT_MAX ((size_t)1 << 20)
#define INDENT_MAX 40

static void
new_line(struct buf *b, int depth)
{
	buf_char(b, '\n');
	for (int i = 0; i < depth && i < INDENT_MAX; i++)
		buf_text(b, "  ");
}

/* A string from its opening quote to its closing one, or the end. */
static const char *
copy_string(struct buf *b, const char *s)
{
	buf_char(b, *s++);
	while (*s != '\0' && *s != '"') {
		if (*s == '\\' && s[1] != '\0')
			buf_char(b, *s++);
		buf_char(b, *s++);
	}
	if (*s == '"')
		buf_char(b, *s++);
	return s;
}

char *
show_pretty(struct arena *a, const char *text)
{
	struct buf b = buf_new(a, TEXT_MAX);
	int depth = 0;

	if (*text != '{' && *text != '[')
		return arena_strdup(a, text);
	for (const char *s = text; *s != '\0';) {
		if (*s == '"') {
			s = copy_string(&b, s);
			continue;
		}
		if (strchr("{[", *s) != NULL && strchr("}]", s[1]) != NULL && s[1] != '\0') {
			buf_add(&b, s, 2);
			s += 2;
			continue;
		}
		if (strchr("}]", *s) != NULL)
			new_line(&b, --depth);
		if (strchr(" \t\r\n", *s) == NULL)
			buf_char(&b, *s);
		if (strchr("{[", *s) != NULL)
			new_line(&b, ++depth);
		else if (*s == ',')
			new_line(&b, depth);
		else if (*s == ':')
			buf_char(&b, ' ');
		s++;
	}
	return b.data;
}

/* --- curl --- */

/* Inside single quotes; a variable steps out of them. */
static void
quote(struct buf *b, const char *text)
{
	for (const char *s = text; *s != '\0';) {
		size_t n = mask_variable(s);
		if (n > 0)
			buf_printf(b, "'\"%.*s\"'", (int)n, s);
		else if (*s == '\'')
			buf_text(b, "'\\''");
		else
			buf_char(b, *s);
		s += n > 0 ? n : 1;
	}
}

char *
show_curl(const struct sim *s, const struct exchange *x)
{
	struct buf b = buf_new(s->arena, TEXT_MAX);

	buf_printf(&b, "curl -s '%s'", call_url(s, x->path));
	if (!x->form)
		buf_text(&b, " -H 'Content-Type: application/json'");
	for (const char *line = x->headers; line != NULL && *line != '\0';) {
		size_t n = strcspn(line, "\n");
		buf_text(&b, " \\\n  -H '");
		quote(&b, arena_strndup(s->arena, line, n));
		buf_text(&b, "'");
		line += n + (line[n] == '\n');
	}
	if (strcmp(x->method, "POST") != 0)
		buf_printf(&b, " -X %s", x->method);
	else {
		buf_text(&b, " \\\n  -d '");
		quote(&b, x->request);
		buf_text(&b, "'");
	}
	return b.data;
}
