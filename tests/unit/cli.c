/* cli.c: what of the command line tool nobody sees from outside: that a deleted user's devices are gone from the store,
 * what counts as near, how rows are sorted. */
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/guess.h"
#include "base/json.h"
#include "cli/noun.h"
#include "cli/rows.h"
#include "db/store.h"
#include "device/capability.h"
#include "device/device.h"
#include "oauth/activity.h"
#include "oauth/user.h"
#include "tests/unit/check.h"
#include "base/banned.h"

static struct arena *a;

static struct json *
parsed(const char *text)
{
	return json_parse(a, text, strlen(text), NULL);
}

static void
test_guess(void)
{
	static const struct { const char *typed, *name; int near; } cases[] = {
		{ "lst", "list", 1 }, { "list", "list", 1 }, { "pass", "passwd", 1 }, { "pa", "passwd", 0 },
		{ "redirct-uri", "redirect-uri", 1 }, { "frobnicate", "list", 0 }, { "", "list", 0 }, { "x", "list", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct guess g = guess_new(cases[i].typed);
		guess_try(&g, cases[i].name);
		CHECK((g.best != NULL) == cases[i].near);
	}
	struct guess g = guess_new("clent");
	guess_try(&g, "client");
	guess_try(&g, "clients");
	CHECK_STR(g.best, "client");
}

static void
test_rows(void)
{
	struct json *rows = parsed("[{\"n\":2,\"b\":true,\"t\":\"b\"},{\"n\":10,\"b\":false,\"t\":\"a\"},"
	    "{\"n\":1,\"b\":true,\"t\":\"b\"},{\"t\":\"aa\"}]");

	CHECK_STR(json_print(a, rows_sorted(a, rows, "n")), "[{\"t\":\"aa\"},{\"n\":1,\"b\":true,\"t\":\"b\"},"
	    "{\"n\":2,\"b\":true,\"t\":\"b\"},{\"n\":10,\"b\":false,\"t\":\"a\"}]");
	CHECK_STR(json_print(a, rows_sorted(a, rows, "t")), "[{\"n\":10,\"b\":false,\"t\":\"a\"},{\"t\":\"aa\"},"
	    "{\"n\":2,\"b\":true,\"t\":\"b\"},{\"n\":1,\"b\":true,\"t\":\"b\"}]");
	CHECK_STR(json_print(a, rows_sorted(a, parsed("[]"), "t")), "[]");
}

static const struct cli_verb *
verb(const char *name)
{
	const struct cli_verb *v = cli_user.verbs;

	while (v->name != NULL && strcmp(v->name, name) != 0)
		v++;
	return v;
}

/* How many records there are whose key holds text. */
struct counting {
	const char	*text;
	int		 n;
};

static bool
count(void *arg, const char *key, const char *value, int64_t expires)
{
	struct counting *c = arg;

	(void)value, (void)expires;
	c->n += strstr(key, c->text) != NULL;
	return true;
}

static int
records_of(struct store *store, const char *user)
{
	struct counting c = { user, 0 };

	CHECK(store_each(store, count, &c) == STORE_OK);
	return c.n;
}

static void
test_user_delete(struct store *store, const char *root)
{
	const char *why = NULL, *words[] = { "kim" };
	const struct catalogue *catalogue = catalogue_load(a, "conf", NULL, &why);
	struct user kim, lee;
	bool taken;

	CHECK(catalogue != NULL);
	CHECK(user_add(store, a, "kim", NULL, &kim, &taken) == STORE_OK && !taken);
	CHECK(user_add(store, a, "lee", NULL, &lee, &taken) == STORE_OK && !taken);
	const struct json *two = parsed("[{\"id\":\"a\",\"type\":\"c2c-switch\",\"name\":\"A\"},"
	    "{\"id\":\"b\",\"type\":\"c2c-dimmer\",\"name\":\"B\"}]");
	CHECK(device_add_all(store, a, catalogue, kim.id, two, 10, &why) == STORE_OK);
	CHECK(device_add_all(store, a, catalogue, lee.id, two, 10, &why) == STORE_OK);
	for (int i = 0; i < ACTIVITY_KEPT + 3; i++)
		activity_note(store, a, &(struct activity){ .event = "authn_login_fail", .user = kim.id });
	activity_note(store, a, &(struct activity){ .event = "authn_login_fail", .user = lee.id });
	CHECK(records_of(store, kim.id) > 4 + ACTIVITY_KEPT);
	int others = records_of(store, lee.id);
	struct config config = { .root = root, .ca_file = "" };	/* without connectors: nobody is to be told */
	struct cli c = { .arena = a, .json = true, .noun = &cli_user, .verb = verb("delete"), .words = words,
	    .words_count = 1, .config = &config, .store = store, .catalogue = catalogue };
	printf("# ");	/* the verb prints a line */
	CHECK(c.verb->run(&c) == CLI_DONE);
	CHECK(records_of(store, kim.id) == 0);
	CHECK(records_of(store, lee.id) == others);
}

static void
remove_folder(const char *path)
{
	DIR *d = opendir(path);

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
		unlink(arena_printf(a, "%s/%s", path, e->d_name));
	if (d != NULL)
		closedir(d);
	CHECK(rmdir(path) == 0);
}

int
main(void)
{
	char root[] = "/tmp/gatehouse-cli-XXXXXX", why[512] = "";
	struct store *store = NULL;

	a = arena_new(64 << 20);
	test_guess();
	test_rows();
	if (mkdtemp(root) == NULL)
		return 1;
	struct store_options options = { .engine = "gdbm", .path = arena_printf(a, "%s/store", root) };
	CHECK(store_open(&store, &options, why, sizeof(why)) == STORE_OK);
	test_user_delete(store, root);
	store_close(store);
	remove_folder(options.path);
	remove_folder(root);
	arena_free(a);
	return check_end();
}
