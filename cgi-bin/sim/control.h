/* control.h: what a phone shows to move a device with: buttons, sliders and fields, by capability. */
#ifndef SIM_CONTROL_H
#define SIM_CONTROL_H

struct arena;
struct json;
struct sim;

/* The controls of a device for its page, an array of {component, capability, label, buttons|range|number|choice|color...}. */
struct json	*control_show(struct arena *, const struct json *device);

/* The command that a form asks for: its fields "capability", "command", "as" and what belongs to it. NULL with *why if it makes
 * no sense. */
struct json	*control_read(struct sim *, const char **why);

#endif
