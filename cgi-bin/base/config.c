/* config.c: read gatehouse.json by the table of base/config_key.c, and say of the first fault where it stands. */
#include "base/config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config_key.h"
#include "base/json.h"
#include "base/banned.h"

#define SHOWN_MAX	60		/* bytes of a key of the file in an error */

/* A number that must not be greater than another. */
static const struct { const char *small, *great; } orders[] = {
	{ "oauth.refresh_idle_ttl", "oauth.refresh_max_ttl" },
	{ "oauth.session_idle_ttl", "oauth.session_max_ttl" },
};

/* A name of the file as it may stand in an error: short, on one line. */
static char *
shown(struct arena *a, const char *name)
{
	char *s = arena_strndup(a, name, strnlen(name, SHOWN_MAX));

	for (char *c = s; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return s;
}

struct reading {
	struct arena	*arena;
	const char	*file, *text;
	const char	**why;
};

/* Say what is wrong with the key name of section, and where. Always false. */
static bool
refuse(const struct reading *r, const char *section, const char *name, const char *what)
{
	const char *dot = *section != '\0' ? "." : "";
	size_t line = json_line_of(r->text, arena_printf(r->arena, "%s%s%s", section, dot, name));

	if (line == 0)	/* a name with a dot in it is no path */
		line = json_line_of(r->text, section);
	*r->why = arena_printf(r->arena, "%s:%zu: %s%s%s: %s", r->file, line, section, dot, shown(r->arena, name),
	    what);
	return false;
}

/* Are all members of one object known? Sections are gone into. */
static bool
check_names(const struct reading *r, const struct json *object, const char *section)
{
	for (const struct json *m = json_first(object); m != NULL; m = json_next(m)) {
		const char *name = json_name(m);
		bool key = false, head = false;
		for (const struct config_key *k = config_keys; k < config_keys + config_keys_count; k++) {
			key |= config_key_in(k, section) && strcmp(config_key_leaf(k->path), name) == 0;
			head |= *section == '\0' && *name != '\0' && config_key_in(k, name);
		}
		if (!key && !head)
			return refuse(r, section, name, config_key_unknown(r->arena, section, name));
		if (head && json_type(m) != JSON_OBJECT)
			return refuse(r, section, name, "must be an object, as {...}");
		if (head && !check_names(r, m, name))
			return false;
	}
	return true;
}

static const struct json *
lookup(struct arena *a, const struct json *root, const char *path)
{
	size_t n = config_key_section(path);

	if (n > 0)
		root = json_get(root, arena_strndup(a, path, n));
	return json_get(root, config_key_leaf(path));
}

static bool
read_key(const struct reading *r, const struct config_key *k, const struct json *root, struct config *c)
{
	const struct json *v = lookup(r->arena, root, k->path);

	if (v == NULL)
		v = json_parse(r->arena, k->otherwise, strlen(k->otherwise), NULL);
	const char *fault = k->type->read(r->arena, k, v, (char *)c + k->at);
	if (fault != NULL)
		return refuse(r, "", k->path, fault);
	return true;
}

static long long
number_at(const struct config *c, const char *path)
{
	for (size_t i = 0; i < config_keys_count; i++)
		if (strcmp(config_keys[i].path, path) == 0)
			return *(const long long *)(const void *)((const char *)c + config_keys[i].at);
	return 0;
}

static bool
check_orders(const struct reading *r, const struct json *root, const struct config *c)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		long long great = number_at(c, orders[i].great);
		if (number_at(c, orders[i].small) <= great)
			continue;
		bool given = lookup(r->arena, root, orders[i].small) != NULL;
		return refuse(r, "", given ? orders[i].small : orders[i].great, arena_printf(r->arena,
		    "%s must not be greater than %s, which is %lld", orders[i].small, orders[i].great, great));
	}
	return true;
}

/* A database is named once, where the engine has one. */
static bool
check_store(const struct reading *r, const struct config *c)
{
	bool url = *c->store.url != '\0', file = *c->store.url_file != '\0', remote = strcmp(c->store.engine, "postgresql") == 0;

	if (remote && !url && !file)
		return refuse(r, "", "store.engine", "postgresql needs store.url_file, a file with the database's address, or store.url");
	if (url && file)
		return refuse(r, "", "store.url_file", "store.url is there, too: one of them says where the database is");
	if (!remote && (url || file))
		return refuse(r, "", url ? "store.url" : "store.url_file", "the engine is gdbm, which has no database");
	return true;
}

static const struct config *
load(struct arena *a, const char *root, const char *file, const char **why)
{
	size_t len;
	struct json_error err;
	struct config *c = arena_alloc(a, sizeof(*c));

	char *body = config_read_file(a, file, CONFIG_MAX, &len);
	if (body == NULL) {
		*why = arena_printf(a, "%s: %s", file, strerror(errno));
		return NULL;
	}
	const struct json *v = json_parse(a, body, len, &err);
	if (json_type(v) != JSON_OBJECT) {
		*why = v == NULL ? arena_printf(a, "%s:%zu: %s", file, err.line, err.what) :
		    arena_printf(a, "%s:1: must hold one object, {...}", file);
		return NULL;
	}
	struct reading r = { a, file, body, why };
	c->root = arena_strdup(a, root);
	if (!check_names(&r, v, ""))
		return NULL;
	for (size_t i = 0; i < config_keys_count; i++)
		if (!read_key(&r, &config_keys[i], v, c))
			return NULL;
	return check_orders(&r, v, c) && check_store(&r, c) ? c : NULL;
}

const struct config *
config_load(struct arena *a, const char *root, const char **why)
{
	const char *file = arena_printf(a, "%s/gatehouse.json", root);

	if (access(file, R_OK) == 0)
		return load(a, root, file, why);
	*why = arena_printf(a, "%s: %s; point --root or GATEHOUSE_ROOT at an instance, or make one with ./deploy.sh", file,
	    strerror(errno));
	return NULL;
}

const struct config *
config_load_file(struct arena *a, const char *file, const char **why)
{
	const char *slash = strrchr(file, '/');
	const char *root = slash == NULL ? "." : slash == file ? "/" : arena_strndup(a, file, (size_t)(slash - file));

	return load(a, root, file, why);
}

struct json *
config_show(struct arena *a, const struct config *c)
{
	struct json *all = json_object(a), *into = all;
	const char *section = "";

	for (size_t i = 0; i < config_keys_count; i++) {
		const struct config_key *k = &config_keys[i];
		if (!config_key_in(k, section)) {
			section = arena_strndup(a, k->path, config_key_section(k->path));
			into = *section == '\0' ? all : json_set(a, all, section, json_object(a));
		}
		json_set(a, into, config_key_leaf(k->path), k->type->show(a, (const char *)c + k->at));
	}
	return all;
}

char *
config_path(struct arena *a, const struct config *c, const char *path)
{
	return *path == '/' ? arena_strdup(a, path) : arena_printf(a, "%s/%s", c->root, path);
}

/* Read up to max bytes, and one more to see that there are no more. -1 with errno. */
static ssize_t
read_all(int fd, char *into, size_t max)
{
	size_t len = 0;

	while (len <= max) {
		ssize_t n = read(fd, into + len, max + 1 - len);
		if (n == 0)
			return (ssize_t)len;
		if (n < 0 && errno != EINTR)
			return -1;
		len += n > 0 ? (size_t)n : 0;
	}
	errno = EFBIG;
	return -1;
}

char *
config_read_file(struct arena *a, const char *path, size_t max, size_t *len)
{
	char *text = NULL;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0) {
		/* The size is a hint: /dev/stdin and a pipe have none. */
		size_t room = S_ISREG(st.st_mode) && (size_t)st.st_size < max ? (size_t)st.st_size : max;
		text = arena_alloc(a, room + 2);
		ssize_t n = read_all(fd, text, room);
		if (n < 0)
			text = NULL;
		else
			*len = (size_t)n;
	}
	int why = errno;
	close(fd);
	errno = why;
	return text;
}
