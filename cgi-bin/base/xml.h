/* xml.h: XML in, as JSON values; the only door to libxml2.
 *
 * <foo>bar</foo> becomes {"foo":"bar"}, <a><b>1</b><b>2</b></a> {"a":{"b":["1","2"]}}. Names are taken without their prefix,
 * attributes are left out, the text beside elements too; an element without text is "". */
#ifndef BASE_XML_H
#define BASE_XML_H

#include <stddef.h>

struct arena;
struct json;

#define XML_DEPTH	32	/* deepest nesting that is read */

/* Read one XML document in UTF-8. NULL with *why (one sentence) if it is not well-formed, has a document type (and with it
 * entities of its own), a NUL, or is too deep. Nothing is ever fetched. */
struct json	*xml_parse(struct arena *, const char *text, size_t len, const char **why);

#endif
