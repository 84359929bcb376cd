/* phase_send.c: the envelope, the signature, the judgement; what was learned is kept in one transaction. */
#include "sim/phase_send.h"

#include <string.h>
#include <time.h>

#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "sim/call.h"
#include "sim/check.h"
#include "sim/install.h"
#include "sim/phase.h"
#include "sim/phase_judge.h"
#include "sim/signer.h"
#include "sim/sim.h"
#include "base/banned.h"

#define APP_ID "5ea50000-0000-4000-8000-000000000001"	/* where the config names none */

const char *
phase_app_id(const struct sim *s)
{
	const char *id = s->app->config->smartapp.app_id;

	return *id != '\0' ? id : APP_ID;
}

struct phase
phase_new(struct sim *s, const char *name, const char *member, const char *check)
{
	struct arena *a = s->arena;
	struct phase p = { .sim = s, .name = name, .check = check, .json = json_object(a), .wanted = 200, .more = { .arena = a } };
	struct json *client;

	json_set_string(a, p.json, "lifecycle", name);
	json_set_string(a, p.json, "executionId", secret_uuid(a));
	json_set_string(a, p.json, "appId", phase_app_id(s));
	json_set_string(a, p.json, "locale", "en");
	json_set_string(a, p.json, "version", "1.0.0");
	client = json_set(a, p.json, "client", json_object(a));
	json_set_string(a, client, "os", "simulator");
	json_set_string(a, client, "language", "en-US");
	p.data = json_set(a, p.json, member, json_object(a));
	json_set(a, p.json, "settings", json_object(a));
	return p;
}

/* --- the signature --- */

/* As the recorded requests have it: UTC, and no hyphen in the digest's name (lifecycle protocol 0). */
static char *
date_text(struct arena *a, int64_t sec)
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)sec;
	struct tm tm;

	gmtime_r(&t, &tm);
	return arena_printf(a, "%.3s, %02d %.3s %04d %02d:%02d:%02d UTC", days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static char *
digest_text(struct arena *a, const char *body)
{
	unsigned char hash[SECRET_HASH];

	secret_sha256(body, strlen(body), hash);
	return arena_printf(a, "SHA256=%s", signer_base64(a, hash, sizeof(hash)));
}

/* The path of the target URL, which is what requests are signed for. */
static const char *
target_path(const struct sim *s)
{
	const char *url = call_url(s, PHASE_PATH);

	return strchr(strstr(url, "://") + 3, '/');
}

/* The headers, a list for call_make; NULL without a key. */
static const char *const *
sign(const struct phase *p, const char *body)
{
	struct arena *a = p->sim->arena;
	const char **list = arena_alloc(a, 7 * sizeof(*list));
	char *date = date_text(a, clock_sec() - (p->flaw == FLAW_OLD ? 86400 : 0));
	char *digest = digest_text(a, p->flaw == FLAW_BODY ? "{}" : body), *text;
	bool target = p->flaw != FLAW_TARGET;
	struct signer key;

	if (!signer_open(a, p->sim->app->config, &key))
		return NULL;
	text = arena_printf(a, "digest: %s\ndate: %s", digest, date);
	if (target)
		text = arena_printf(a, "(request-target): post %s\n%s", target_path(p->sim), text);
	text = signer_sign(a, &key, text);
	list[0] = "Date";
	list[1] = date;
	list[2] = "Digest";
	list[3] = digest;
	list[4] = p->flaw == FLAW_UNSIGNED ? NULL : "Authorization";
	list[5] = arena_printf(a, "Signature keyId=\"%s\",signature=\"%s\",headers=\"%sdigest date\",algorithm=\"rsa-sha256\"",
	    key.key_id, text != NULL ? text : "", target ? "(request-target) " : "");
	return list;
}

/* --- sending --- */

static void
learn(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct phase *p = arg;

	(void)devices;
	json_set_string(h->arena, record, "error", p->ok ? NULL : p->reply.status == 0 ? "NO-ANSWER" :
	    arena_printf(h->arena, "%d", p->reply.status));
	if (!p->ok)
		return;
	if (p->learn != NULL)
		p->learn(p, record, install_edit(h->arena, record));
	if (p->check != NULL)
		check_tick(h->arena, record, p->check);
}

bool
phase_send(struct phase *p)
{
	struct sim *s = p->sim;
	const char *body = p->raw != NULL ? p->raw : json_print(s->arena, p->json);
	const struct json *sent = json_parse(s->arena, body, strlen(body), NULL);
	const char *const *headers = sign(p, body);

	if (headers == NULL)
		return false;
	call_make(s, p->name, PHASE_PATH, false, headers, body, &p->reply);
	p->reply.exchange.replay_of = p->replay_of;
	if (p->may_refuse && p->reply.status == 400)
		p->wanted = 400;
	p->reply.exchange.faults = p->reply.status == 0 ? NULL :
	    phase_judge(s->arena, sent, p->wanted, p->reply.status, p->reply.json);
	p->ok = p->reply.status == p->wanted && json_first(p->reply.exchange.faults) == NULL;
	return call_keep(s, &p->reply, body, &p->more, false, learn, p) && p->ok;
}
