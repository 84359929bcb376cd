/* json_text.c: a walk through a text that counts lines. */
#include "base/json_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/banned.h"

size_t
json_text_line(const char *text, const char *where)
{
	size_t line = 1;

	for (; text < where; text++)
		line += *text == '\n';
	return line;
}

/* --- where a member stands --- */

static const char *
skip_space(const char *s)
{
	return s + strspn(s, " \t\r\n");
}

/* Past the string that starts at s. */
static const char *
skip_string(const char *s)
{
	for (s++; *s != '"' && *s != '\0'; s++)
		if (*s == '\\' && s[1] != '\0')
			s++;
	return s + (*s == '"');
}

/* Past the value that starts at s. */
static const char *
skip_value(const char *s)
{
	int depth = 0;

	do {
		s = skip_space(s);
		if (*s == '"')
			s = skip_string(s);
		else if (*s == '{' || *s == '[') {
			depth++;
			s++;
		} else if (*s == '}' || *s == ']') {
			depth--;
			s++;
		} else
			s += strcspn(s + 1, ",:{}[]\" \t\r\n") + (*s != '\0');
		s = skip_space(s);
	} while (*s != '\0' && depth > 0);
	return s;
}

/* The member called name[0..len) of the object or array at s: where its name (or element) starts, and its value. */
static const char *
find_member(const char *s, const char *name, size_t len, const char **value)
{
	bool object = *s == '{';
	size_t place = 0;

	for (s = skip_space(s + 1); *s != '\0' && *s != '}' && *s != ']'; place++) {
		const char *start = s;
		bool hit;
		if (object) {
			const char *end = skip_string(s);
			hit = (size_t)(end - s) == len + 2 && memcmp(s + 1, name, len) == 0;
			s = skip_space(end);
			s = skip_space(s + (*s == ':'));
		} else
			hit = strtoul(name, NULL, 10) == place;
		*value = s;
		if (hit)
			return start;
		s = skip_value(s);
		s = skip_space(s + (*s == ','));
	}
	return NULL;
}

size_t
json_line_of(const char *text, const char *path)
{
	const char *at = NULL, *value = skip_space(text);

	while (*path != '\0') {
		size_t len = *value == '[' ? strcspn(path, ".") : strlen(path);
		if (*value != '{' && *value != '[')
			return 0;
		const char *in = value;
		/* A name may have dots in it: the longest that is there. */
		while ((at = find_member(in, path, len, &value)) == NULL) {
			while (len > 0 && path[--len] != '.')
				;
			if (len == 0)
				return 0;
		}
		path += len + (path[len] == '.');
	}
	return at != NULL ? json_text_line(text, at) : 1;
}
