/* signer.c: the key's file, and OpenSSL. */
#include "sim/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/secret.h"
#include "base/banned.h"

#define FILE_NAME "secret/simulator-key.pem"
#define FILE_MAX ((size_t)16384)
#define BITS 3072
#define SERIAL 12		/* bytes */
#define NO_END "99991231235959Z"	/* RFC 5280 4.1.2.5: no well-defined end; a demo's clock may be moved by years */
#define BEGIN "20200101000000Z"

char *
signer_base64(struct arena *a, const void *data, size_t len)
{
	char *text = arena_alloc(a, (len + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)text, data, (int)len);
	return text;
}

/* --- making it --- */

static bool
name_it(X509 *x)
{
	X509_NAME *name = X509_get_subject_name(x);
	unsigned char serial[SERIAL];

	secret_random(serial, sizeof(serial));
	serial[0] = (serial[0] & 0x3f) | 0x40;	/* positive, and never with a zero in front */
	BIGNUM *n = BN_bin2bn(serial, sizeof(serial), NULL);
	bool ok = n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"Gatehouse simulator", -1, -1, 0) == 1 &&
	    X509_set_issuer_name(x, name) == 1;
	BN_free(n);
	return ok;
}

/* Key and certificate as one PEM text; NULL if OpenSSL cannot. */
static char *
make(struct arena *a)
{
	char *text = NULL, *data;
	EVP_PKEY *key = EVP_RSA_gen(BITS);
	X509 *x = X509_new();
	BIO *out = BIO_new(BIO_s_mem());

	if (key == NULL || x == NULL || out == NULL || !name_it(x))
		goto out;
	if (X509_set_version(x, X509_VERSION_3) != 1 || ASN1_TIME_set_string(X509_getm_notBefore(x), BEGIN) != 1 ||
	    ASN1_TIME_set_string(X509_getm_notAfter(x), NO_END) != 1 || X509_set_pubkey(x, key) != 1 ||
	    X509_sign(x, key, EVP_sha256()) == 0)
		goto out;
	if (PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) != 1 || PEM_write_bio_X509(out, x) != 1)
		goto out;
	long len = BIO_get_mem_data(out, &data);
	if (len > 0)
		text = arena_strndup(a, data, (size_t)len);
out:
	BIO_free(out);
	X509_free(x);
	EVP_PKEY_free(key);
	return text;
}

/* Whole or not at all; who comes second leaves the first one's alone. */
static bool
write_file(struct arena *a, const char *path, const char *text)
{
	char *fresh = arena_printf(a, "%s.%s", path, secret_id(a, 9));
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t len = strlen(text);

	if (fd < 0)
		return false;
	bool ok = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
	close(fd);
	ok = ok && (link(fresh, path) == 0 || errno == EEXIST);
	int saved = errno;
	unlink(fresh);
	errno = saved;
	return ok;
}

/* --- reading it --- */

static X509 *
read_certificate(const char *pem)
{
	BIO *in = BIO_new_mem_buf(pem, -1);
	X509 *x = in != NULL ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;

	BIO_free(in);
	return x;
}

/* The serial number as keyIds have it: "4f-1c-...". */
static char *
key_id(struct arena *a, const char *certificate)
{
	X509 *x = read_certificate(certificate);
	char *text = NULL;

	if (x == NULL)
		return NULL;
	const ASN1_INTEGER *n = X509_get0_serialNumber(x);
	const unsigned char *bytes = ASN1_STRING_get0_data(n);
	text = arena_strdup(a, "/pl/" SIGNER_REGION "/");
	for (int i = 0; i < ASN1_STRING_length(n); i++)
		text = arena_printf(a, "%s%s%02x", text, i > 0 ? "-" : "", bytes[i]);
	X509_free(x);
	return text;
}

bool
signer_open(struct arena *a, const struct config *c, struct signer *s)
{
	const char *path = config_path(a, c, FILE_NAME);
	size_t len;

	*s = (struct signer){ .pem = config_read_file(a, path, FILE_MAX, &len) };
	if (s->pem == NULL && errno == ENOENT) {
		const char *text = make(a);
		mkdir(config_path(a, c, "secret"), 0700);
		if (text == NULL || !write_file(a, path, text))
			return false;
		s->pem = config_read_file(a, path, FILE_MAX, &len);
	}
	s->certificate = s->pem != NULL ? strstr(s->pem, "-----BEGIN CERTIFICATE-----") : NULL;
	s->key_id = s->certificate != NULL ? key_id(a, s->certificate) : NULL;
	if (s->key_id == NULL && s->pem != NULL)
		errno = EBADMSG;
	return s->key_id != NULL;
}

char *
signer_sign(struct arena *a, const struct signer *s, const char *text)
{
	char *result = NULL;
	size_t len = 0;
	BIO *in = BIO_new_mem_buf(s->pem, -1);
	EVP_PKEY *key = in != NULL ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (key == NULL || ctx == NULL || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, NULL, &len, (const unsigned char *)text, strlen(text)) != 1)
		goto out;
	unsigned char *bytes = arena_alloc(a, len);
	if (EVP_DigestSign(ctx, bytes, &len, (const unsigned char *)text, strlen(text)) == 1)
		result = signer_base64(a, bytes, len);
out:
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	BIO_free(in);
	return result;
}
