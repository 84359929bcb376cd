/* password.c: libargon2 with our parameters. */
#include "oauth/password.h"

#include <argon2.h>
#include <string.h>

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

bool
password_is_common(const char *password)
{
	/* Of the passwords of eight characters and more that lists of leaks begin with; shorter ones are refused anyway. */
	static const char *const common[] = {
		"password", "password1", "password12", "password123", "passw0rd", "p@ssw0rd", "p@ssword", "12345678",
		"123456789", "1234567890", "12345678910", "0123456789", "0987654321", "987654321", "87654321", "11111111",
		"111111111", "1111111111", "00000000", "0000000000", "22222222", "55555555", "66666666", "77777777",
		"88888888", "99999999", "12341234", "12121212", "123123123", "123321123", "11223344", "1122334455",
		"147258369", "147852369", "789456123", "741852963", "159753456", "987456321", "123456789a", "a123456789",
		"1q2w3e4r", "1q2w3e4r5t", "1q2w3e4r5t6y", "1qaz2wsx", "1qaz2wsx3edc", "qazwsxedc", "zaq12wsx", "zaq1zaq1",
		"q1w2e3r4", "q1w2e3r4t5", "qwer1234", "qwerty12", "qwerty123", "qwerty1234", "qwertyui", "qwertyuiop",
		"qwertyuiop123", "asdfghjk", "asdfghjkl", "asdf1234", "zxcvbnm1", "zxcvbnm123", "abcd1234", "abc12345",
		"abcdefgh", "abcdefg1", "abc123456", "aa123456", "aa12345678", "iloveyou", "iloveyou1", "iloveyou2",
		"sunshine", "sunshine1", "princess", "princess1", "football", "football1", "baseball", "baseball1",
		"basketball", "superman", "superman1", "batman123", "spiderman", "starwars", "pokemon1", "welcome1",
		"welcome123", "letmein1", "letmein123", "trustno1", "whatever", "whatever1", "computer", "computer1",
		"internet", "internet1", "michelle", "jennifer", "jordan23", "charlie1", "michael1", "samantha", "victoria",
		"alexander", "elizabeth", "changeme", "changeme1", "changeme123", "default1", "admin123", "admin1234",
		"administrator", "administrator1", "root1234", "test1234", "testtest", "guest123", "user1234", "demo1234",
		"login123", "secret123", "master123", "dragon123", "monkey123", "shadow123", "freedom1", "blink182",
		"mustang1", "corvette", "chocolate", "chocolate1", "butterfly", "liverpool", "liverpool1", "chelsea1",
		"arsenal1", "samsung1", "samsung123", "smartthings", "smartthings1", "gatehouse", "gatehouse1",
		"qweasdzxc", "q1q1q1q1", "asdasdasd", "qweqweqwe", "zxczxczxc", "passpass", "pass1234", "pass12345",
		"p455w0rd", "pa55word", "passw0rd1", "password!", "password1!", "password2", "lovelove", "lovely123",
		"hello123", "hello1234", "helloworld", "monkey12", "dragon12", "summer2020", "summer2023", "summer2024",
		"winter2023", "spring2024", "qwerty2024", "correcthorsebatterystaple",
	};

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (strcasecmp(common[i], password) == 0)
			return true;
	return false;
}
