/* source.c: the table of sources, and what they have in common. */
#include "device/source.h"

#include <string.h>

#include "base/arena.h"
#include "device/catalogue.h"
#include "device/device.h"
#include "device/effect.h"
#include "base/banned.h"

#define SOURCES 4

static const struct source *sources[SOURCES] = {
	&source_virtual,
};

const struct source *
source_find(const char *name)
{
	for (size_t i = 0; i < SOURCES && sources[i] != NULL; i++)
		if (strcmp(sources[i]->name, name) == 0)
			return sources[i];
	return NULL;
}

void
source_add(const struct source *s)
{
	size_t i = 0;

	while (i < SOURCES && sources[i] != NULL && strcmp(sources[i]->name, s->name) != 0)
		i++;
	if (i < SOURCES)
		sources[i] = s;
}

const char *
source_capability(const struct checked_command *c)
{
	return c->capability->id;
}

const char *
source_command(const struct checked_command *c)
{
	return c->type->name;
}

const char *
source_command_fault(const struct source_job *job, const struct device *d, const struct json *state,
    const struct checked_command *c)
{
	const struct effect_run run = { job->arena, job->catalogue, d, catalogue_type(job->catalogue, d->type), state,
	    c->component, c->capability, c->type, c->arguments };
	struct effect_change changes[EFFECTS_MAX];
	bool refresh;
	size_t n;

	return effects_compute(&run, changes, &n, &refresh);
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
