/* state.h: how a device is: online or not, and the value of each attribute with the time it came.
 *
 * Record "state/<user>/<id>": {"v":1,"online":true,"main":{"switch":{"switch":{"value":"on","time":<ms>}}}}, and
 * "unit" beside a value where it is not the usual one, "data" where there are facts about it, "since" (ms) beside
 * online; "changed" is the seq of its newest change (device/change.h). */
#ifndef DEVICE_STATE_H
#define DEVICE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

struct arena;
struct catalogue;
struct change;
struct device;
struct json;

/* One attribute's value. Pointers live in the state they were read from. */
struct state_value {
	const char	*component;	/* "main" */
	const char	*capability;	/* without "st." */
	const char	*attribute;
	const struct json *value;
	const char	*unit;		/* NULL if it has none */
	const struct json *data;	/* facts beside the value, an object; NULL if there are none */
	int64_t		 time;		/* ms */
	const struct json *was;		/* of a value read from the log of changes: what stood in its place, as state_slot; or NULL */
};

/* The state a device begins with: each attribute that the catalogue gives a first value. */
struct json	*state_first(struct arena *, const struct catalogue *, const struct device *);

enum store_result state_get(struct store *, struct arena *, const char *user, const char *id, const struct json **state);

/* Call fn for every value of a state, in the order of the device's components and capabilities; healthCheck's
 * healthStatus comes first and follows online. */
void		 state_each(struct arena *, const struct catalogue *, const struct device *, const struct json *state,
		    void (*fn)(void *arg, const struct state_value *), void *arg);

bool		 state_online(const struct json *state);

/* One value of a device; false if it has none. */
bool		 state_find(struct arena *, const struct catalogue *, const struct device *, const struct json *state,
		    const char *component, const char *capability, const char *attribute, struct state_value *);

/* {component, capability, attribute, value, unit?, data?, timestamp}: how values are told to whoever asks. */
struct json	*state_show(struct arena *, const struct state_value *);

/* The same of a value that is new, as the log of changes keeps it: with "was", the slot in whose place it came (NULL: in none;
 * left out, too, where it is a list, an object or a long text). */
struct json	*state_show_change(struct arena *, const struct state_value *, const struct json *was);

/* {"value", "time", "unit"?, "data"?} as it stands in the record; NULL if there is none. */
const struct json *state_slot(const struct json *state, const char *component, const char *capability,
		    const char *attribute);

/* Put a value into the record. unit NULL leaves it as it was. False, and nothing is done, if it is no news: the same
 * value, unit and data again, where the attribute is no event. *was (may be NULL): a copy of the slot that it replaced. */
bool		 state_put(struct arena *, struct json *state, const struct state_value *, bool event, const struct json **was);

/* The record's key. */
char		*state_key(struct arena *, const char *user, const char *id);

#define STATE_MAX	65536	/* bytes of a state record */

/* Write the record. STORE_LIMIT if it is over STATE_MAX. */
enum store_result state_tx_put(struct store_tx *, const char *key, const struct json *state);

/* Is it an event, such as a button's, which is told each time and at once, or a state, of which the last counts? */
bool		 state_is_event(const struct catalogue *, const char *capability, const char *attribute);

/* Write the record with the change that made it: noted, and chained to the device's change before. catalogue: NULL where none
 * of its values is an event. */
enum store_result state_tx_change(struct store_tx *, const struct catalogue *, struct json *state, struct change);

/* Parse "st.switchLevel.level=42", "outlet2/st.switch.switch=on", "temperatureMeasurement.temperature=20.5C" as the owner
 * types it, check it against the catalogue, and put it into state (a copy of the record's JSON) at time ms.
 * NULL if fine, else a sentence. */
const char	*state_assign(struct arena *, const struct catalogue *, const struct device *, struct json *state,
		    const char *text, int64_t ms);

/* The same with the value as JSON, as a device's definition has it; a text is read as above where a text cannot be. */
const char	*state_assign_json(struct arena *, const struct catalogue *, const struct device *, struct json *state,
		    const char *name, const struct json *value, int64_t ms);

/* May its states be set here, as the device itself would report them? Not where another maker's cloud says how it is: it would be
 * so here alone, and until the next look. */
bool		 state_is_settable(const struct device *);

/* Apply several such texts to a stored device, all or none. *why on STORE_LIMIT. changed (may be NULL): an array of
 * state_show_change of what is new now. */
enum store_result state_set(struct store *, struct arena *, const struct catalogue *, const char *user, const char *id,
		    const char *const *texts, size_t n, const char **why, struct json **changed);

/* What a device's source heard of it. */
struct state_report {
	bool			 online;
	const struct json	*values;	/* object: "outlet2/switch.switch" -> value; NULL = none */
};

/* Put a report into a stored device's state, inside a transaction: what is new is told, what cannot be a value of the
 * device is left out, the first such *why (NULL: none; may be NULL). Writes nothing if nothing is new. */
enum store_result state_tx_report(struct store_tx *, const struct catalogue *, const char *user, const char *id,
		    const struct state_report *, const char **why);

enum store_result state_set_online(struct store *, struct arena *, const char *user, const char *id, bool online);

#endif
