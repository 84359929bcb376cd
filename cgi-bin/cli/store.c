/* store.c: gatehouse store ...: is the store sound, copies of it, and how it is doing. */
#include "db/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "cli/store_check.h"
#include "cli/store_dump.h"
#include "db/checked.h"
#include "db/configured.h"
#include "base/banned.h"

/* --- check --- */

/* Open the store that is meant: FOLDER, a copy, is only looked at. NULL if it cannot be opened, which was said. */
static struct store *
open_to_check(const struct cli *c)
{
	bool copy = c->words_count > 0;
	struct store *s = NULL;
	char why[600];

	/* A copy is of the engine gdbm, whatever the store's. */
	if ((copy ? store_open(&s, &(struct store_options){ .path = c->words[0], .read_only = true }, why, sizeof(why)) :
	    store_open_configured(&s, c->arena, c->config, false, why, sizeof(why))) == STORE_OK)
		return s;
	output_refuse(c, "put a backup back (docs/store.md says how), or mend what it says", "%s", why);
	return NULL;
}

static enum cli_exit
check(struct cli *c)
{
	struct store *s = open_to_check(c);
	size_t records = 0, faults = 0;

	if (s == NULL)
		return CLI_REFUSED;
	/* Faults go where refusals go, so that stdout stays JSON. */
	bool sound = store_check(s, stderr) == STORE_OK;
	bool walked = store_check_records(s, stderr, &records, &faults) == STORE_OK;
	/* For the operator's page. A store that cannot take it has been complained of. */
	if (c->words_count == 0)
		checked_note(s, c->arena, &(struct checked){ .records = records, .sound = sound && walked && faults == 0 });
	store_close(s);
	if (!sound || !walked || faults > 0)
		return output_refuse(c, "keep a copy of the folder, then put a backup back (docs/store.md says how)",
		    "the store is not sound: %s", !sound || !walked ? "checksums do not match" :
		    "records do not fit together");
	struct json *v = json_object(c->arena);
	json_set_bool(c->arena, v, "ok", true);
	json_set_int(c->arena, v, "records", (long long)records);
	if (c->json)
		output_json(c, v);
	output_say(c, "the store is sound: %zu records, every checksum right, every index complete", records);
	return CLI_DONE;
}

/* --- dump and load --- */

/* A file beside the one that is meant, for nobody but its owner: it takes its place when it is whole. */
static FILE *
open_beside(const struct cli *c, const char *file, const char **beside)
{
	*beside = arena_printf(c->arena, "%s.part", file);
	int fd = open(*beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *out = fd >= 0 && fchmod(fd, 0600) == 0 ? fdopen(fd, "w") : NULL;

	if (out == NULL) {
		output_refuse(c, "name a file in a folder that you may write to", "%s: %s", *beside, strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	return out;
}

static int
put_in_place(const struct cli *c, FILE *out, const char *beside, const char *file)
{
	bool good = fflush(out) == 0 && fsync(fileno(out)) == 0;

	if (fclose(out) == 0 && good && rename(beside, file) == 0)
		return CLI_DONE;
	int why = errno;
	unlink(beside);
	return output_refuse(c, "make room, then run it again", "%s: %s", file, strerror(why));
}

static enum cli_exit
dump(struct cli *c)
{
	const char *file = c->words_count > 0 ? c->words[0] : NULL, *beside = NULL, *why = NULL;
	FILE *out = file != NULL ? open_beside(c, file, &beside) : stdout;
	size_t n = 0;

	if (out == NULL)
		return CLI_REFUSED;
	enum store_result r = store_dump(c->store, out, &n, &why);
	if (r != STORE_OK) {
		if (file != NULL) {
			fclose(out);
			unlink(beside);
		}
		return why != NULL ? output_refuse(c, "make room, then run it again", "%s", why) : output_store(c, r);
	}
	if (file == NULL)
		return CLI_DONE;
	if (put_in_place(c, out, beside, file) != CLI_DONE)
		return CLI_REFUSED;
	struct json *v = json_object(c->arena);
	json_set_string(c->arena, v, "file", file);
	json_set_int(c->arena, v, "records", (long long)n);
	if (c->json)
		output_json(c, v);
	output_say(c, "%zu records in %s; it holds what only the store may know: keep it safe", n, file);
	return CLI_DONE;
}

static bool
one_is_enough(void *arg, const char *key, const char *value, int64_t expires)
{
	(void)key, (void)value, (void)expires;
	*(bool *)arg = true;
	return false;
}

static int
load_from(const struct cli *c, FILE *in, const char *file)
{
	size_t n = 0;
	bool full = false;
	const char *fault = store_dump_fault(c->arena, in, &n);

	if (fault != NULL)
		return output_refuse(c, "make the dump again with gatehouse store dump FILE", "%s: %s; nothing was loaded",
		    file, fault);
	enum store_result r = store_each(c->store, one_is_enough, &full);
	if (r == STORE_OK && full && !args_has(c, "merge"))
		return output_refuse(c, output_command(c, "store load %s --merge", output_word(c, file)),
		    "the store holds records already; nothing was loaded");
	rewind(in);
	if (r == STORE_OK)
		r = store_dump_load(c->store, in);
	if (r != STORE_OK)
		return output_store(c, r);
	struct json *v = json_object(c->arena);
	json_set_int(c->arena, v, "records", (long long)n);
	if (c->json)
		output_json(c, v);
	output_say(c, "%zu records loaded", n);
	return CLI_DONE;
}

/* A dump is read twice: a pipe, which cannot be, goes into a file without a name first. NULL with errno. */
static FILE *
read_twice(const struct cli *c, FILE *in)
{
	char block[65536];
	size_t n;

	if (fseek(in, 0, SEEK_CUR) == 0)
		return in;
	int fd = open(c->config->root, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	FILE *copy = fd >= 0 ? fdopen(fd, "w+") : NULL;
	bool fine = copy != NULL;
	while (fine && (n = fread(block, 1, sizeof(block), in)) > 0)
		fine = fwrite(block, 1, n, copy) == n;
	fine = fine && !ferror(in) && fflush(copy) == 0;
	fclose(in);
	if (!fine && copy != NULL)
		fclose(copy);
	else if (copy == NULL && fd >= 0)
		close(fd);
	if (!fine)
		return NULL;
	rewind(copy);
	return copy;
}

static enum cli_exit
load(struct cli *c)
{
	const char *file = c->words[0];
	FILE *in = fopen(file, "re");

	if (in != NULL)
		in = read_twice(c, in);
	if (in == NULL)
		return output_refuse(c, "name a file that gatehouse store dump has written", "%s: %s", file,
		    strerror(errno));
	int result = load_from(c, in, file);
	fclose(in);
	return result;
}

/* --- the rest --- */

static enum cli_exit
backup(struct cli *c)
{
	char why[600] = "";
	enum store_result r = store_backup(c->store, c->words[0], why, sizeof(why));

	if (r != STORE_OK)
		return output_refuse(c, "name a folder that is not there yet, on a disk with room", "%s", why);
	struct json *v = json_object(c->arena);
	json_set_string(c->arena, v, "folder", c->words[0]);
	if (c->json)
		output_json(c, v);
	output_say(c, "copied to %s, as the store was at one moment", c->words[0]);
	return CLI_DONE;
}

static enum cli_exit
compact(struct cli *c)
{
	enum store_result r = store_fold(c->store);

	if (r != STORE_OK)
		return output_store(c, r);
	if (c->json)
		output_json(c, json_object(c->arena));
	output_say(c, "folded: what has expired is gone from the disk");
	return CLI_DONE;
}

static enum cli_exit
stats(struct cli *c)
{
	struct store_stat all[STORE_STATS];
	size_t n = store_stats(c->store, all);
	struct json *v = json_object(c->arena);

	for (size_t i = 0; i < n; i++)
		json_set_number(c->arena, v, all[i].name, (double)all[i].value);
	output_object(c, v, NULL);
	return CLI_DONE;
}

static const struct cli_option load_options[] = {
	{ "merge", NULL, 0, "also into a store that holds records; those of the same key are replaced" },
	{ NULL, NULL, 0, NULL },
};

static const struct cli_verb verbs[] = {
	{ "check", "[FOLDER]", "Prove every checksum and every index; of FOLDER, a backup, instead.", NULL, CLI_CONFIG,
	    check },
	{ "dump", "[FILE]", "Write all records as lines of JSON, as they are at one moment.", NULL, CLI_STORE, dump },
	{ "load", "FILE", "Read a dump into an empty store.", load_options, CLI_STORE, load },
	{ "backup", "FOLDER", "Copy the store while it is in use; FOLDER must not exist yet.", NULL, CLI_STORE, backup },
	{ "compact", "", "Fold the journal into the base now, dropping what has expired.", NULL, CLI_STORE, compact },
	{ "stats", "", "Show the store's figures.", NULL, CLI_STORE, stats },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_store = {
	"store", "The records on disk: check, copy, move.",
	"gatehouse --root run store check\n"
	"gatehouse --root run store backup backup.1\n"
	"gatehouse --root run store dump records.jsonl\n",
	verbs, false,
};
