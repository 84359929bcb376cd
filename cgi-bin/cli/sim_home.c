/* sim_home.c: the key of the home, and its owner's way through the pages. */
#include "cli/sim_home.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "cli/find.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "oauth/user.h"
#include "base/banned.h"

#define KEY_FILE "secret/simulator-home"
#define KEY_MAX 200

/* --- its key --- */

static const char *
read_key(struct cli *c, const char *path)
{
	size_t len;
	char *text = config_read_file(c->arena, path, KEY_MAX, &len);

	if (text != NULL)
		text[strcspn(text, "\n")] = '\0';
	return text != NULL && *text != '\0' ? text : NULL;
}

static const char *
make_key(struct cli *c, const char *path)
{
	char *key = arena_printf(c->arena, "%s.%s\n", secret_id(c->arena, 9), secret_token(c->arena, 24));
	ssize_t len = (ssize_t)strlen(key);

	mkdir(config_path(c->arena, c->config, "secret"), 0700);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return NULL;
	bool ok = write(fd, key, (size_t)len) == len;
	return close(fd) == 0 && ok ? read_key(c, path) : NULL;
}

int
sim_home_open(struct cli *c, struct browser *b)
{
	const char *path = config_path(c->arena, c->config, KEY_FILE), *key;

	if (!c->config->simulator)
		return output_refuse(c, "set \"simulator\": true in gatehouse.json and restart", "the simulator is off here");
	if ((key = read_key(c, path)) == NULL && (key = make_key(c, path)) == NULL)
		return output_refuse(c, "see who owns the folder", "%s: %s", path, strerror(errno));
	return browser_open(b, c, key) ? CLI_DONE : CLI_REFUSED;
}

/* --- asking --- */

/* What the last answer says against us. */
static int
refused(struct browser *b, const char *path)
{
	const char *why = json_get_string(b->json, "error_description");

	if (b->status == 0)
		return output_refuse(b->cli, "is it up? ./deploy.sh status", "%s%s: %s", b->cli->config->public_url, path, b->why);
	return output_refuse(b->cli, output_command(b->cli, "sim show"), "%s answers %d: %s", path, b->status,
	    why != NULL ? why : "see its log");
}

int
sim_home_ask(struct browser *b, const char *path, const char *form)
{
	browser_go(b, path, form);
	return b->status == 200 && b->json != NULL ? CLI_DONE : refused(b, path);
}

/* --- linking --- */

static bool
moved(const struct browser *b)
{
	return b->status == 303 && b->location != NULL;
}

/* A one-time link, as gatehouse user link prints: a page with a button. */
static bool
sign_in(struct cli *c, struct browser *b, const char *user)
{
	const char *token;

	if (user_link_make(c->store, c->arena, user, &token) != STORE_OK)
		return false;
	browser_go(b, arena_printf(c->arena, "/login?link=%s", token), NULL);
	const char *csrf = browser_hidden(b, "csrf"), *link = browser_hidden(b, "link");
	if (b->status != 200 || csrf == NULL || link == NULL)
		return false;
	browser_go(b, "/login", browser_add(b, browser_add(b, "", "csrf", csrf), "link", link));
	return moved(b);
}

static void
sign_out(struct browser *b)
{
	browser_go(b, "/logout", NULL);
	const char *csrf = browser_hidden(b, "csrf");
	if (b->status == 200 && csrf != NULL)
		browser_go(b, "/logout", browser_add(b, "", "csrf", csrf));
}

/* The consent page's form. */
static bool
allow(struct browser *b, const char *authorize, const struct json *devices, bool include_new)
{
	browser_go(b, authorize, NULL);
	const char *csrf = browser_hidden(b, "csrf"), *request = browser_hidden(b, "request");
	if (b->status != 200 || csrf == NULL || request == NULL)
		return false;
	char *form = browser_add(b, browser_add(b, "", "csrf", csrf), "request", request);
	form = browser_tick(b, form, "device", devices);
	if (include_new)
		form = browser_add(b, form, "include_new", "yes");
	browser_go(b, "/authorize", browser_add(b, form, "decision", "allow"));
	return moved(b);
}

int
sim_home_link(struct cli *c, struct browser *b, const char *name, const struct json *devices, bool include_new)
{
	struct user u;

	if (find_user(c, name, &u) != CLI_DONE || sim_home_ask(b, "/sim/api/home", NULL) != CLI_DONE)
		return CLI_REFUSED;
	/* A home has one link: the one before is not left behind. */
	if (json_get_bool(b->json, "linked", false) && sim_home_ask(b, "/sim/api/do", "action=unlink") != CLI_DONE)
		return CLI_REFUSED;
	if (sim_home_ask(b, "/sim/api/link", "") != CLI_DONE)
		return CLI_REFUSED;
	const char *authorize = json_get_string(b->json, "authorize");
	if (!sign_in(c, b, u.id))
		return refused(b, "/login");
	bool allowed = allow(b, authorize, devices, include_new);
	if (allowed)
		browser_go(b, b->location, NULL);
	if (!allowed || !moved(b))
		return refused(b, allowed ? "/sim/callback" : "/authorize");
	sign_out(b);
	if (sim_home_ask(b, "/sim/api/home", NULL) != CLI_DONE)
		return CLI_REFUSED;
	if (!json_get_bool(b->json, "linked", false))
		return output_refuse(c, output_command(c, "sim log"), "the code was not redeemed");
	return CLI_DONE;
}

char *
sim_home_values(struct arena *a, const struct json *values, const char *name)
{
	char *text = arena_strdup(a, "");

	for (const struct json *v = json_first(values); v != NULL; v = json_next(v)) {
		const char *unit = json_get_string(v, "unit");
		text = arena_printf(a, "%s%s%s %s%s%s", text, *text != '\0' ? ", " : "", json_get_string(v, name),
		    json_get_string(v, "value"), unit != NULL ? " " : "", unit != NULL ? unit : "");
	}
	return text;
}
