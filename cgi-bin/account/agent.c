/* agent.c: two tables of words that browsers say about themselves. */
#include "account/agent.h"

#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/banned.h"

struct word { const char *says, *name; };

/* Every browser says that it is several: the first that fits is meant. */
static const struct word browsers[] = {
	{ "SamsungBrowser/", "Samsung Internet" }, { "Edg", "Edge" }, { "OPR/", "Opera" }, { "Firefox/", "Firefox" },
	{ "FxiOS/", "Firefox" }, { "CriOS/", "Chrome" }, { "Chrome/", "Chrome" }, { "Safari/", "Safari" }, { "curl/", "curl" },
	{ NULL, NULL },
};
static const struct word systems[] = {
	{ "Android", "Android" }, { "iPhone", "iPhone" }, { "iPad", "iPad" }, { "Windows", "Windows" }, { "Mac OS X", "macOS" },
	{ "CrOS", "ChromeOS" }, { "Linux", "Linux" },
	{ NULL, NULL },
};

static const char *
find(const struct word *words, const char *header)
{
	for (; words->says != NULL; words++)
		if (strstr(header, words->says) != NULL)
			break;
	return words->name;
}

const char *
agent_rough(struct arena *a, const char *header)
{
	const char *browser = header != NULL ? find(browsers, header) : NULL;
	const char *system = header != NULL ? find(systems, header) : NULL;

	if (browser == NULL || system == NULL)
		return browser != NULL ? browser : system;
	return arena_printf(a, "%s, %s", browser, system);
}
