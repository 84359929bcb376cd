/* template.h: a small logic-free template language, which escapes everything it puts in.
 *
 * {{a.b}} is a value of the data, HTML-escaped; {{t.key}} a text, which may hold values itself, {{t.*a}} the text whose key is
 * a's value; {{#a}}...{{/a}} repeats for each element of an array, or stands once if a is there and not false, "" or empty;
 * {{^a}}...{{/a}} stands otherwise; {{.}} is the element itself; {{>name}} puts another template in. There is no way
 * to put a value in unescaped. A value that is not there counts as empty; a text that is not there is logged.
 *
 * A value inside a text is kept apart where it would turn round the sentence (right-to-left letters, U+202E); in a template
 * itself, that is <bdi>'s to do. */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H

struct arena;
struct json;

struct template_source {
	const char		*(*find)(const void *set, const char *name);	/* another template, NULL: there is none */
	const void		*set;
	const struct json	*texts;
};

char	*template_render(const struct template_source *, struct arena *, const char *text, const struct json *data);

#endif
