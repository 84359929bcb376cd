/* qr.h: a text as a QR code (ISO/IEC 18004), for a page's inline SVG: no image to fetch, no script. */
#ifndef WEB_QR_H
#define WEB_QR_H

struct arena;
struct json;

/* {"size": modules a side with the quiet zone, "path": the d of an SVG path whose unit is a module}. Error correction M. NULL if the
 * text is too long for one (2,331 bytes), or there is no memory. */
struct json	*qr_make(struct arena *, const char *text);

#endif
