/* Data that travels through a browser: readable, not changeable, not for ever, not for another purpose. */
#include "oauth/seal.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "base/banned.h"

static char *
sealed(const char *purpose)
{
	struct json *data = json_object(fx.arena);

	json_set_string(fx.arena, data, "state", "<&\"\xed\x95\x9c");
	return seal_make(fx.arena, fx.keyring, purpose, data, 1000);
}

static struct json *
open_at(const char *text, const char *purpose, int64_t now)
{
	return seal_open(fx.arena, fx.keyring, purpose, text, now);
}

static void
test_opening(void)
{
	char *text = sealed("carry");

	CHECK_STR(json_get_string(open_at(text, "carry", 999), "state"), "<&\"\xed\x95\x9c");
	CHECK(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") == strlen(text));
	CHECK(open_at(text, "carry", 1000) == NULL);
	CHECK(open_at(text, "carry", 5000) == NULL);
	CHECK(open_at(text, "consent", 999) == NULL);
	CHECK(open_at(NULL, "carry", 1) == NULL && open_at("", "carry", 1) == NULL && open_at(".", "carry", 1) == NULL);
	CHECK(open_at("abc", "carry", 1) == NULL && open_at("abc.", "carry", 1) == NULL);
}

/* One character changed, anywhere: shut. */
static void
test_changed(void)
{
	char *text = sealed("carry");
	size_t n = strlen(text), opened = 0;

	for (size_t i = 0; i < n; i++) {
		char *changed = arena_strdup(fx.arena, text);
		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		opened += open_at(changed, "carry", 1) != NULL;
	}
	CHECK(opened == 0);
	CHECK(open_at(arena_printf(fx.arena, "%s=", text), "carry", 1) == NULL);
	CHECK(open_at(arena_printf(fx.arena, "%sA", text), "carry", 1) == NULL);
	CHECK(open_at(arena_strndup(fx.arena, text, n - 1), "carry", 1) == NULL);
}

static void
test_form_token(void)
{
	char *one = seal_form_token(fx.arena, fx.keyring, "cookie-1"), *two = seal_form_token(fx.arena, fx.keyring, "cookie-2");

	CHECK(strcmp(one, two) != 0 && strlen(one) == 43);
	CHECK_STR(seal_form_token(fx.arena, fx.keyring, "cookie-1"), one);
}

int
main(void)
{
	fixture_begin();
	test_opening();
	test_changed();
	test_form_token();
	fixture_end();
	return check_end();
}
