/* qr.c: libqrencode's modules as runs of a path. */
#include "web/qr.h"

#include <qrencode.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/banned.h"

#define QUIET 4		/* modules of white around it, as the standard wants */
#define PATH_MAX_BYTES ((size_t)1 << 20)

struct json *
qr_make(struct arena *a, const char *text)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	struct json *v = json_object(a);
	struct buf path = buf_new(a, PATH_MAX_BYTES);

	if (code == NULL)
		return NULL;
	for (int y = 0; y < code->width; y++)
		for (int x = 0, run; x < code->width; x += run + 1) {
			for (run = 0; x + run < code->width && (code->data[y * code->width + x + run] & 1) != 0; run++)
				;
			if (run > 0)
				buf_printf(&path, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, run, run);
		}
	json_set_int(a, v, "size", code->width + 2 * QUIET);
	json_set_string(a, v, "path", path.data);
	QRcode_free(code);
	return v;
}
