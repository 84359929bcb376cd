/* chart.h: a device's last day, drawn: bands for words, lines for numbers. */
#ifndef CONSOLE_CHART_H
#define CONSOLE_CHART_H

#include "db/store.h"

struct app;
struct json;
struct list_item;
struct words;

#define CHART_HOURS 24
#define CHART_MAX 8	/* charts of one device: of what changed last */

/* Array for html/chart.html, one an attribute that changed: {label, line: "x,y x,y", low, high, or bands: [{x, width, calm,
 * text}], hours: [{x, when, hour}], rows: [{when, text}]}. Empty if nothing changed. */
enum store_result chart_list(struct app *, const struct words *, const char *user, const struct list_item *, struct json **);

#endif
