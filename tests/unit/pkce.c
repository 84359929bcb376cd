/* Proof keys: the example of RFC 7636 appendix B, and what must not pass for one. */
#include "base/arena.h"
#include "oauth/pkce.h"
#include "tests/unit/check.h"
#include "base/banned.h"

#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static void
test_verify(struct arena *a)
{
	char *longest = arena_printf(a, "%0129d", 0);

	CHECK(pkce_verify(a, CHALLENGE, VERIFIER));
	CHECK_NAMED(!pkce_verify(a, CHALLENGE, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK"), "C25 wrong verifier");
	CHECK_NAMED(!pkce_verify(a, CHALLENGE, NULL), "C26 no verifier");
	CHECK_NAMED(!pkce_verify(a, NULL, VERIFIER), "C26b downgrade: a verifier without a challenge");
	CHECK_NAMED(pkce_verify(a, NULL, NULL), "neither");
	CHECK_NAMED(!pkce_verify(a, CHALLENGE, CHALLENGE), "C27 verifier = challenge");
	CHECK_NAMED(!pkce_verify(a, CHALLENGE, ""), "C28 empty");
	/* The right hash of a verifier of the wrong form is refused all the same: SHA-256 of 42 and of 129 zeros. */
	CHECK_NAMED(!pkce_verify(a, "Lh47-03pWFuX-3mDQwwiCVs7M9oc1OgvaNpC8bdIHy8", longest + 129 - 42), "C28 42 characters");
	CHECK_NAMED(!pkce_verify(a, "vqs5ZjifKtSVx9tPncAp8WquMcdq8-vv2XVPrw5t3LQ", longest), "C28 129 characters");
	CHECK_NAMED(!pkce_verify(a, "M80AEd2fYoJcAW459Io8uvdlW7-paVscKhmHq8LFrbw", "dBjftJeZ4CVP mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
	    "C28 illegal character");
}

static void
test_challenge(void)
{
	CHECK(pkce_challenge_ok(CHALLENGE));
	CHECK(!pkce_challenge_ok(""));
	CHECK(!pkce_challenge_ok("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c"));
	CHECK(!pkce_challenge_ok(CHALLENGE "M"));
	CHECK(!pkce_challenge_ok("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"));
	CHECK(!pkce_challenge_ok("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c="));
}

int
main(void)
{
	struct arena *a = arena_new((size_t)1 << 20);

	test_verify(a);
	test_challenge();
	arena_free(a);
	return check_end();
}
