/* source.c: the table of sources, and what they have in common. */
#include "device/source.h"

#include <string.h>

#include "base/arena.h"
#include "device/catalogue.h"
#include "device/device.h"
#include "device/effect.h"
#include "base/banned.h"

static const struct source *const sources[] = {
	&source_virtual,
};

const struct source *
source_find(const char *name)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (strcmp(sources[i]->name, name) == 0)
			return sources[i];
	return NULL;
}

void
source_begin(struct source_job *job)
{
	job->fault = COMMAND_OK;
	job->detail = NULL;
	job->state = NULL;
	job->touched = NULL;
	job->all = false;
}

void
source_touch(struct source_job *job, const char *component, const char *capability, const char *attribute)
{
	struct touched **end = &job->touched;

	for (; *end != NULL; end = &(*end)->next)
		if (strcmp((*end)->component, component) == 0 && strcmp((*end)->capability, capability) == 0 &&
		    strcmp((*end)->attribute, attribute) == 0)
			return;
	*end = arena_alloc(job->arena, sizeof(**end));
	**end = (struct touched){ component, capability, attribute, NULL };
}

void
source_touch_command(struct source_job *job, const struct device *d, const struct checked_command *c)
{
	const struct effect_run run = { .arena = job->arena, .catalogue = job->catalogue, .device = d,
	    .type = catalogue_type(job->catalogue, d->type), .component = c->component, .capability = c->capability,
	    .command = c->type };

	for (size_t i = 0; i < c->type->n_effects; i++) {
		const struct capability *capability;
		const struct attribute *a = effect_target(&run, &c->type->effects[i], &capability);
		if (a != NULL)
			source_touch(job, c->component, capability->id, a->name);
	}
}

bool
source_stored(struct source_job *job, enum store_result r)
{
	static const struct {
		enum store_result	 result;
		enum command_fault	 fault;
		const char		*detail;
	} faults[] = {
		{ STORE_ABSENT, COMMAND_NO_DEVICE, "no such device" },
		{ STORE_LIMIT, COMMAND_BAD_ARGUMENT, "more than one device can hold" },
	};

	if (r == STORE_OK)
		return true;
	job->fault = COMMAND_UNAVAILABLE;
	job->detail = "cannot be stored now";
	job->state = NULL;	/* whatever it was, it has not come true */
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].result == r) {
			job->fault = faults[i].fault;
			job->detail = faults[i].detail;
		}
	return false;
}
