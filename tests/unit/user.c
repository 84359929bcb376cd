/* Accounts: names that are one to people are one to us, passwords that nobody guesses, links that work once. */
#include <argon2.h>

#include "db/record.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "base/banned.h"

static const char *
fold(const char *name)
{
	return user_fold(fx.arena, name);
}

static void
test_names(void)
{
	CHECK_STR(fold("Ann"), "ann");
	CHECK_STR(fold("  ANN "), "ann");
	CHECK_STR(fold("Ann Lee"), "ann lee");
	CHECK_STR(fold("\xed\x95\x9c"), "\xed\x95\x9c");
	CHECK_STR(fold(""), NULL);
	CHECK_STR(fold("   "), NULL);
	CHECK_NAMED(fold("../x") == NULL, "B33 a path");
	CHECK_NAMED(fold("a/b") == NULL, "B33 a slash");
	CHECK_NAMED(fold("a\nb") == NULL, "B33 a line end");
	CHECK_NAMED(fold("a\xff") == NULL, "B33 invalid UTF-8");
	CHECK_NAMED(fold(arena_printf(fx.arena, "%04096d", 0)) == NULL, "B33 4 KiB");
	CHECK_NAMED(fold("%n%s%x") != NULL, "B33 a format string is a name");
	CHECK(user_name_fault(fx.arena, "ann") == NULL && user_name_fault(fx.arena, "") != NULL);
}

static void
test_passwords(void)
{
	CHECK_STR(user_password_fault(NULL, "ann", "correct horse 9"), NULL);
	CHECK_STR(user_password_fault(NULL, "ann", "1234567"), "password_short");
	CHECK_STR(user_password_fault(NULL, "ann", "\xed\x95\x9c\xed\x95\x9c\xed\x95\x9c"), "password_short");
	CHECK_STR(user_password_fault(NULL, "ann", "aaaabbbbccccdddd"), NULL);	/* no composition rules */
	CHECK_STR(user_password_fault(NULL, "ann", "12345678"), "password_common");
	CHECK_STR(user_password_fault(NULL, "ann", "PASSWORD1"), "password_common");
	CHECK_STR(user_password_fault(NULL, "annabella", "Annabella"), "password_common");
	CHECK_STR(user_password_fault(NULL, " annabella ", "annabella"), "password_common");
	CHECK_STR(user_password_fault(NULL, "ann", arena_printf(fx.arena, "%01020dxyz!", 0)), NULL);
	CHECK_STR(user_password_fault(NULL, "ann", arena_printf(fx.arena, "%01025d", 0)), "password_long");
}

static enum store_result
add(const char *name, struct user *u, bool *taken)
{
	return user_add(fx.store, fx.arena, name, FIXTURE_PASSWORD, u, taken);
}

static void
test_accounts(void)
{
	struct user u, back;
	bool taken = true, ok;

	CHECK(add("Ann", &u, &taken) == STORE_OK && !taken && strlen(u.id) == 22);
	CHECK_NAMED(add(" ANN", &back, &taken) == STORE_OK && taken, "B09 the same name in other letters is taken");
	CHECK(user_by_name(fx.store, fx.arena, "aNN ", &back) == STORE_OK && strcmp(back.id, u.id) == 0);
	CHECK_STR(back.name, "Ann");
	CHECK(user_by_name(fx.store, fx.arena, "bob", &back) == STORE_ABSENT);
	CHECK(user_by_name(fx.store, fx.arena, "a/b", &back) == STORE_ABSENT);
	CHECK(user_login(fx.store, fx.arena, "ann", FIXTURE_PASSWORD, &back, &ok) == STORE_OK && ok);
	CHECK(user_login(fx.store, fx.arena, "ann", "correct horse 8", &back, &ok) == STORE_OK && !ok);
	CHECK(user_login(fx.store, fx.arena, "ann", "", &back, &ok) == STORE_OK && !ok);
	CHECK(user_login(fx.store, fx.arena, "bob", FIXTURE_PASSWORD, &back, &ok) == STORE_OK && !ok);
	CHECK_NAMED(user_login(fx.store, fx.arena, "ann", arena_printf(fx.arena, "%02000d", 0), &back, &ok) == STORE_OK && !ok,
	    "B13 over 1 KiB");
	CHECK(user_set_disabled(fx.store, fx.arena, u.id, true) == STORE_OK);
	CHECK(user_login(fx.store, fx.arena, "ann", FIXTURE_PASSWORD, &back, &ok) == STORE_OK && !ok);
	CHECK(user_set_disabled(fx.store, fx.arena, u.id, false) == STORE_OK);
	CHECK(user_set_password(fx.store, fx.arena, u.id, "another horse 7") == STORE_OK);
	CHECK(user_login(fx.store, fx.arena, "ann", FIXTURE_PASSWORD, &back, &ok) == STORE_OK && !ok);
	CHECK(user_login(fx.store, fx.arena, "ann", "another horse 7", &back, &ok) == STORE_OK && ok);
	CHECK(user_delete(fx.store, fx.arena, u.id) == STORE_OK && user_delete(fx.store, fx.arena, u.id) == STORE_ABSENT);
	CHECK(user_login(fx.store, fx.arena, "ann", "another horse 7", &back, &ok) == STORE_OK && !ok);
	CHECK(add("ann", &back, &taken) == STORE_OK && !taken && strcmp(back.id, u.id) != 0);
}

struct weak { const char *key, *hash; };

static enum store_result
put_weak(struct store_tx *tx, void *arg)
{
	const struct weak *w = arg;
	struct json *r;
	enum store_result result = record_tx_get(tx, w->key, &r);

	if (result != STORE_OK)
		return result;
	json_set_string(store_tx_arena(tx), r, "password", w->hash);
	return record_tx_put(tx, w->key, r, 0);
}

/* A hash from weaker days is made anew at the next login, by the right password only. */
static void
test_rehash(void)
{
	char hash[128];
	struct user u = fixture_user("old"), back;
	struct weak w = { record_key(fx.arena, "user", u.id, NULL), hash };
	bool ok;

	CHECK(user_login(fx.store, fx.arena, "old", "", &back, &ok) == STORE_OK && !ok);	/* no password at all */
	CHECK(argon2id_hash_encoded(1, 64, 1, FIXTURE_PASSWORD, strlen(FIXTURE_PASSWORD), "somesalt", 8, 32, hash,
	    sizeof(hash)) == ARGON2_OK);
	CHECK(store_run(fx.store, fx.arena, put_weak, &w) == STORE_OK);
	CHECK(user_login(fx.store, fx.arena, "old", "wrong horse 9", &back, &ok) == STORE_OK && !ok);
	CHECK(user_by_id(fx.store, fx.arena, u.id, &back) == STORE_OK && strcmp(back.password, hash) == 0);
	CHECK(user_login(fx.store, fx.arena, "old", FIXTURE_PASSWORD, &back, &ok) == STORE_OK && ok);
	CHECK(user_by_id(fx.store, fx.arena, u.id, &back) == STORE_OK && strcmp(back.password, hash) != 0);
	CHECK(user_login(fx.store, fx.arena, "old", FIXTURE_PASSWORD, &back, &ok) == STORE_OK && ok);
}

static void
test_links(void)
{
	struct user u = fixture_user("link"), back;
	const char *token, *late;

	CHECK(user_link_make(fx.store, fx.arena, u.id, &token) == STORE_OK && strlen(token) == 32);
	CHECK(user_link_peek(fx.store, fx.arena, token, &back) == STORE_OK && strcmp(back.id, u.id) == 0);
	CHECK(user_link_peek(fx.store, fx.arena, token, &back) == STORE_OK);
	CHECK(user_link_use(fx.store, fx.arena, token, &back) == STORE_OK && strcmp(back.id, u.id) == 0);
	CHECK(user_link_use(fx.store, fx.arena, token, &back) == STORE_ABSENT);
	CHECK(user_link_peek(fx.store, fx.arena, token, &back) == STORE_ABSENT);
	CHECK(user_link_use(fx.store, fx.arena, "nonsense", &back) == STORE_ABSENT);
	CHECK(user_link_make(fx.store, fx.arena, u.id, &late) == STORE_OK);
	fixture_clock(31 * 60 * 1000);
	CHECK(user_link_use(fx.store, fx.arena, late, &back) == STORE_ABSENT);
	fixture_clock(0);
}

int
main(void)
{
	fixture_begin();
	test_names();
	test_passwords();
	test_accounts();
	test_rehash();
	test_links();
	fixture_end();
	return check_end();
}
