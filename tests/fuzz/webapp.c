/* Any bytes as an app's file, of JSON and of YAML: taken whole, or refused with a line; of what is taken any path finds a mapping or none. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "endpoints/mapping.h"
#include "endpoints/openapi.h"
#include "tests/unit/rest_fixture.h"
#include "base/banned.h"

int	 LLVMFuzzerInitialize(int *, char ***);
int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	rest_begin();
	atexit(rest_end);
	return 0;
}

static void
load(struct arena *a, const char *name, const uint8_t *data, size_t n)
{
	const char *why = NULL, *folder = arena_printf(a, "%s/apps", fx.root), *file = arena_printf(a, "%s/%s", folder, name);
	FILE *f = fopen(file, "w");
	struct json *variables;

	assert(f != NULL && fwrite(data, 1, n, f) == n && fclose(f) == 0);
	const struct webapp *app = webapp_load(a, folder, name, rest_catalogue, &why);
	assert((app == NULL) == (why != NULL));
	if (app != NULL) {
		mapping_find(a, app, "/a/b", &variables);
		const char *text = json_print(a, openapi_describe(a, fx.config, app));
		assert(json_parse(a, text, strlen(text), NULL) != NULL);
	} else
		assert(strstr(why, arena_printf(a, "%s:", name)) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new((size_t)64 << 20);

	load(a, "f.json", data, n);
	load(a, "f.yaml", data, n);
	arena_free(a);
	return 0;
}
