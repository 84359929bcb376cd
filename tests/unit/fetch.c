/* fetch.c: which addresses and URLs are called, and which never; what is sent, and what comes back. */
#include "courier/target.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "web/address.h"
#include "web/fetch.h"
#include "base/banned.h"

/* --- addresses --- */

static void
test_addresses(void)
{
	static const char *const private[] = {
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.9.9.9",
		"169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1",
		"198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1",
		"255.255.255.255", "::", "::1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "fe80::1", "fc00::1",
		"fd12:3456::1", "ff02::1", "2001:db8::1", "2001::1", "2001:10::1", "2002:7f00:1::", "2002:a00:1::", "3fff::1",
		"4000::1", "", "x", "1.2.3", "1.2.3.4.5", "8.8.8.8 ", "0x7f.1", "2130706433",
	};
	static const char *const public[] = {
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
		"128.0.0.1", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
		"198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1", "2a00:1450::1", "2001:4860:4860::8888",
		"2003::1",
	};

	for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++)
		CHECK(!address_is_public(private[i]));
	for (size_t i = 0; i < sizeof(public) / sizeof(public[0]); i++)
		CHECK(address_is_public(public[i]));
}

/* --- targets --- */

/* any: whether a kind that calls any public host may; own: whether the simulator's rule may. */
static const struct { const char *url; bool any, own, here; } urls[] = {
	{ "https://hooks.example.org/x", true, false, false }, { "https://hooks.example.org:8443/x?a=b", true, false, false },
	{ "https://intranet/x", false, false, false }, { "https://nas.local/x", false, false, false },
	{ "https://metadata.google.internal/x", false, false, false }, { "https://router.home.arpa:8443/", false, false, false },
	{ "https://local.example.org/x", true, false, false }, { "https://mylocalhost.org/", true, false, false },
	{ "http://hooks.example.org/x", false, false, false },
	{ "https://10.0.0.1/x", false, false, false }, { "https://8.8.8.8/x", false, false, false },
	{ "https://2130706433/x", false, false, false }, { "https://0x7f000001/x", false, false, false },
	{ "https://0177.0.0.1/x", false, false, false }, { "https://127.1/x", false, false, false },
	{ "https://example.123/x", false, false, false }, { "https://[::1]/x", false, false, false },
	{ "https://[2606:4700::1]/x", false, false, false }, { "https://127.0.0.1/x", false, false, false },
	{ "https://localhost/x", false, false, false }, { "https://LOCALHOST:8443/x", false, false, false },
	{ "https://a.b.localhost/", false, false, false }, { "https://localhost.localdomain/", false, false, false },
	{ "https://ip6-localhost/x", false, false, false },
	{ "https://user@hooks.example.org/", false, false, false }, { "https://hooks.example.org./", false, false, false },
	{ "gopher://hooks.example.org/", false, false, false }, { "https://", false, false, false }, { "", false, false, false },
	{ "https://demo.example:444/gate/sim/callback", true, true, false }, { "https://demo.example:444/gate", true, false, false },
	{ "https://demo.example:444/gatepost/", true, false, false }, { "https://demo.example/gate/sim", true, false, false },
	{ "https://demo.example:444@evil.example/gate/", false, false, false },
};

static void
test_targets(void)
{
	struct config c = *fx.config;
	const struct json *none = json_array(fx.arena);
	bool here, rows = true;

	c.insecure_loopback = false;
	c.simulator = true;
	c.public_url = "https://demo.example:444/gate";
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		const struct target_rule any = { .any_port = true }, own = { .hosts = none, .own = true };
		bool a = target_fault(&c, &any, urls[i].url, &here) == NULL && !here;
		bool o = target_fault(&c, &own, urls[i].url, &here) == NULL && !here;
		if (a != urls[i].any || o != urls[i].own)
			printf("# %s: %d %d\n", urls[i].url, a, o);
		rows = rows && a == urls[i].any && o == urls[i].own;
	}
	CHECK(rows);
	/* A list that names this machine does not make it public. */
	const struct target_rule careless = { .hosts = json_parse(fx.arena, "[\"localhost\",\".localhost\"]", 26, NULL) };
	CHECK(careless.hosts != NULL && target_fault(&c, &careless, "https://localhost/", &here) != NULL && !here);
	CHECK(target_fault(&c, &careless, "https://x.localhost/", &here) != NULL && !here);
	/* Without the simulator we do not call ourselves; a demo without TLS does, and only itself. */
	const struct target_rule own = { .hosts = none, .own = true }, other = { .hosts = none };
	c.simulator = false;
	CHECK(target_fault(&c, &own, "https://demo.example:444/gate/sim", &here) != NULL);
	c.simulator = true;
	c.public_url = "http://127.0.0.1:8080";
	CHECK(target_fault(&c, &own, "http://127.0.0.1:8080/sim/callback/token", &here) == NULL && here);
	CHECK(target_fault(&c, &own, "http://127.0.0.1:8081/sim/callback/token", &here) != NULL && !here);
	CHECK(target_fault(&c, &own, "http://127.0.0.1:80801/sim", &here) != NULL && !here);
	CHECK(target_fault(&c, &other, "http://127.0.0.1:8080/sim/callback/token", &here) != NULL && !here);
	c.insecure_loopback = true;
	CHECK(target_fault(&c, &other, "http://localhost:9/", &here) == NULL && here);
	CHECK(target_fault(&c, &other, "https://x.localhost:9/", &here) != NULL && !here);
	CHECK(target_fault(&c, &other, NULL, &here) != NULL && !here);
}

/* --- what is sent and what comes back --- */

static void
done(void *arg, const struct fetch_answer *answer)
{
	(void)answer;
	++*(int *)arg;
}

static void
test_fetch(void)
{
	static const char *const bad[][3] = { { "X-A", "b\r\nHost: evil", NULL }, { "X-A: b\r\nX-B", "c", NULL }, { "", "x", NULL },
	    { "X A", "b", NULL }, { "X-A", "b\x01", NULL } };
	const struct fetch_limits limits = { .at_once = 4, .connect_ms = 200, .total_ms = 500, .answer_max = 1000 };
	struct fetcher *f = fetch_new(&limits);
	struct fetch_answer answer = { .head = "HTTP/1.1 200 OK\r\nETag: \"a: b\" \r\nX-Empty:\r\netag: second\r\n\r\n" };
	int n = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!fetch_begin(f, &(struct fetch_request){ .method = "GET", .url = "https://127.0.0.1:1/", .headers = bad[i] },
		    done, &n));
	CHECK_STR(fetch_header(fx.arena, &answer, "etag"), "\"a: b\"");
	CHECK_STR(fetch_header(fx.arena, &answer, "x-empty"), "");
	CHECK(fetch_header(fx.arena, &answer, "HTTP/1.1 200 OK") == NULL && fetch_header(fx.arena, &answer, "ET") == NULL);
	/* This machine is called where it is meant, and then nothing else is; a public one never is this machine. */
	fetch_once(f, fx.arena, &(struct fetch_request){ .method = "GET", .url = "https://127.0.0.1:1/" }, &answer);
	CHECK_STR(answer.error, "its host has an address that must not be called");
	/* Also if it is found out only when the name is looked up: whoever checked the name was told another address. */
	fetch_once(f, fx.arena, &(struct fetch_request){ .method = "GET", .url = "https://localhost:1/" }, &answer);
	CHECK_STR(answer.error, "its host has an address that must not be called");
	fetch_once(f, fx.arena, &(struct fetch_request){ .method = "GET", .url = "https://8.8.8.8:1/", .loopback = true }, &answer);
	CHECK_STR(answer.error, "its host has an address that must not be called");
	fetch_once(f, fx.arena, &(struct fetch_request){ .method = "GET", .url = "http://127.0.0.1:1/", .loopback = true }, &answer);
	CHECK(answer.status == 0 && strstr(answer.error, "connect") != NULL);
	fetch_once(f, fx.arena, &(struct fetch_request){ .method = "GET", .url = "http://example.org/" }, &answer);
	CHECK(answer.status == 0 && strstr(answer.error, "protocol") != NULL);
	/* What is in flight at the end is told. */
	CHECK(fetch_begin(f, &(struct fetch_request){ .method = "PUT", .url = "http://127.0.0.1:1/", .loopback = true }, done, &n));
	fetch_free(f);
	CHECK(n == 1);
}

int
main(void)
{
	fixture_begin();
	test_addresses();
	test_targets();
	test_fetch();
	fixture_end();
	return check_end();
}
