/* sum.c: the sum file of a base: written and synced before the base gets its name, compared at every start. */
#include "db/sum.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base.h"
#include "db/crc32c.h"
#include "db/journal.h"
#include "base/banned.h"

#define CHUNK		(256u << 10)

bool
sum_of_file(const struct folder *f, const char *name, bool sync, struct sum *sum)
{
	int fd = file_open(f, name, O_RDONLY);
	int64_t size = fd >= 0 ? file_size(fd) : -1;
	char *buf = size >= 0 ? malloc(CHUNK) : NULL;
	bool good = buf != NULL;

	sum->crc = 0;
	sum->bytes = (uint64_t)size;
	for (int64_t at = 0; good && at < size; at += CHUNK) {
		size_t n = size - at < (int64_t)CHUNK ? (size_t)(size - at) : CHUNK;
		good = file_read(fd, buf, n, at);
		if (good)
			sum->crc = crc32c(sum->crc, buf, n);
	}
	good = good && (!sync || file_sync(fd));
	int why = errno;
	free(buf);
	if (fd >= 0)
		file_ops->close(fd);
	errno = why;
	return good;
}

#define SUM_FORMAT "gatehouse base %d\nnumber %llu\nrecords %llu\nbytes %llu\ncrc32c %08x\n"

static int
format(char *text, size_t size, uint64_t number, const struct sum *sum)
{
	return snprintf(text, size, SUM_FORMAT, BASE_FORMAT, (unsigned long long)number, (unsigned long long)sum->records,
	    (unsigned long long)sum->bytes, sum->crc);
}

bool
sum_write(const struct folder *f, uint64_t number, const struct sum *sum)
{
	char text[200], name[NAME_SIZE];
	int len = format(text, sizeof(text), number, sum);

	file_remove(f, "sum.tmp");
	int fd = file_open(f, "sum.tmp", O_RDWR | O_CREAT | O_EXCL);
	if (fd < 0)
		return false;
	bool good = file_write(fd, text, (size_t)len, 0) && file_sync(fd);
	int why = errno;
	file_ops->close(fd);
	errno = why;
	return good && file_rename(f, "sum.tmp", base_name(name, number, "sum")) && folder_sync(f);
}

static uint64_t
number_behind(const char *text, const char *word, int digits)
{
	const char *at = strstr(text, word);

	return at != NULL ? strtoull(at + strlen(word), NULL, digits) : 0;
}

bool
sum_read(const struct folder *f, uint64_t number, struct sum *sum)
{
	char text[200] = "", again[200], name[NAME_SIZE];
	int fd = file_open(f, base_name(name, number, "sum"), O_RDONLY);

	if (fd < 0)
		return false;
	int64_t len = file_size(fd);
	bool read = len > 0 && len < (int64_t)sizeof(text) && file_read(fd, text, (size_t)len, 0);
	file_ops->close(fd);
	if (!read)
		return false;
	sum->records = number_behind(text, "\nrecords ", 10);
	sum->bytes = number_behind(text, "\nbytes ", 10);
	sum->crc = (uint32_t)number_behind(text, "\ncrc32c ", 16);
	/* Nothing but exactly what was written: a changed blank is a changed file. */
	format(again, sizeof(again), number, sum);
	return strcmp(text, again) == 0;
}

bool
base_prove(const struct folder *f, uint64_t number, struct sum *sum, char *why, size_t why_size)
{
	char name[NAME_SIZE];
	struct sum found;

	if (!sum_read(f, number, sum)) {
		snprintf(why, why_size, "%s: missing, damaged or of another version", base_name(name, number, "sum"));
		return false;
	}
	if (!sum_of_file(f, base_name(name, number, "gdbm"), false, &found)) {
		snprintf(why, why_size, "%s: cannot be read: %s", name, strerror(errno));
		return false;
	}
	if (found.bytes != sum->bytes || found.crc != sum->crc) {
		snprintf(why, why_size, "%s: damaged: its checksum is not that of base.%llu.sum", name,
		    (unsigned long long)number);
		return false;
	}
	return true;
}
