/* signature.c: OpenSSL behind a narrow door. */
#include "smartapp/signature.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "base/banned.h"

#define BITS_MIN	2048
#define BITS_MAX	8192
#define FOREVER		(INT64_MAX / 2)	/* so that a clock's slack can be added */
#define SERIAL		(3 * 20 + 1)	/* RFC 5280: at most 20 octets */

struct signature_key {
	EVP_PKEY	*key;
	EVP_PKEY_CTX	*verify;	/* ready to verify with it, again and again */
	int64_t		 from, until;
	char		 serial[SERIAL];
};

static int64_t
seconds(const ASN1_TIME *t, int64_t otherwise)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : otherwise;
}

static void
write_serial(const X509 *x, char out[SERIAL])
{
	const ASN1_INTEGER *n = X509_get0_serialNumber(x);
	const unsigned char *bytes = ASN1_STRING_get0_data(n);
	int len = ASN1_STRING_length(n);

	out[0] = '\0';
	for (int i = 0; i < len && i < 20; i++)
		snprintf(out + (i > 0 ? 3 * i - 1 : 0), 4, "%s%02x", i > 0 ? "-" : "", bytes[i]);
}

static bool
read_certificate(struct signature_key *k, BIO *in)
{
	X509 *x = PEM_read_bio_X509(in, NULL, NULL, NULL);

	if (x == NULL)
		return false;
	k->key = X509_get_pubkey(x);
	k->from = seconds(X509_get0_notBefore(x), FOREVER);
	k->until = seconds(X509_get0_notAfter(x), 0);
	write_serial(x, k->serial);
	X509_free(x);
	return k->key != NULL;
}

/* Does nothing follow what was read but white space? */
static bool
is_read(BIO *in)
{
	char c;

	while (BIO_read(in, &c, 1) == 1)
		if (strchr(" \t\r\n", c) == NULL || c == '\0')
			return false;
	return true;
}

/* Set up once: looking algorithms up takes about as long as RSA itself. */
static bool
make_ready(struct signature_key *k)
{
	k->verify = EVP_PKEY_CTX_new(k->key, NULL);
	return k->verify != NULL && EVP_PKEY_verify_init(k->verify) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(k->verify, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(k->verify, EVP_sha256()) == 1;
}

static const char *
read_key(struct signature_key *k, BIO *in, bool certificate)
{
	if (certificate ? !read_certificate(k, in) : (k->key = PEM_read_bio_PUBKEY(in, NULL, NULL, NULL)) == NULL)
		return "it is not a PEM text of a certificate or public key";
	if (!is_read(in))
		return "something stands behind it";
	if (EVP_PKEY_get_base_id(k->key) != EVP_PKEY_RSA)
		return "it is not RSA";
	if (EVP_PKEY_get_bits(k->key) < BITS_MIN || EVP_PKEY_get_bits(k->key) > BITS_MAX)
		return "it has not 2048 to 8192 bits";
	return make_ready(k) ? NULL : "it cannot be used";
}

struct signature_key *
signature_key_read(const char *pem, size_t len, bool certificate, const char **why)
{
	static const char head[] = "-----BEGIN CERTIFICATE-----", bare[] = "-----BEGIN PUBLIC KEY-----";
	struct signature_key *k = calloc(1, sizeof(*k));

	while (len > 0 && (*pem == '\n' || *pem == '\r' || *pem == ' ' || *pem == '\t'))
		pem++, len--;
	bool is_certificate = len > strlen(head) && memcmp(pem, head, strlen(head)) == 0;
	bool is_bare = !certificate && len > strlen(bare) && memcmp(pem, bare, strlen(bare)) == 0;
	*why = certificate ? "it is not a PEM certificate" : "it is neither a PEM certificate nor a PEM public key";
	if (k == NULL || len > SIGNATURE_PEM_MAX || !(is_certificate || is_bare)) {
		free(k);
		return NULL;
	}
	k->from = 0;
	k->until = FOREVER;
	BIO *in = BIO_new_mem_buf(pem, (int)len);
	*why = in != NULL ? read_key(k, in, is_certificate) : "there is no memory";
	BIO_free(in);
	ERR_clear_error();
	if (*why == NULL)
		return k;
	signature_key_free(k);
	return NULL;
}

void
signature_key_free(struct signature_key *k)
{
	if (k != NULL) {
		EVP_PKEY_CTX_free(k->verify);
		EVP_PKEY_free(k->key);
	}
	free(k);
}

int64_t
signature_key_from(const struct signature_key *k)
{
	return k->from;
}

int64_t
signature_key_until(const struct signature_key *k)
{
	return k->until;
}

const char *
signature_key_serial(const struct signature_key *k)
{
	return k->serial;
}

bool
signature_ok(const struct signature_key *k, const char *text, const unsigned char *signature, size_t len)
{
	unsigned char hash[SECRET_HASH];

	secret_sha256(text, strlen(text), hash);
	bool ok = EVP_PKEY_verify(k->verify, signature, len, hash, sizeof(hash)) == 1;
	ERR_clear_error();
	return ok;
}
