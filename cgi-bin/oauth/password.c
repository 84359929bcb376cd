/* password.c: libargon2 with our parameters. */
#include "oauth/password.h"

#include <argon2.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/secret.h"
#include "base/banned.h"

/* OWASP's minimum: 19 MiB, two passes, one lane. */
#define MEMORY_KIB 19456
#define PASSES 2
#define LANES 1
#define SALT 16
#define HASH 32
#define ENCODED_MAX 128
#define PARAMETERS "$argon2id$v=19$m=19456,t=2,p=1$"

char *
password_hash(struct arena *a, const char *password)
{
	unsigned char salt[SALT];
	char *encoded = arena_alloc(a, ENCODED_MAX);

	secret_random(salt, sizeof(salt));
	if (argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password, strlen(password), salt, sizeof(salt), HASH,
	    encoded, ENCODED_MAX) != ARGON2_OK)
		return NULL;
	return encoded;
}

bool
password_ok(const char *hash, const char *password)
{
	/* A hash with our parameters that no password is known for. */
	static const char nobody[] = PARAMETERS "AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

	bool ok = argon2id_verify(hash != NULL ? hash : nobody, password, strlen(password)) == ARGON2_OK;
	return ok && hash != NULL;
}

bool
password_is_weak_hash(const char *hash)
{
	return strncmp(hash, PARAMETERS, sizeof(PARAMETERS) - 1) != 0;
}

/* The words that people build passwords from, as guessing programs know them: with figures behind them, letters turned into
 * figures, doubled. Whole passwords that are no word follow. */
static const char *const words[] = {
	"password", "passwort", "passwd", "passpass", "pass", "qwerty", "qwertz", "azerty", "asdfgh", "zxcvbn", "qazwsx",
	"iloveyou", "ilovegod", "ilovemom", "loveyou", "lovelove", "lovely", "forever", "sunshine", "princess", "football",
	"baseball", "basketball", "softball", "soccer", "hockey", "tennis", "superman", "batman", "spiderman", "ironman",
	"starwars", "pokemon", "naruto", "minecraft", "fortnite", "roblox", "welcome", "letmein", "trustno", "whatever",
	"computer", "internet", "michelle", "jennifer", "jessica", "ashley", "amanda", "nicole", "daniel", "michael",
	"jordan", "charlie", "thomas", "robert", "samantha", "victoria", "alexander", "alexandra", "elizabeth", "stephanie",
	"christian", "christina", "matthew", "anthony", "andrew", "joshua", "patrick", "benjamin", "jonathan", "veronica",
	"changeme", "default", "admin", "administrator", "root", "test", "testing", "tester", "guest", "user", "username",
	"demo", "login", "secret", "master", "dragon", "monkey", "shadow", "freedom", "mustang", "corvette", "ferrari",
	"porsche", "mercedes", "chocolate", "butterfly", "flower", "liverpool", "chelsea", "arsenal", "barcelona",
	"realmadrid", "juventus", "samsung", "smartthings", "gatehouse", "smarthome", "iphone", "android", "google",
	"facebook", "twitter", "youtube", "linkedin", "amazon", "microsoft", "windows", "apple", "hello", "helloworld",
	"summer", "winter", "spring", "autumn", "january", "february", "march", "april", "august", "september", "october",
	"november", "december", "monday", "friday", "sunday", "london", "america", "canada", "australia", "germany",
	"deutschland", "france", "korea", "seoul", "purple", "orange", "yellow", "silver", "golden", "diamond", "angel",
	"jesus", "blessed", "family", "friends", "pepper", "cookie", "ginger", "buster", "maggie", "tigger", "snoopy",
	"killer", "hunter", "ranger", "cowboy", "cowboys", "steelers", "yankees", "lakers", "eagles", "phoenix", "matrix",
	"abc", "abcd", "abcdef", "abcdefgh", "aaaa", "asdf", "qwer", "qwert", "zaq", "qaz", "wsx", "access", "server",
	"system", "office", "company", "business", "money", "success", "power", "thunder", "lightning", "scooter",
};

static const char *const whole[] = {
	"1q2w3e4r", "1q2w3e4r5t", "1q2w3e4r5t6y", "1qaz2wsx", "1qaz2wsx3edc", "zaq12wsx", "zaq1zaq1", "q1w2e3r4", "q1w2e3r4t5",
	"qwertyui", "qwertyuiop", "qwertyuiop123", "asdfghjk", "asdfghjkl", "zxcvbnm1", "zxcvbnm123", "qazwsxedc", "qweasdzxc",
	"147258369", "147852369", "789456123", "741852963", "159753456", "987456321", "11223344", "1122334455", "112233445566",
	"12344321", "1234554321", "blink182", "a1b2c3d4", "a1b2c3d4e5", "correcthorsebatterystaple", "1234qwer", "123qweasd",
	"123456qwerty", "q1q1q1q1", "nothing1", "p455w0rd", "aa123456", "aa12345678", "a12345678", "a123456789", "1g2w3e4r",
};

/* One step up or down all along ("abcdefgh", "98765432"), or none at all ("aaaaaaaa"). */
static bool
is_run(const char *s)
{
	int step = s[1] - s[0];

	if (step < -1 || step > 1)
		return false;
	for (; s[1] != '\0'; s++)
		if (s[1] - s[0] != step && !(s[0] == '9' && s[1] == '0'))
			return false;
	return true;
}

/* "abcabcabc": a piece of one to four signs, again and again. */
static bool
is_repetition(const char *s, size_t len)
{
	for (size_t unit = 1; unit <= 4 && unit * 2 <= len; unit++) {
		size_t i = unit;
		while (i < len && s[i] == s[i - unit])
			i++;
		if (i == len)
			return true;
	}
	return false;
}

/* The letters of a password that is one word with figures and signs around it: small, and figures inside turned back. */
static void
to_word(const char *password, char *out, size_t size)
{
	static const char from[] = "013457@$!", to[] = "oleastasi";
	size_t len = strlen(password);

	while (len > 0 && !isalpha((unsigned char)password[len - 1]))
		len--;
	while (len > 0 && !isalpha((unsigned char)*password) && strchr("@$", *password) == NULL) {
		password++;
		len--;
	}
	len = len < size - 1 ? len : size - 1;
	for (size_t i = 0; i < len; i++) {
		const char *at = strchr(from, password[i]);
		out[i] = at != NULL && password[i] != '\0' ? to[at - from] : (char)tolower((unsigned char)password[i]);
	}
	out[len] = '\0';
}

static bool
is_one_of(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(list[i], s) == 0)
			return true;
	return false;
}

bool
password_is_common(const char *password)
{
	char word[64];
	size_t len = strlen(password), letters = 0;

	if (len < 2)
		return false;	/* too short to be judged, and for a password */
	if (is_run(password) || is_repetition(password, len) || strspn(password, "0123456789") == len)
		return true;
	if (is_one_of(password, whole, sizeof(whole) / sizeof(whole[0])))
		return true;
	to_word(password, word, sizeof(word));
	letters = strlen(word);
	/* A word counts as all there is if no more than six signs stand around it. */
	return letters > 0 && len - letters <= 6 && (is_one_of(word, words, sizeof(words) / sizeof(words[0])) ||
	    (letters % 2 == 0 && strncmp(word, word + letters / 2, letters / 2) == 0 && letters <= 16));
}
