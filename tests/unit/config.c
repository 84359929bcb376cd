/* config.c: every key's default, range and type; every error with file, line, key and the nearest right name. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "tests/unit/check.h"
#include "base/banned.h"

static struct arena *a;
static char root[] = "/tmp/gatehouse-config-XXXXXX";
static const char *why;

/* Load the instance with this text as its config. */
static const struct config *
with(const char *text)
{
	FILE *f = fopen(arena_printf(a, "%s/gatehouse.json", root), "w");

	fputs(text, f);
	fclose(f);
	why = NULL;
	return config_load(a, root, &why);
}

/* The error that text gives, without the path in front: "2: key: what". NULL if it gives none. */
static const char *
error_of(const char *text)
{
	const char *name = "/gatehouse.json:";

	if (with(text) != NULL || why == NULL)
		return NULL;
	const char *at = strstr(why, name);
	return at != NULL ? at + strlen(name) : why;
}

static void
test_defaults(void)
{
	const struct config *c = with("{}");

	CHECK(c != NULL);
	if (c == NULL)
		return;
	CHECK_STR(c->root, root);
	CHECK_STR(json_print(a, config_show(a, c)), "{\"public_url\":\"http://127.0.0.1:8080\","
	    "\"store\":{\"engine\":\"gdbm\",\"path\":\"store\",\"url\":\"\",\"url_file\":\"\",\"isolation\":\"locks\"},"
	    "\"oauth\":{\"code_ttl\":60,\"access_ttl\":86400,\"refresh_idle_ttl\":15552000,\"refresh_max_ttl\":63072000,"
	    "\"refresh_retry_window\":60,\"session_idle_ttl\":3600,\"session_max_ttl\":43200,\"registration\":true,"
	    "\"audience\":\"urn:gatehouse:devices\"},\"login\":{\"second_factor\":\"optional\",\"breached_passwords\":\"\"},\"smartthings\":{\"client_id\":\"\","
	    "\"client_secret_file\":\"secret/smartthings\",\"callback_hosts\":[\".smartthings.com\"]},"
	    "\"ca_file\":\"\",\"smartapp\":{\"definition\":\"\",\"check_signatures\":true,\"allow_unsigned\":false,"
	    "\"clock_skew_sec\":300,\"keyserver_url\":\"https://key.smartthings.com\",\"key_prefix\":\"/pl/\","
	    "\"local_key_file\":\"\",\"log_json\":false,\"ping\":false,\"handler\":null,"
	    "\"api_url\":\"https://api.smartthings.com\",\"app_id\":\"\",\"client_id\":\"\","
	    "\"client_secret_file\":\"secret/smartapp\",\"confirm\":false},\"insecure_loopback\":false,\"simulator\":false,\"metrics_token_file\":\"\","
	    "\"limits\":{\"body\":262144,\"devices_per_user\":500},\"mqtt\":{\"host\":\"\",\"port\":8883,\"broker\":\"127.0.0.1\"},"
	    "\"starter_devices\":[]}");
	CHECK_STR(config_path(a, c, "store"), arena_printf(a, "%s/store", root));
	CHECK_STR(config_path(a, c, "/var/x"), "/var/x");
}

static void
test_here(void)
{
	static const char *const here[] = { "http://127.0.0.1", "http://127.0.0.1:8080/a", "http://localhost", "http://localhost/", "http://[::1]:1",
		"http://[::1]?q", "http://127.8.9.10#f" };
	static const char *const elsewhere[] = { "http://127.evil.example", "http://127.0.0.1.evil.example/", "http://localhost.evil.example",
		"http://127.0.0.1@evil.example/", "http://127.0.0.1:x@evil.example/", "http://localhosts", "http://[::1].evil.example", "http://[::2]",
		"https://127.0.0.1", "http://", "", "127.0.0.1", "http://10.0.0.1", "http://127.0.0.1\\@evil.example" };

	for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++)
		CHECK_NAMED(config_url_is_here(here[i]), here[i]);
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		CHECK_NAMED(!config_url_is_here(elsewhere[i]), elsewhere[i]);
}

static void
test_values(void)
{
	const struct config *c = with("{\"public_url\":\"https://home.example.org\",\"oauth\":{\"code_ttl\":600,"
	    "\"refresh_retry_window\":0,\"registration\":false},\"limits\":{\"body\":4096},\"simulator\":true,"
	    "\"starter_devices\":[{\"id\":\"lamp\"}],\"smartthings\":{\"callback_hosts\":[\"api.example.org\"]}}");

	CHECK(c != NULL);
	if (c == NULL)
		return;
	CHECK_STR(c->public_url, "https://home.example.org");
	CHECK(c->oauth.code_ttl == 600 && c->oauth.refresh_retry_window == 0 && c->oauth.access_ttl == 86400);
	CHECK(!c->oauth.registration && c->simulator && !c->insecure_loopback);
	CHECK(c->limits.body == 4096 && c->limits.devices_per_user == 500);
	CHECK_STR(json_get_string(json_at(c->starter_devices, 0), "id"), "lamp");
	CHECK(json_array_has(c->smartthings.callback_hosts, "api.example.org"));
	const struct config *again = with(json_print(a, config_show(a, c)));
	CHECK(again != NULL && json_equal(config_show(a, c), config_show(a, again)));
}

static void
test_unknown_keys(void)
{
	CHECK_STR(error_of("{\n\"oauth\": {\n \"code_tl\": 1}}"),
	    "3: oauth.code_tl: no such key; did you mean code_ttl?");
	CHECK_STR(error_of("{\n\n\"oath\": {}}"), "3: oath: no such key; did you mean oauth?");
	CHECK_STR(error_of("{\"code_ttl\": 1}"), "1: code_ttl: no such key; did you mean oauth.code_ttl?");
	CHECK_STR(error_of("{\"oauth.code_ttl\": 1}"),
	    "1: oauth.code_ttl: no such key; write \"code_ttl\" inside the object \"oauth\"");
	CHECK_STR(error_of("{\"smartthings\":{\"client_secret\":\"hush\"}}"),
	    "1: smartthings.client_secret: no such key; did you mean client_secret_file?");
	CHECK_STR(error_of("{\"store\":{\"zzz\":1}}"), "1: store.zzz: no such key; known here are engine, path, url, url_file, isolation");
	CHECK_STR(error_of("{\"frobnicate\":1}"), "1: frobnicate: no such key; known here are public_url, store, oauth, "
	    "login, smartthings, ca_file, smartapp, insecure_loopback, simulator, metrics_token_file, limits, mqtt, starter_devices");
	CHECK_STR(error_of("{\"\":1}"), "1: : no such key; known here are public_url, store, oauth, login, smartthings, ca_file, "
	    "smartapp, insecure_loopback, simulator, metrics_token_file, limits, mqtt, starter_devices");
	CHECK_STR(error_of("{\"store\":{\"a\\nb\":1}}"), "1: store.a?b: no such key; known here are engine, path, url, url_file, isolation");
	CHECK_STR(error_of("{\"Public_Url\":\"\"}"), "1: Public_Url: no such key; did you mean public_url?");
}

static void
test_wrong_values(void)
{
	static const struct { const char *text, *want; } cases[] = {
		{ "{\"oauth\":[]}", "1: oauth: must be an object, as {...}" },
		{ "{\"oauth\":null}", "1: oauth: must be an object, as {...}" },
		{ "{\"simulator\":\"true\"}", "1: simulator: must be true or false, without quotes" },
		{ "{\"simulator\":1}", "1: simulator: must be true or false, without quotes" },
		{ "{\"public_url\":null}", "1: public_url: must be text in double quotes" },
		{ "{\"store\":{\n\"engine\":\"lmdb\"}}", "2: store.engine: must be \"gdbm\" or \"postgresql\"" },
		{ "{\"store\":{\"engine\":\"postgresql\"}}", "1: store.engine: postgresql needs store.url_file, a file with the database's"
		    " address, or store.url" },
		{ "{\"store\":{\"engine\":\"postgresql\",\"url\":\"mysql://u:p4ss@h/d\"}}",
		    "1: store.url: must be as \"postgresql://USER@HOST/DATABASE\"" },
		{ "{\"store\":{\"engine\":\"postgresql\",\"url\":\"postgresql://h/d e\"}}",
		    "1: store.url: must be at most 2000 printable ASCII characters without spaces" },
		{ "{\"store\":{\"engine\":\"postgresql\",\"url\":\"postgresql://h/d\",\n\"url_file\":\"u\"}}",
		    "2: store.url_file: store.url is there, too: one of them says where the database is" },
		{ "{\"store\":{\"url\":\"postgresql://h/d\"}}", "1: store.url: the engine is gdbm, which has no database" },
		{ "{\"store\":{\"engine\":\"postgresql\",\"url\":\"postgresql://u:a?b@h/d\"}}",
		    "1: store.url: must have %40 for an @, %2F for a slash and %3F for a question mark in its password" },
		{ "{\"store\":{\"isolation\":\"none\"}}", "1: store.isolation: must be \"locks\" or \"serializable\"" },
		{ "{\"store\":{\"path\":\"\"}}", "1: store.path: must be a path, absolute or below the instance's folder" },
		{ "{\"oauth\":{\"code_ttl\":\"60\"}}", "1: oauth.code_ttl: must be a whole number from 1 to 600" },
		{ "{\"oauth\":{\"code_ttl\":0}}", "1: oauth.code_ttl: must be a whole number from 1 to 600" },
		{ "{\"oauth\":{\"code_ttl\":601}}", "1: oauth.code_ttl: must be a whole number from 1 to 600" },
		{ "{\"oauth\":{\"code_ttl\":1.5}}", "1: oauth.code_ttl: must be a whole number from 1 to 600" },
		{ "{\"oauth\":{\"code_ttl\":1e300}}", "1: oauth.code_ttl: must be a whole number from 1 to 600" },
		{ "{\"limits\":{\"body\":1048577}}", "1: limits.body: must be a whole number from 4096 to 1048576" },
		{ "{\"oauth\":{\"audience\":\"\"}}",
		    "1: oauth.audience: must be 1 to 200 printable ASCII characters without spaces" },
		{ "{\"smartthings\":{\"client_id\":\"a b\"}}",
		    "1: smartthings.client_id: must be at most 200 printable ASCII characters without spaces" },
		{ "{\"smartthings\":{\"callback_hosts\":\"x\"}}",
		    "1: smartthings.callback_hosts: must be an array of texts, as [\"...\"]" },
		{ "{\"smartthings\":{\"callback_hosts\":[\"a.b\",\"https://c.d\"]}}",
		    "1: smartthings.callback_hosts: element 2 must be a host name in small letters, without scheme and port" },
		{ "{\"smartthings\":{\"callback_hosts\":[\".com\"]}}",
		    "1: smartthings.callback_hosts: element 1 must not be a whole top level: write .example.com" },
		{ "{\"smartthings\":{\"callback_hosts\":[7]}}",
		    "1: smartthings.callback_hosts: element 1 must be text in double quotes" },
		{ "{\"starter_devices\":{}}", "1: starter_devices: must be an array of objects, as [{...}]" },
		{ "{\"starter_devices\":[{},7]}", "1: starter_devices: element 2 must be an object, as {...}" },
		{ "{\"oauth\":{\n\"refresh_idle_ttl\":100,\n\"refresh_max_ttl\":99}}", "2: oauth.refresh_idle_ttl: "
		    "oauth.refresh_idle_ttl must not be greater than oauth.refresh_max_ttl, which is 99" },
		{ "{\"oauth\":{\n\"session_max_ttl\":60}}", "2: oauth.session_max_ttl: "
		    "oauth.session_idle_ttl must not be greater than oauth.session_max_ttl, which is 60" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_STR(error_of(cases[i].text), cases[i].want);
}

static void
test_public_url(void)
{
	static const char *const good[] = { "https://a.b", "https://a:8443", "http://127.0.0.1", "http://localhost:1",
	    "http://127.9.9.9:8080", "http://[::1]:8080", "https://[2001:db8::1]",
	    "https://a/b", "https://a:8443/b/c-d" };
	static const char *const bad[] = { "", "a.b", "ftp://a", "https://", "https:///x", "https://a/", "https://a//b", "https://a/..", "https://a/b/",
	    "https://a?b", "https://a#b", "https://a:0", "https://a:65536", "https://a:", "https://a:8x", "https://u:p@a",
	    "https://A.b", "https://.a", "https://-a", "http://example.org", "http://127.0.0.1.example.org",
	    "http://localhost.example.org", "https://a b", "https://[::1", "https://a\\n", "HTTPS://a" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK(with(arena_printf(a, "{\"public_url\":\"%s\"}", good[i])) != NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *e = error_of(arena_printf(a, "{\"public_url\":\"%s\"}", bad[i]));
		CHECK(e != NULL && strncmp(e, "1: public_url: must ", 20) == 0);
	}
}

static void
test_not_a_config(void)
{
	CHECK_STR(error_of("[]"), "1: must hold one object, {...}");
	CHECK_STR(error_of("{\n\"a\" 1}"), "2: not valid JSON");
	CHECK(error_of("") != NULL);
	CHECK(error_of("{} {}") != NULL);
	CHECK_STR(error_of("{\"simulator\":true,\"simulator\":false}"), "1: a member stands twice: simulator");
	CHECK(config_load(a, "/nonexistent", &why) == NULL);
	CHECK(strstr(why, "/nonexistent/gatehouse.json: No such file") == why);
	CHECK(config_load(a, "/dev/null", &why) == NULL);
	char *big = arena_alloc(a, 300000);
	memset(big, ' ', 299999);
	memcpy(big, "{}", 2);
	CHECK(error_of(big) != NULL && strstr(why, "File too large") != NULL);
}

static void
test_load_file(void)
{
	char *file = arena_printf(a, "%s/other.json", root), here[1024];

	CHECK(config_load_file(a, file, &why) == NULL && strstr(why, file) == why);
	FILE *f = fopen(file, "w");
	fputs("{\"simulator\":true}", f);
	fclose(f);
	const struct config *c = config_load_file(a, file, &why);
	CHECK(c != NULL && c->simulator);
	CHECK_STR(c != NULL ? c->root : NULL, root);
	CHECK(getcwd(here, sizeof(here)) != NULL && chdir(root) == 0);
	c = config_load_file(a, "other.json", &why);
	CHECK_STR(c != NULL ? c->root : NULL, ".");
	CHECK(chdir(here) == 0);
	unlink(file);
}

static void
test_read_file(void)
{
	size_t len = 0;
	char *path = arena_printf(a, "%s/gatehouse.json", root);

	with("{\"simulator\":1}");
	CHECK_STR(config_read_file(a, path, 15, &len), "{\"simulator\":1}");
	CHECK(len == 15);
	CHECK(config_read_file(a, path, 14, &len) == NULL && errno == EFBIG);
	CHECK(config_read_file(a, root, 100, &len) == NULL && errno == EISDIR);
	CHECK_STR(config_read_file(a, "/dev/null", 100, &len), "");
	CHECK(len == 0);
	CHECK(config_read_file(a, "/dev/zero", 100, &len) == NULL && errno == EFBIG);
}

int
main(void)
{
	a = arena_new(64 << 20);
	if (mkdtemp(root) == NULL)
		return 1;
	test_defaults();
	test_here();
	test_values();
	test_unknown_keys();
	test_wrong_values();
	test_public_url();
	test_not_a_config();
	test_load_file();
	test_read_file();
	unlink(arena_printf(a, "%s/gatehouse.json", root));
	CHECK(rmdir(root) == 0);
	arena_free(a);
	return check_end();
}
