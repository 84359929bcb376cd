/* broken.h: the rules of the store that can be left out on purpose, to prove that its tests notice.
 *
 * A test build says -DSTORE_BREAK=BREAK_ACK; the product is built without and every BROKEN() is a constant 0. */
#ifndef DB_BROKEN_H
#define DB_BROKEN_H

enum store_break {
	BREAK_NOTHING,
	BREAK_ACK,	/* answer before the journal is on disk */
	BREAK_CRC,	/* believe a transaction without its checksum */
	BREAK_HEAD,	/* rename a segment into place before its head is on disk */
	BREAK_FOLDER,	/* do not sync the folder after a rename */
	BREAK_BASE,	/* rename a base into place before it is on disk */
	BREAK_VERSIONS,	/* commit without looking whether what was read still holds */
	BREAK_REPAIR,	/* take a dead writer's lock without looking at what it left */
	BREAK_BELIEVE,	/* take a failed sync for a good one the second time */
	BREAK_APPEND,	/* after a crash go on in the same segment, behind its torn tail */
	BREAK_RECORD,	/* serve a record without its checksum */
	BREAK_LINE,	/* believe a line of a lookup table without its checksum */
	BREAK_WHOLE,	/* read one record of a transaction that is only half in the index (and let readers in there) */
};

#ifndef STORE_BREAK
#define STORE_BREAK BREAK_NOTHING
#endif

#define BROKEN(what) (STORE_BREAK == BREAK_##what)

#endif
