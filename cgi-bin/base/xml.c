/* xml.c: libxml2's SAX parser: no tree of its own is built, no entity is known but the five of XML, no file or host is asked. */
#include "base/xml.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "base/banned.h"

#define TEXT_MAX ((size_t)256 << 10)

/* An element that has begun. */
struct element {
	struct json	*members;	/* of elements in it; NULL as long as there are none */
	struct buf	 text;
};

struct reading {
	struct arena	*arena;
	xmlParserCtxt	*parser;
	struct element	 stack[XML_DEPTH + 1];	/* the first stands for the document */
	size_t		 depth;
	const char	*why;
};

static void
stop(struct reading *r, const char *why)
{
	if (r->why == NULL)
		r->why = why;
	xmlStopParser(r->parser);
}

static void
on_start(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_namespaces,
    const xmlChar **namespaces, int n_attributes, int n_defaulted, const xmlChar **attributes)
{
	struct reading *r = arg;

	(void)name, (void)prefix, (void)uri, (void)n_namespaces, (void)namespaces, (void)n_attributes, (void)n_defaulted;
	(void)attributes;
	if (r->depth == XML_DEPTH) {
		stop(r, "it is nested too deeply");
		return;
	}
	r->stack[++r->depth] = (struct element){ .text = buf_new(r->arena, TEXT_MAX) };
}

/* Put an element's value under its name: the second of a name makes a list of both. */
static void
put(struct arena *a, struct element *in, const char *name, struct json *value)
{
	if (in->members == NULL)
		in->members = json_object(a);
	const struct json *there = json_get(in->members, name);
	if (there == NULL) {
		json_set(a, in->members, name, value);
		return;
	}
	struct json *list = json_type(there) == JSON_ARRAY ? json_copy(a, there) : json_array(a);
	if (json_type(there) != JSON_ARRAY)
		json_append(a, list, json_copy(a, there));
	json_append(a, list, value);
	json_set(a, in->members, name, list);
}

static void
on_end(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct reading *r = arg;

	(void)prefix, (void)uri;
	if (r->depth == 0 || r->why != NULL)
		return;
	struct element *e = &r->stack[r->depth--];
	const char *s = e->text.data;
	size_t begin = strspn(s, " \t\r\n"), len = strlen(s);
	while (len > begin && strchr(" \t\r\n", s[len - 1]) != NULL)
		len--;
	struct json *value = e->members != NULL ? e->members :
	    json_new_string(r->arena, arena_strndup(r->arena, s + begin, len - begin));
	put(r->arena, &r->stack[r->depth], (const char *)name, value);
}

static void
on_text(void *arg, const xmlChar *text, int len)
{
	struct reading *r = arg;

	if (r->depth > 0 && len > 0)
		buf_add(&r->stack[r->depth].text, (const char *)text, (size_t)len);
}

static void
on_doctype(void *arg, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)name, (void)external, (void)system;
	stop(arg, "a document type is not allowed");
}

/* libxml2 calls it for each &name; of a text. The five that XML has it knows by itself. */
static xmlEntityPtr
on_entity(void *arg, const xmlChar *name)
{
	(void)arg;
	return xmlGetPredefinedEntity(name);
}

static void
on_error(void *arg, const xmlError *error)
{
	(void)arg, (void)error;	/* what is wrong is known by its code; nothing is printed */
}

struct json *
xml_parse(struct arena *a, const char *text, size_t len, const char **why)
{
	xmlSAXHandler sax = { .initialized = XML_SAX2_MAGIC, .startElementNs = on_start, .endElementNs = on_end,
	    .characters = on_text, .cdataBlock = on_text, .internalSubset = on_doctype, .getEntity = on_entity };
	struct reading r = { .arena = a, .stack = { { .members = NULL } } };
	bool fine = false;

	*why = "it is not UTF-8";
	if (len > INT_MAX || memchr(text, '\0', len) != NULL || !text_is_utf8(text, len))
		return NULL;
	sax.serror = (xmlStructuredErrorFunc)on_error;
	*why = "it is not well-formed XML";
	if ((r.parser = xmlCreatePushParserCtxt(&sax, &r, NULL, 0, NULL)) == NULL)
		return NULL;
	xmlCtxtUseOptions(r.parser, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
	if (xmlSwitchEncoding(r.parser, XML_CHAR_ENCODING_UTF8) == 0)
		fine = xmlParseChunk(r.parser, text, (int)len, 1) == XML_ERR_OK && r.parser->wellFormed;
	xmlFreeParserCtxt(r.parser);
	if (r.why != NULL)
		*why = r.why;
	return fine && r.why == NULL ? r.stack[0].members : NULL;
}
