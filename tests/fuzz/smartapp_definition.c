/* smartapp_definition.c: any bytes as a definition, JSON or YAML by the first: fine, or a fault with its line. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "smartapp/definition.h"
#include "base/banned.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char json[] = "{\"id\":\"a\",\"name\":\"A\",\"description\":\"\",\"targetUrl\":\"https://x/s\",\"permissions\":[],";
	const char *why = NULL;
	char file[100];

	if (size == 0)
		return 0;
	struct arena *a = arena_new((size_t)256 << 20);
	/* A name that ends as the format wants it, without a disk. */
	snprintf(file, sizeof(file), "/dev/shm/gatehouse-fuzz-%d.%s", (int)getpid(), data[0] % 2 == 0 ? "json" : "yaml");
	FILE *f = fopen(file, "w");
	if (f == NULL)
		abort();
	if (data[0] % 4 == 0)
		fwrite(json, 1, strlen(json), f);
	fwrite(data + 1, 1, size - 1, f);
	fclose(f);
	const struct definition *d = definition_load(a, file, &why);
	unlink(file);
	if ((d == NULL) != (why != NULL) || (why != NULL && strncmp(why, file, strlen(file)) != 0))
		abort();
	arena_free(a);
	return 0;
}
