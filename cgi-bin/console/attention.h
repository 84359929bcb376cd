/* attention.h: what about a device needs its owner: it is out of reach, its battery is low, it raises an alarm. */
#ifndef CONSOLE_ATTENTION_H
#define CONSOLE_ATTENTION_H

#include <stddef.h>

struct device;
struct json;

enum attention { ATTENTION_OFFLINE = 1, ATTENTION_ALARM = 2, ATTENTION_BATTERY = 4 };

#define ATTENTION_BATTERY_LOW 15	/* percent: from here down */

/* Which of them, added up; 0 = all is well. */
unsigned	 attention_find(const struct device *, const struct json *state);

/* "offline", "alarm", "battery": as filters and JSON name them. The i-th; NULL past the end. */
const char	*attention_name(size_t i, enum attention *);

#endif
