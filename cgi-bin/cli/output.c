/* output.c: aligned columns without colour; nothing from a record reaches the terminal as a control character. */
#include "cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/noun.h"
#include "base/banned.h"

#define TABLE_COLUMNS	12
#define TEXT_MAX	(1u << 20)	/* bytes of one value */

/* --- text that a terminal may be given --- */

/* Is there a control character at s: ASCII, or U+0080 to U+009F? */
static bool
is_control(const char *s)
{
	unsigned char c = (unsigned char)*s, next = (unsigned char)s[1];

	return c < 0x20 || c == 0x7f || (c == 0xc2 && next < 0xa0);
}

static void
print_clean(FILE *out, const char *s)
{
	for (; *s != '\0'; s++) {
		if (!is_control(s))
			fputc(*s, out);
		else {
			fputc('?', out);
			s += (unsigned char)*s == 0xc2 && s[1] != '\0';
		}
	}
}

/* Characters, for alignment. */
static int
width(const char *s)
{
	int n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* --- values --- */

static const char *
time_text(struct arena *a, const struct json *v, long long unit)
{
	long long n;
	struct tm tm;

	if (!json_int(v, &n) || n == 0)
		return "never";
	time_t t = (time_t)(n / unit);
	if (gmtime_r(&t, &tm) == NULL)
		return "?";
	return arena_printf(a, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static const char *
array_text(struct arena *a, const struct json *v)
{
	struct buf b = buf_new(a, TEXT_MAX);

	for (const struct json *e = json_first(v); e != NULL; e = json_next(e)) {
		buf_text(&b, b.len > 0 ? ", " : "");
		buf_text(&b, json_string(e) != NULL ? json_string(e) : json_print(a, e));
	}
	return b.data;
}

/* Never empty, so that every column has something in it and no line ends with a space. */
static const char *
value_text(struct arena *a, const struct json *v, enum output_kind kind)
{
	const char *text = json_string(v);

	if (v == NULL || json_type(v) == JSON_NULL || (text != NULL && *text == '\0'))
		return "-";
	if (kind == OUTPUT_TIME || kind == OUTPUT_MS)
		return time_text(a, v, kind == OUTPUT_MS ? 1000 : 1);
	if (kind == OUTPUT_COUNT)
		return arena_printf(a, "%zu", json_count(v));
	if (kind == OUTPUT_YES)
		return json_bool(v, false) ? "yes" : "no";
	if (json_type(v) == JSON_ARRAY)
		return json_first(v) != NULL ? array_text(a, v) : "-";
	return text != NULL ? text : json_print(a, v);
}

const char *
output_text(const struct cli *c, const struct json *v, enum output_kind kind)
{
	return value_text(c->arena, v, kind);
}

/* --- tables --- */

void
output_json(const struct cli *c, const struct json *v)
{
	printf("%s\n", json_print(c->arena, v));
}

/* Print cells with the last one unpadded, so that no line ends with spaces. */
static void
print_row(const char *const *cells, const int *widths, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		print_clean(stdout, cells[i]);
		if (i + 1 < n)
			printf("%*s", widths[i] - width(cells[i]) + 2, "");
	}
	putchar('\n');
}

static void
row_cells(const struct cli *c, const struct json *row, const struct output_column *columns, size_t n,
    const char **cells)
{
	for (size_t i = 0; i < n; i++)
		cells[i] = value_text(c->arena, json_get(row, columns[i].member), columns[i].kind);
}

void
output_list(const struct cli *c, const struct json *rows, const struct output_column *columns, const char *none)
{
	const char *cells[TABLE_COLUMNS];
	int widths[TABLE_COLUMNS];
	size_t n = 0;

	if (c->json || json_first(rows) == NULL) {
		c->json ? output_json(c, rows) : (void)printf("%s\n", none);
		return;
	}
	for (; n < TABLE_COLUMNS && columns[n].member != NULL; n++) {
		cells[n] = columns[n].title;
		widths[n] = width(columns[n].title);
	}
	for (const struct json *row = json_first(rows); row != NULL; row = json_next(row)) {
		const char *these[TABLE_COLUMNS];
		row_cells(c, row, columns, n, these);
		for (size_t i = 0; i < n; i++)
			widths[i] = width(these[i]) > widths[i] ? width(these[i]) : widths[i];
	}
	print_row(cells, widths, n);
	for (const struct json *row = json_first(rows); row != NULL; row = json_next(row)) {
		row_cells(c, row, columns, n, cells);
		print_row(cells, widths, n);
	}
}

/* What columns say of a member; itself as a title if they say nothing. */
static struct output_column
column_of(const struct output_column *columns, const char *member)
{
	for (; columns != NULL && columns->member != NULL; columns++)
		if (strcmp(columns->member, member) == 0)
			return *columns;
	return (struct output_column){ member, member, OUTPUT_TEXT };
}

void
output_object(const struct cli *c, const struct json *object, const struct output_column *columns)
{
	int titles = 0;

	if (c->json) {
		output_json(c, object);
		return;
	}
	for (const struct json *m = json_first(object); m != NULL; m = json_next(m)) {
		int w = width(column_of(columns, json_name(m)).title);
		titles = w > titles ? w : titles;
	}
	for (const struct json *m = json_first(object); m != NULL; m = json_next(m)) {
		struct output_column column = column_of(columns, json_name(m));
		const char *cells[] = { column.title, value_text(c->arena, m, column.kind) };
		print_row(cells, &titles, 2);
	}
}

void
output_say(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	if (c->json)
		return;
	va_start(ap, fmt);
	print_clean(stdout, arena_vprintf(c->arena, fmt, ap));
	va_end(ap);
	putchar('\n');
}

/* --- refusals --- */

const char *
output_word(const struct cli *c, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+,=-";
	struct buf b = buf_new(c->arena, TEXT_MAX);

	if (*word != '\0' && *word != '-' && word[strspn(word, plain)] == '\0')
		return word;
	buf_char(&b, '\'');
	for (; *word != '\0'; word++)
		*word == '\'' ? buf_text(&b, "'\\''") : buf_char(&b, *word);
	buf_char(&b, '\'');
	return b.data;
}

const char *
output_command(const struct cli *c, const char *fmt, ...)
{
	const char *root = args_value(c, "root");
	va_list ap;

	va_start(ap, fmt);
	char *words = arena_vprintf(c->arena, fmt, ap);
	va_end(ap);
	return root == NULL ? arena_printf(c->arena, "gatehouse %s", words) :
	    arena_printf(c->arena, "gatehouse --root %s %s", output_word(c, root), words);
}

static void
print_labelled(const char *label, const char *text)
{
	fprintf(stderr, "%s: ", label);
	print_clean(stderr, text);
	fputc('\n', stderr);
}

void
output_error(const char *what)
{
	print_labelled("gatehouse", what);
}

int
output_refuse(const struct cli *c, const char *next, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	output_error(arena_vprintf(c->arena, fmt, ap));
	va_end(ap);
	print_labelled("next", next);
	return CLI_REFUSED;
}

int
output_store(const struct cli *c, enum store_result result)
{
	static const struct { enum store_result result; const char *what, *next; } texts[] = {
		{ STORE_ABSENT, "the record is gone meanwhile", "run the command again to see how things are now" },
		{ STORE_CONFLICT, "too many others wrote the same records; nothing was changed",
		    "run the command again" },
		{ STORE_FULL, "the disk is full; nothing was changed",
		    "make room on the store's disk, then run the command again" },
		{ STORE_UNKNOWN, "the connection to the store was lost; it may be done or not",
		    "look with list or show whether it is done" },
		{ STORE_LIMIT, "the record would be larger than the store takes; nothing was changed",
		    "use fewer or smaller values" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].result == result)
			return output_refuse(c, texts[i].next, "%s", texts[i].what);
	return output_refuse(c, "look at the disk and the rights of the store's folder, then run it again",
	    "the store cannot be read or written (%s)", store_result_name(result));
}

int
output_end(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return CLI_DONE;
	fprintf(stderr, "gatehouse: what was printed did not arrive: %s\n"
	    "next: look at where stdout goes; what was asked for is done\n", strerror(errno));
	return CLI_REFUSED;
}
