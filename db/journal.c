/* journal.c: segments on disk: made whole or not at all, read with distrust. */
#include "db/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/secret.h"
#include "db/broken.h"
#include "db/crc32c.h"
#include "db/index.h"
#include "base/banned.h"

#define FIRST sizeof(struct journal_head)

char *
segment_name(char name[NAME_SIZE], uint64_t number)
{
	snprintf(name, NAME_SIZE, "journal.%llu", (unsigned long long)number);
	return name;
}

static uint32_t
seed(uint64_t salt)
{
	return (uint32_t)(salt ^ salt >> 32);
}

uint32_t
journal_op_crc(uint64_t salt, const struct journal_op *op)
{
	return crc32c(seed(salt), &op->key_len, op_size(op->key_len, op->value_len) - sizeof(op->crc));
}

uint32_t
journal_tx_crc(uint64_t salt, const struct journal_tx *tx)
{
	uint32_t crc = crc32c(seed(salt), &tx->len, sizeof(*tx) - sizeof(tx->crc));

	for (const struct journal_op *op = NULL; (op = tx_next(tx, op)) != NULL;)
		crc = crc32c(crc, &op->crc, sizeof(op->crc));
	return crc;
}

/* --- making --- */

bool
segment_create(const struct folder *f, uint64_t number, uint64_t before, size_t size)
{
	struct journal_head head = { .magic = JOURNAL_MAGIC, .format = JOURNAL_FORMAT, .size = size, .number = number,
	    .before = before };
	char name[NAME_SIZE];
	static const char fresh[] = "journal.new.tmp";

	file_remove(f, fresh);	/* and no second life for one that the disk has refused */
	int fd = file_open(f, fresh, O_RDWR | O_CREAT | O_EXCL);
	if (fd < 0)
		return false;
	secret_random(&head.salt, sizeof(head.salt));
	head.crc = crc32c(0, &head, sizeof(head) - sizeof(head.crc));
	/* The file is as long as it will ever be, but takes room only as it fills: commit.c clears a step ahead. */
	bool good = file_ops->truncate(fd, (off_t)size) == 0 && file_write(fd, &head, sizeof(head), 0) &&
	    (BROKEN(HEAD) || file_sync(fd));
	int why = errno;
	file_ops->close(fd);
	errno = why;
	return good && file_rename(f, fresh, segment_name(name, number)) && (BROKEN(FOLDER) || folder_sync(f));
}

/* --- opening --- */

static int
head_fault(const struct journal_head *head, uint64_t number)
{
	if (head->magic == __builtin_bswap64(JOURNAL_MAGIC))
		return EPROTO;
	if (head->magic != JOURNAL_MAGIC || head->crc != crc32c(0, head, sizeof(*head) - sizeof(head->crc)))
		return EBADMSG;
	if (head->format != JOURNAL_FORMAT)
		return EPROTO;
	return head->number == number && head->size > FIRST && head->size <= UINT32_MAX ? 0 : EBADMSG;
}

static bool
opened(struct segment *s, uint64_t number)
{
	struct journal_head head;
	int64_t size = file_size(s->fd);

	if (!file_read(s->fd, &head, sizeof(head), 0))
		return false;
	if ((errno = head_fault(&head, number)) != 0)
		return false;
	if ((uint64_t)size < head.size) {	/* its end is cut off: mapping it would end in SIGBUS */
		errno = EBADMSG;
		return false;
	}
	s->number = number;
	s->before = head.before;
	s->salt = head.salt;
	s->size = head.size;
	s->map = file_ops->map(s->fd, s->size, false);
	return s->map != NULL;
}

bool
segment_open(struct segment *s, const struct folder *f, uint64_t number, bool read_only)
{
	char name[NAME_SIZE];

	*s = SEGMENT_NONE;
	s->fd = file_open(f, segment_name(name, number), read_only ? O_RDONLY : O_RDWR);
	if (s->fd < 0)
		return false;
	if (opened(s, number))
		return true;
	int why = errno;
	segment_close(s);
	errno = why;
	return false;
}

void
segment_close(struct segment *s)
{
	if (s->index != NULL)
		index_close(s->index);
	if (s->map != NULL)
		munmap((void *)(uintptr_t)s->map, s->size);
	if (s->fd >= 0)
		file_ops->close(s->fd);
	*s = SEGMENT_NONE;
}

/* --- reading --- */

const struct journal_op *
tx_next(const struct journal_tx *tx, const struct journal_op *op)
{
	const char *next = op == NULL ? (const char *)(tx + 1) : (const char *)op + op_size(op->key_len, op->value_len);

	return next < (const char *)tx + tx->len ? (const struct journal_op *)(const void *)next : NULL;
}

const struct journal_op *
segment_op(const struct segment *s, uint64_t offset)
{
	if (offset + sizeof(struct journal_op) > s->size)
		return NULL;
	const struct journal_op *op = (const void *)(s->map + offset);
	if (offset + op_size(op->key_len, op->value_len) > s->size)
		return NULL;
	return BROKEN(RECORD) || op->crc == journal_op_crc(s->salt, op) ? op : NULL;
}

/* Do the operations fill the transaction exactly, each sound? */
static bool
ops_are_sound(const struct segment *s, uint64_t offset, const struct journal_tx *tx)
{
	uint64_t at = offset + sizeof(*tx), end = offset + tx->len;

	for (uint32_t i = 0; i < tx->count; i++) {
		if (at + sizeof(struct journal_op) > end)
			return false;
		const struct journal_op *op = (const void *)(s->map + at);
		at += op_size(op->key_len, op->value_len);
		if (at > end || (!BROKEN(CRC) && op->crc != journal_op_crc(s->salt, op)))
			return false;
	}
	return at == end;
}

const struct journal_tx *
segment_tx(const struct segment *s, uint64_t offset)
{
	if (offset + sizeof(struct journal_tx) > s->size)
		return NULL;
	const struct journal_tx *tx = (const void *)(s->map + offset);
	if (tx->pos != pos_of(s->number, offset) || tx->len < sizeof(*tx) || tx->len % 8 != 0 ||
	    tx->len > s->size - offset || !ops_are_sound(s, offset, tx))
		return NULL;
	return BROKEN(CRC) || tx->crc == journal_tx_crc(s->salt, tx) ? tx : NULL;
}

uint64_t
segment_scan(const struct segment *s, uint64_t limit, segment_fn fn, void *arg, bool *marked)
{
	uint64_t offset = FIRST;
	const struct journal_tx *tx;

	*marked = false;
	while (offset < limit && (tx = segment_tx(s, offset)) != NULL && offset + tx->len <= limit) {
		if (fn != NULL)
			fn(s, tx, arg);
		*marked = tx->count == 0;
		offset += tx->len;
	}
	return offset;
}

/* A transaction behind end that was written when the journal was on disk up to proven; NULL if there is none. */
static const struct journal_tx *
left_over(const struct segment *s, uint64_t end, uint64_t proven)
{
	off_t data, hole = (off_t)end;

	/* Only what the file system has something for: the rest of the file is a hole. */
	while ((data = lseek(s->fd, hole, SEEK_DATA)) >= 0 && (hole = lseek(s->fd, data, SEEK_HOLE)) > data) {
		uint64_t at = (uint64_t)data < end ? end : ((uint64_t)data + 7) & ~(uint64_t)7;
		for (; at + sizeof(struct journal_tx) <= s->size && at < (uint64_t)hole; at += 8) {
			const struct journal_tx *tx = (const void *)(s->map + at);
			if (tx->pos == pos_of(s->number, at) && tx->proven >= proven && segment_tx(s, at) != NULL)
				return tx;
		}
	}
	return NULL;
}

bool
segment_is_damaged(const struct segment *s, uint64_t end)
{
	return left_over(s, end, pos_of(s->number, end) + 1) != NULL;
}

bool
segment_has_left_over(const struct segment *s, uint64_t end)
{
	return left_over(s, end, 0) != NULL;
}
