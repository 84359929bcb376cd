/* Signing certificates by key id, with a key server that never answers: what is kept, for how long, and who is asked for. */
#include "db/record.h"
#include "smartapp/keyserver.h"
#include "smartapp/signature.h"
#include "tests/unit/fixture.h"
#include "tests/unit/check.h"
#include "base/banned.h"

#define DAY 86400

/* RSA-2048, good for a hundred years, serial 1a:0b. */
static const char pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIC6TCCAdGgAwIBAgICGgswDQYJKoZIhvcNAQELBQAwDDEKMAgGA1UEAwwBazAg\n"
    "Fw0yNjExMjIwNzU0MDlaGA8yMTI2MTAyOTA3NTQwOVowDDEKMAgGA1UEAwwBazCC\n"
    "ASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAKiin12vwE5VycRdQZ9Pys8h\n"
    "SlTqPjzJFvX1yiiuZAv076K3JfDKvAYhcsUtcjWnYu/P3RDnp76q4E/bCa574J/q\n"
    "CK4YlhVroFKeDPk1CHhIVPZWd8Rhoul8TkJItDuYGHzAAlASuAWGzEs++UF+FHHi\n"
    "1dOdzJ0iM0Ga4D4MqLLSGlq/oJV5VqNQpR0Nu6qM6ophKFtTO77s757161z0/5aJ\n"
    "EooHIycU4kFin20zfgOIXUVBL/EVfXeV/eFj7MqSqpJjYpiinGhUMqmngSN2I36n\n"
    "ThfB1vy1jk9cZGJGKZC/RZeb1cbiU2HSnKWo1TWtdkKQYcIHcTvlEbjLASLA4RMC\n"
    "AwEAAaNTMFEwHQYDVR0OBBYEFEuLS+5gDP2IYuGzYu7Le7Vn9R9RMB8GA1UdIwQY\n"
    "MBaAFEuLS+5gDP2IYuGzYu7Le7Vn9R9RMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZI\n"
    "hvcNAQELBQADggEBAJ+INfojNphXhH+CrDQOznUSj17mfFfGy3G3HrHIiV2sUdj/\n"
    "Xg4PoMgP4a8lYhf0XcS5csO/yarvVMw6Yd6DpJslY8RBTRFXWx2KntTra7kEXhQi\n"
    "Q7mSayOoufehXgWpBQZNm5r3kvgcBYHrzKG5SVZG394+ZZxsGE9vCBs1nYkKsJdh\n"
    "MwQaudfLWMWzxkaDa/482KB2WFEy5eZXPjJZNx8yKdRJX+hzhMThjwvRQQN+lkox\n"
    "FpDjbNRb9XUJcedSSmW/tUE41E3+GwWOTqBg/Ol+NJdoC2FxZKH5wLwSUAaPMr17\n"
    "GYR2iuunEgkgZVXamQhPas6IIRDJwGvksaBKxyk=\n"
    "-----END CERTIFICATE-----\n";

static struct keyserver *keys;

static enum store_result
put(struct store_tx *tx, void *arg)
{
	const char *const *both = arg;

	return store_tx_put(tx, both[0], both[1], 0);
}

static const char *
key_of(const char *id)
{
	return arena_printf(fx.arena, "smartapp-key/%s", secret_digest(fx.arena, id));
}

/* It was fetched at that time, and counts until then (both as seconds from now). */
static void
keep(const char *id, int64_t at, int64_t until)
{
	struct json *r = record_new(fx.arena);

	json_set_string(fx.arena, r, "pem", pem);
	json_set_int(fx.arena, r, "at", clock_sec() + at);
	json_set_int(fx.arena, r, "until", clock_sec() + until);
	const char *const both[] = { key_of(id), json_print(fx.arena, r) };
	CHECK(store_run(fx.store, fx.arena, put, (void *)(uintptr_t)both) == STORE_OK);
}

/* What is said instead of a key; NULL if there is one. */
static const char *
refusal(const char *id)
{
	const char *why = NULL;

	return keyserver_find(keys, fx.arena, id, &why) != NULL ? NULL : why;
}

#define SILENT(why) ((why) != NULL && strncmp((why), "the key server does not answer", 30) == 0)

static void
test_times(void)
{
	keep("/pl/a/1", 0, DAY);
	CHECK_STR(refusal("/pl/a/1"), NULL);
	keep("/pl/a/1", -2 * DAY, -DAY);	/* the store forgets; this process has it at hand */
	CHECK_STR(refusal("/pl/a/1"), NULL);
	fixture_clock((DAY - 60) * 1000LL);
	CHECK_STR(refusal("/pl/a/1"), NULL);
	fixture_clock((DAY + 60) * 1000LL);
	CHECK(SILENT(refusal("/pl/a/1")));
	fixture_clock(-3 * DAY * 1000LL);	/* a clock set back: what was fetched in the future counts no more */
	CHECK(SILENT(refusal("/pl/a/1")));
	keep("/pl/a/2", 60, DAY);
	CHECK(SILENT(refusal("/pl/a/2")));
	fixture_clock(0);
	keep("/pl/a/3", -60, -1);
	CHECK(SILENT(refusal("/pl/a/3")));
}

/* Forty at hand, where there are thirty-two places. */
static void
test_places(void)
{
	for (int k = 0; k < 40; k++)
		keep(arena_printf(fx.arena, "/pl/b/%d", k), 0, DAY);
	for (int round = 0; round < 2; round++)
		for (int k = 0; k < 40; k++)
			CHECK_STR(refusal(arena_printf(fx.arena, "/pl/b/%d", k)), NULL);
}

/* Thirty ids that were never seen in a minute; one that was good once is asked for whatever came before. */
static void
test_fresh(void)
{
	int asked = 0;

	for (int tries = 0; tries < 2 && asked != 30; tries++) {	/* a minute may end meanwhile */
		asked = 0;
		fixture_clock((3600 + 120 * tries) * 1000LL);
		for (int k = 0; k < 33; k++) {
			const char *why = refusal(arena_printf(fx.arena, "/pl/c/%d-%d", tries, k));
			asked += SILENT(why);
			CHECK(SILENT(why) || (why != NULL && strstr(why, "too many unknown keys") != NULL));
		}
	}
	CHECK(asked == 30);
	keep("/pl/c/known", -2 * DAY, -DAY);
	CHECK(SILENT(refusal("/pl/c/known")));
	fixture_clock(0);
}

/* Which texts are a key. */
static void
test_reading(void)
{
	const char *why, *more = arena_printf(fx.arena, "%sx", pem), *twice = arena_printf(fx.arena, "%s%s", pem, pem);
	struct signature_key *k = signature_key_read(pem, strlen(pem), true, &why);

	CHECK(k != NULL && signature_key_until(k) > 4000000000 && signature_key_from(k) < signature_key_until(k));
	CHECK_STR(k != NULL ? signature_key_serial(k) : NULL, "1a-0b");
	CHECK(k != NULL && !signature_ok(k, "text", (const unsigned char *)"", 0) && !signature_ok(k, "text", (const unsigned char *)pem, 256));
	signature_key_free(k);
	CHECK(signature_key_read(more, strlen(more), true, &why) == NULL && signature_key_read(twice, strlen(twice), true, &why) == NULL);
	CHECK_STR(why, "something stands behind it");
	CHECK(signature_key_read(pem, strlen(pem) / 2, true, &why) == NULL && signature_key_read("", 0, true, &why) == NULL);
}

int
main(void)
{
	const char *why = NULL;

	fixture_begin();
	fixture_write("gatehouse.json", "{\"insecure_loopback\":true,\"smartapp\":{\"keyserver_url\":\"http://127.0.0.1:1\"}}");
	fx.config = config_load(fx.arena, fx.root, &why);
	CHECK_STR(why, NULL);
	log_open("test", LOG_LEVEL_ERROR);
	keys = keyserver_open(fx.config, fx.store);
	test_times();
	test_places();
	test_fresh();
	test_reading();
	keyserver_close(keys);
	fixture_end();
	return check_end();
}
