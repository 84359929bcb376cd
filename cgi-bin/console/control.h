/* control.h: what an owner can press, slide and set on a device, worked out from the catalogue's data.
 *
 * No capability has a control of its own. An attribute gets one by what its capability's commands do to it: two that turn
 * it on and off make a switch, some that each set one value make buttons, one that takes a number makes a slider or a
 * field, one that takes a word of a list makes a choice. Hue and saturation together make a colour. What no command moves
 * is read, and set by the owner as a sensor would report it, unless another maker's cloud says how the device is; where each
 * value is an event, it is pressed. */
#ifndef CONSOLE_CONTROL_H
#define CONSOLE_CONTROL_H

#include <stdbool.h>

struct catalogue;
struct json;
struct list_item;
struct words;

#define CONTROL_CARD_MAX 8	/* on a card of the list */

/* The controls of a device as templates show them (html/controls.html): array of {key, component, label, value, text and
 * one of toggle, buttons, range, field, choice, colour, press, sensor, reading}. On a card the first few of the plain ones. */
struct json	*control_list(const struct words *, const struct catalogue *, const struct list_item *, bool card);

#endif
