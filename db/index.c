/* index.c: chains of nodes; offsets instead of pointers, because every process maps it elsewhere.
 *
 * long because: making, mapping and using it share the table's form, which nobody else knows. */
#include "db/index.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "db/broken.h"
#include "db/journal.h"
#include "base/banned.h"

#define MAGIC		0x5844494854414722ull
#define RECORD_TYPICAL	256	/* bytes of a segment for which there is one node */
#define NODES_LEAST	256
#define SPARE		64	/* nodes that writers killed in the middle of index_apply may leave behind */
#define NODE_BITS	24	/* of a head: its first node; the other bits say what hashes may be in its chain */
#define NODES_MOST	((1u << NODE_BITS) - 1)
#define STEP		16384	/* nodes that memory is reserved for at a time: /dev/shm may be small */

struct node {
	_Atomic uint32_t next, place;	/* place: offset in the segment / 8 */
	uint64_t	 hash;
};

struct table {	/* the shared part; then the heads, then the nodes */
	uint64_t	 magic, seed;
	uint32_t	 heads, nodes;	/* how many; heads is a power of two */
	_Atomic uint32_t count, reserved;
	_Atomic uint32_t head[];	/* the first node of each chain, see NODE_BITS; node 0 is none */
};

struct index {
	struct table	*table;
	struct node	*node;
	size_t		 len;
	int		 fd;	/* -1: private memory */
};

static uint64_t
mix(uint64_t a, uint64_t b)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

uint64_t
index_hash(uint64_t seed, const char *key, size_t len)
{
	uint64_t h = seed ^ len, word;

	for (; len >= sizeof(word); key += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, key, sizeof(word));
		h = mix(h ^ word, 0x9e3779b97f4a7c15ull ^ seed);
	}
	word = 0;
	memcpy(&word, key, len);
	return mix(mix(h ^ word, 0xd1b54a32d192ed03ull), 0x9e3779b97f4a7c15ull ^ seed);
}

/* --- making and mapping --- */

static size_t
nodes_at(uint32_t heads)
{
	return (sizeof(struct table) + heads * sizeof(uint32_t) + 63) & ~(size_t)63;
}

/* How big for a segment of this size; the length of it all. */
static size_t
shape(size_t segment_size, uint32_t *heads, uint32_t *nodes)
{
	*nodes = segment_size / RECORD_TYPICAL < NODES_LEAST ? NODES_LEAST : (uint32_t)(segment_size / RECORD_TYPICAL);
	if (*nodes > NODES_MOST)
		*nodes = NODES_MOST;
	for (*heads = 1; *heads < *nodes / 2;)
		*heads *= 2;
	return nodes_at(*heads) + *nodes * sizeof(struct node);
}

static struct index *
index_of(void *map, size_t len, uint32_t heads, int fd)
{
	struct index *x = malloc(sizeof(*x));

	if (x == NULL)
		return NULL;
	*x = (struct index){ .table = map, .node = (void *)((char *)map + nodes_at(heads)), .len = len, .fd = fd };
	return x;
}

static bool
reserve(struct index *x, uint32_t upto)
{
	uint32_t have = atomic_load(&x->table->reserved);

	if (upto > x->table->nodes)
		upto = x->table->nodes;
	if (upto <= have)
		return true;
	off_t from = (char *)&x->node[have] - (char *)x->table;
	if (x->fd >= 0 && file_ops->reserve(x->fd, from, (off_t)((upto - have) * sizeof(struct node))) != 0)
		return false;
	atomic_store(&x->table->reserved, upto);
	return true;
}

static void
table_start(struct table *t, uint32_t heads, uint32_t nodes, uint64_t seed)
{
	t->seed = seed;
	t->heads = heads;
	t->nodes = nodes;
	atomic_store(&t->count, 1);
	t->magic = MAGIC;
}

struct index *
index_create(const struct folder *f, const char *name, size_t segment_size, uint64_t seed)
{
	uint32_t heads, nodes;
	size_t len = shape(segment_size, &heads, &nodes);
	struct index *x = NULL;

	file_remove(f, name);	/* somebody may have the old one mapped */
	int fd = file_open(f, name, O_RDWR | O_CREAT | O_EXCL);
	if (fd < 0)
		return NULL;
	void *map = NULL;
	if (file_ops->truncate(fd, (off_t)len) == 0 && file_ops->reserve(fd, 0, (off_t)nodes_at(heads)) == 0)
		map = file_ops->map(fd, len, true);
	if (map != NULL) {
		table_start(map, heads, nodes, seed);
		x = index_of(map, len, heads, fd);
	}
	if (x != NULL && reserve(x, STEP < nodes ? STEP : nodes))
		return x;
	int why = errno;
	if (x != NULL)
		index_close(x);
	else
		file_ops->close(fd);
	file_remove(f, name);
	errno = why;
	return NULL;
}

struct index *
index_create_private(size_t segment_size, uint64_t seed)
{
	uint32_t heads, nodes;
	size_t len = shape(segment_size, &heads, &nodes);
	void *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	table_start(map, heads, nodes, seed);
	struct index *x = index_of(map, len, heads, -1);
	if (x == NULL)
		munmap(map, len);
	return x;
}

struct index *
index_open(const struct folder *f, const char *name, bool read_only)
{
	int fd = file_open(f, name, read_only ? O_RDONLY : O_RDWR);
	int64_t len = fd >= 0 ? file_size(fd) : -1;
	struct index *x = NULL;

	if (fd < 0)
		return NULL;
	struct table *t = len > (int64_t)sizeof(*t) ? file_ops->map(fd, (size_t)len, !read_only) : NULL;
	if (t != NULL && t->magic == MAGIC && nodes_at(t->heads) + t->nodes * sizeof(struct node) == (size_t)len)
		x = index_of(t, (size_t)len, t->heads, fd);
	if (x == NULL) {
		if (t != NULL)
			munmap(t, (size_t)len);
		file_ops->close(fd);
	}
	return x;
}

void
index_close(struct index *x)
{
	munmap(x->table, x->len);
	if (x->fd >= 0)
		file_ops->close(x->fd);
	free(x);
}

/* --- use --- */

bool
index_has_room(struct index *x, uint32_t n)
{
	uint32_t count = atomic_load_explicit(&x->table->count, memory_order_relaxed);

	if (count + n + SPARE > x->table->nodes)
		return false;
	if (count + n + SPARE <= atomic_load_explicit(&x->table->reserved, memory_order_relaxed))
		return true;
	return reserve(x, count + n + STEP);
}

static bool
is_key(const struct segment *s, uint64_t offset, const char *key, size_t len)
{
	const struct journal_op *op = (const void *)(s->map + offset);

	return op->key_len == len && memcmp(op_key(op), key, len) == 0;
}

/* The bit in a head that says: a key with such a hash may be in the chain. Most that are not, are not looked for. */
static uint32_t
bit_of(uint64_t hash)
{
	return 1u << (NODE_BITS + (hash >> 61));
}

/* The node of key, 0 if there is none. *damaged: the hash is there, but what it leads to cannot be trusted. */
static uint32_t
find(const struct segment *s, uint64_t hash, const char *key, size_t len, bool *damaged)
{
	const struct index *x = s->index;
	uint32_t head = atomic_load_explicit(&x->table->head[hash & (x->table->heads - 1)], memory_order_acquire);
	uint32_t i = (head & bit_of(hash)) != 0 ? head & NODES_MOST : 0;

	for (; i != 0; i = atomic_load_explicit(&x->node[i].next, memory_order_acquire)) {
		if (x->node[i].hash != hash)
			continue;
		uint64_t place = atomic_load_explicit(&x->node[i].place, memory_order_acquire);
		if (is_key(s, place * 8, key, len))
			break;
		/* Another key with the same 64 bits, or this one, changed by the disk? */
		if (segment_op(s, place * 8) == NULL)
			*damaged = true;
	}
	return i;
}

const struct journal_op *
index_find(const struct segment *s, uint64_t hash, const char *key, size_t len, bool *damaged)
{
	uint32_t i = find(s, hash, key, len, damaged);

	if (i == 0)
		return NULL;
	uint64_t place = atomic_load_explicit(&s->index->node[i].place, memory_order_acquire);
	const struct journal_op *op = segment_op(s, place * 8);
	*damaged = *damaged || op == NULL;
	return op;
}

static void
apply_op(const struct segment *s, const struct journal_op *op)
{
	struct index *x = s->index;
	uint64_t hash = index_hash(x->table->seed, op_key(op), op->key_len);
	uint32_t place = (uint32_t)(((const char *)op - s->map) / 8);
	bool damaged;
	uint32_t i = find(s, hash, op_key(op), op->key_len, &damaged);

	if (i != 0) {
		atomic_store_explicit(&x->node[i].place, place, memory_order_release);
		return;
	}
	_Atomic uint32_t *head = &x->table->head[hash & (x->table->heads - 1)];
	uint32_t before = atomic_load_explicit(head, memory_order_relaxed);
	i = atomic_fetch_add_explicit(&x->table->count, 1, memory_order_relaxed);
	struct node *n = &x->node[i];
	n->hash = hash;
	atomic_store_explicit(&n->place, place, memory_order_relaxed);
	atomic_store_explicit(&n->next, before & NODES_MOST, memory_order_relaxed);
	atomic_store_explicit(head, i | (before & ~NODES_MOST) | bit_of(hash), memory_order_release);
}

void
index_apply(const struct segment *s, const struct journal_tx *tx)
{
	for (const struct journal_op *op = NULL; (op = tx_next(tx, op)) != NULL;) {
		apply_op(s, op);
		if (BROKEN(WHOLE))
			sched_yield();
	}
}

bool
index_at(const struct segment *s, uint32_t i, const struct journal_op **op, bool *damaged)
{
	const struct index *x = s->index;

	*op = NULL;
	if (++i >= atomic_load_explicit(&x->table->count, memory_order_acquire))
		return false;
	uint64_t place = atomic_load_explicit(&x->node[i].place, memory_order_acquire);
	if (place == 0)		/* its writer was killed before it was filled */
		return true;
	const struct journal_op *found = segment_op(s, place * 8);
	*damaged = *damaged || found == NULL;
	/* A node that no chain leads to: its writer was killed, and whoever repaired made another. */
	if (found != NULL && find(s, x->node[i].hash, op_key(found), found->key_len, damaged) == i)
		*op = found;
	return true;
}

uint64_t
index_seed(const struct index *x)
{
	return x->table->seed;
}
