/* certificate.c: X.509 by libcrypto. */
#include "nodeserver/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/secret.h"
#include "base/banned.h"

#define FOLDER	"secret/mqtt"
#define DAYS	3650	/* a node server runs for years without being looked at; a rotation ends it sooner */
#define FILE_MAX 16384

/* Who signs. */
struct authority {
	X509		*certificate;
	EVP_PKEY	*key;
};

char *
certificate_path(struct arena *a, const struct config *c, const char *file)
{
	return config_path(a, c, arena_printf(a, FOLDER "/%s", file));
}

/* --- text --- */

static char *
from_bio(struct arena *a, BIO *mem)
{
	char *data;
	long len = BIO_get_mem_data(mem, &data);

	return len > 0 ? arena_strndup(a, data, (size_t)len) : NULL;
}

static char *
certificate_pem(struct arena *a, X509 *x)
{
	BIO *mem = BIO_new(BIO_s_mem());
	char *text = mem != NULL && PEM_write_bio_X509(mem, x) == 1 ? from_bio(a, mem) : NULL;

	BIO_free(mem);
	return text;
}

/* PKCS#8: every client reads that. */
static char *
key_pem(struct arena *a, EVP_PKEY *key)
{
	BIO *mem = BIO_new(BIO_s_secmem());
	char *text = mem != NULL && PEM_write_bio_PKCS8PrivateKey(mem, key, NULL, NULL, 0, NULL, NULL) == 1 ? from_bio(a, mem) : NULL;

	BIO_free(mem);
	return text;
}

/* --- making --- */

static bool
extend(X509 *x, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	bool ok = e != NULL && X509_add_ext(x, e, -1) == 1;

	X509_EXTENSION_free(e);
	return ok;
}

static bool
number(X509 *x)
{
	unsigned char bytes[16];
	BIGNUM *n;

	secret_random(bytes, sizeof(bytes));
	bytes[0] &= 0x7f;
	n = BN_bin2bn(bytes, sizeof(bytes), NULL);
	bool ok = n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
	BN_free(n);
	return ok;
}

/* purpose: NULL for the authority itself; alt: other names of a server, or NULL. NULL if libcrypto cannot. */
static X509 *
make(EVP_PKEY *key, const char *name, const struct authority *by, const char *purpose, const char *alt)
{
	X509 *x = X509_new();
	X509_NAME *subject = x != NULL ? X509_get_subject_name(x) : NULL;
	X509V3_CTX ctx;
	bool ca = purpose == NULL;

	if (x == NULL)
		return NULL;
	X509V3_set_ctx(&ctx, ca ? x : by->certificate, x, NULL, NULL, 0);
	/* A day back: clocks of others go wrong. */
	if (X509_set_version(x, X509_VERSION_3) == 1 && number(x) &&
	    X509_time_adj_ex(X509_getm_notBefore(x), -1, 0, NULL) != NULL &&
	    X509_time_adj_ex(X509_getm_notAfter(x), ca ? 2 * DAYS : DAYS, 0, NULL) != NULL &&
	    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(x, ca ? subject : X509_get_subject_name(by->certificate)) == 1 &&
	    X509_set_pubkey(x, key) == 1 &&
	    extend(x, &ctx, NID_basic_constraints, ca ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE") &&
	    extend(x, &ctx, NID_key_usage, ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") &&
	    extend(x, &ctx, NID_subject_key_identifier, "hash") &&
	    (ca || extend(x, &ctx, NID_authority_key_identifier, "keyid:always")) &&
	    (ca || extend(x, &ctx, NID_ext_key_usage, purpose)) && (alt == NULL || extend(x, &ctx, NID_subject_alt_name, alt)) &&
	    X509_sign(x, ca ? key : by->key, EVP_sha256()) > 0)
		return x;
	X509_free(x);
	return NULL;
}

static bool
issue(struct arena *a, const struct authority *by, const char *name, const char *purpose, const char *alt, struct certificate *c)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = key != NULL ? make(key, name, by, purpose, alt) : NULL;

	if (x != NULL) {
		c->certificate = certificate_pem(a, x);
		c->key = key_pem(a, key);
	}
	bool ok = x != NULL && c->certificate != NULL && c->key != NULL;
	X509_free(x);
	EVP_PKEY_free(key);
	return ok;
}

/* --- files --- */

/* A whole new file in place of an old one: who reads it meanwhile has one of both. */
static bool
put(struct arena *a, const struct config *c, const char *file, const char *text)
{
	const char *path = certificate_path(a, c, file), *fresh = arena_printf(a, "%s.new", path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text);

	if (fd < 0)
		return false;
	bool ok = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
	return close(fd) == 0 && ok && rename(fresh, path) == 0;
}

static void
close_authority(struct authority *by)
{
	X509_free(by->certificate);
	EVP_PKEY_free(by->key);
}

static BIO *
open_file(struct arena *a, const struct config *c, const char *file)
{
	size_t len;
	const char *text = config_read_file(a, certificate_path(a, c, file), FILE_MAX, &len);

	return text != NULL ? BIO_new_mem_buf(text, (int)len) : NULL;
}

static bool
open_authority(struct arena *a, const struct config *c, struct authority *by, const char **why)
{
	BIO *crt = open_file(a, c, CERTIFICATE_CA), *key = open_file(a, c, "ca.key");

	*by = (struct authority){ NULL, NULL };
	if (crt != NULL && key != NULL) {
		by->certificate = PEM_read_bio_X509(crt, NULL, NULL, NULL);
		by->key = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
	}
	BIO_free(crt);
	BIO_free(key);
	if (by->certificate != NULL && by->key != NULL && X509_check_private_key(by->certificate, by->key) == 1)
		return true;
	*why = arena_printf(a, "%s and ca.key: no certificate authority; \"gatehouse nodeserver broker\" makes one",
	    certificate_path(a, c, CERTIFICATE_CA));
	close_authority(by);
	return false;
}

static bool
make_authority(struct arena *a, const struct config *c)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = key != NULL ? make(key, "Gatehouse node servers", NULL, NULL, NULL) : NULL;
	const char *crt = x != NULL ? certificate_pem(a, x) : NULL, *text = x != NULL ? key_pem(a, key) : NULL;
	/* The certificate last: without it, there is no authority yet. */
	bool ok = crt != NULL && text != NULL && put(a, c, "ca.key", text) && put(a, c, CERTIFICATE_CA, crt);

	X509_free(x);
	EVP_PKEY_free(key);
	return ok;
}

/* The broker's names: as node servers call it, and as we do. */
static const char *
names_of(struct arena *a, const struct config *c)
{
	const char *const hosts[] = { c->mqtt.host, c->mqtt.broker };
	const char *names = "DNS:localhost,IP:127.0.0.1";

	for (size_t i = 0; i < 2; i++) {
		const char *host = hosts[i];
		bool ip = strspn(host, "0123456789.") == strlen(host);
		if (*host != '\0' && strcmp(host, "localhost") != 0 && strcmp(host, "127.0.0.1") != 0)
			names = arena_printf(a, "%s,%s:%s", names, ip ? "IP" : "DNS", host);
	}
	return names;
}

bool
certificate_create(struct arena *a, const struct config *c, const char **why)
{
	struct authority by;
	struct certificate broker = { 0 }, bridge = { 0 };
	const char *folder = config_path(a, c, FOLDER);

	*why = arena_printf(a, "%s: the certificates cannot be written", folder);
	if ((mkdir(config_path(a, c, "secret"), 0700) != 0 && errno != EEXIST) || (mkdir(folder, 0700) != 0 && errno != EEXIST) ||
	    (access(certificate_path(a, c, CERTIFICATE_CA), F_OK) != 0 && !make_authority(a, c)) ||
	    !open_authority(a, c, &by, why))
		return false;
	bool ok = issue(a, &by, "broker", "serverAuth", names_of(a, c), &broker) &&
	    issue(a, &by, CERTIFICATE_BRIDGE, "clientAuth", NULL, &bridge) &&
	    put(a, c, "broker.key", broker.key) && put(a, c, "broker.crt", broker.certificate) &&
	    put(a, c, CERTIFICATE_BRIDGE_KEY, bridge.key) && put(a, c, CERTIFICATE_BRIDGE_CRT, bridge.certificate);
	close_authority(&by);
	return ok;
}

bool
certificate_issue(struct arena *a, const struct config *c, const char *name, struct certificate *out, const char **why)
{
	struct authority by;
	size_t len;

	if (!open_authority(a, c, &by, why))
		return false;
	out->ca = config_read_file(a, certificate_path(a, c, CERTIFICATE_CA), FILE_MAX, &len);
	*why = "libcrypto makes no certificate";
	bool ok = out->ca != NULL && issue(a, &by, name, "clientAuth", NULL, out);
	close_authority(&by);
	return ok;
}
