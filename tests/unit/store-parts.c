/* Small parts of the store by themselves: checksum, file names, the list of failed syncs, an index that is full. */
#include <errno.h>

#include "tests/unit/check.h"
#include "tests/unit/store-help.h"
#include "db/control.h"
#include "db/index.h"
#include "db/journal.h"
#include "db/start.h"

/* Once more under another name, to reach the table that machines without the instruction use. */
#define crc32c crc32c_again
#include "db/crc32c.c"	/* NOLINT */
#undef crc32c
uint32_t crc32c(uint32_t crc, const void *data, size_t len);
#include "base/banned.h"

static void
test_crc(void)
{
	unsigned char data[300];
	uint64_t random = 1;
	int bad = 0;

	CHECK(crc32c(0, "123456789", 9) == 0xe3069283);	/* the check value of CRC-32C */
	CHECK(crc32c(0, "", 0) == 0);
	CHECK(crc32c(crc32c(0, "12345", 5), "6789", 4) == 0xe3069283);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)help_random(&random);
	for (size_t len = 0; len < sizeof(data); len++)
		bad += ~by_table(~7u, data, len) != crc32c(7, data, len);
	CHECK(bad == 0);
}

static bool
is_number(const char *name, uint64_t want)
{
	uint64_t n = 0;

	return start_number(name, "base.", ".gdbm", &n) && n == want;
}

static void
test_names(void)
{
	CHECK(is_number("base.7.gdbm", 7) && is_number("base.4294967294.gdbm", 4294967294));
	CHECK(!is_number("base.0.gdbm", 0) && !is_number("base.4294967295.gdbm", 4294967295));
	CHECK(!is_number("base..gdbm", 0) && !is_number("base.7.gdbmx", 7) && !is_number("base.7x.gdbm", 7));
	CHECK(!is_number("bas.7.gdbm", 7) && !is_number("base.99999999999.gdbm", 99999999999));
	CHECK(!is_number("base.-1.gdbm", 1) && !is_number("", 0));
}

static void
test_failures(void)
{
	struct control *c = calloc(1, sizeof(*c));
	uint64_t proven;

	CHECK(control_was_taken_back(c, pos_of(3, 100)) == 0 && !control_failure_of(c, 3, &proven));
	control_note_failure(c, 3, pos_of(3, 500), ENOSPC);
	CHECK(control_was_taken_back(c, pos_of(3, 500)) == 0 && control_was_taken_back(c, pos_of(3, 501)) == ENOSPC);
	CHECK(control_was_taken_back(c, pos_of(4, 501)) == 0 && control_was_taken_back(c, pos_of(2, 501)) == 0);
	CHECK(control_failure_of(c, 3, &proven) && proven == pos_of(3, 500) && !control_failure_of(c, 4, &proven));
	for (uint64_t i = 4; i < 4 + CONTROL_FAILURES; i++)
		control_note_failure(c, i, pos_of(i, 500), 0);
	/* The oldest is forgotten: of what is as old nothing good is said. */
	CHECK(control_was_taken_back(c, pos_of(3, 501)) != 0 && control_was_taken_back(c, pos_of(2, 64)) != 0);
	CHECK(control_was_taken_back(c, pos_of(10, 499)) == 0 && control_was_taken_back(c, pos_of(10, 501)) == EIO);
	CHECK(control_was_taken_back(c, pos_of(900, 64)) == 0);
	free(c);
}

static void
test_index(void)
{
	struct index *x = index_create_private(1u << 20, 42);
	char a[9] = "abcdefgh";

	CHECK(x != NULL && index_seed(x) == 42);
	CHECK(index_has_room(x, 64) && index_has_room(x, 4096 - 65) && !index_has_room(x, 4096));
	index_close(x);
	CHECK(index_hash(1, a, 8) != index_hash(2, a, 8) && index_hash(1, a, 8) != index_hash(1, a, 7));
	CHECK(index_hash(1, a, 0) == index_hash(1, "", 0));
	struct segment s = { .map = a, .size = 8, .fd = -1 };
	CHECK(segment_op(&s, 0) == NULL && segment_tx(&s, 0) == NULL);
}

int
main(void)
{
	test_crc();
	test_names();
	test_failures();
	test_index();
	return check_end();
}
