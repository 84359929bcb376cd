/* pg_schema.h: what stands in the database, and the statements that ask for it. docs/store.md explains both. */
#ifndef DB_PG_SCHEMA_H
#define DB_PG_SCHEMA_H

#include "db/pg.h"

#define PG_SCHEMA_FORMAT 1

/* Statements that each new connection begins with: for single records (by locks, or serializable), and for walks. */
extern const char	pg_setup_locks[], pg_setup_serializable[], pg_setup_walk[];

/* Makes everything, in one transaction; harmless where it is there. */
extern const char	pg_schema_make[];

/* format (of what is there; no row: nothing is) */
extern const struct pg_statement pg_format;

/* $1 key -> value, version, expires_at */
extern const struct pg_statement pg_get;

/* $1 keys -> the same, a row for each */
extern const struct pg_statement pg_get_all;

/* $1 keys, $2 versions -> true if all of them still are as they were read (0: none was there) */
extern const struct pg_statement pg_check;

/* -> id: a place to put down how far a process has come */
extern const struct pg_statement pg_writer;

/* $1 writer, $2 turn, $3 soon, $4 locks (sorted), $5 which of them alone, $6 keys and $7 versions read, $8 keys, $9 values (null:
 * delete) and $10 expiries to write -> true; false: a version is another one */
extern const struct pg_statement pg_commit;

/* $1 writer -> done: its newest turn that was committed; whatever is under way for it comes to nothing from now on */
extern const struct pg_statement pg_end_writer;

/* $1 writer: comes back when all that this connection has seen is on disk (and on the standby) */
extern const struct pg_statement pg_settle;

/* $1 seconds -> how many records were removed that had expired by then; it stops after a while, with more to do */
extern const struct pg_statement pg_sweep;

/* Writers that have not written for a day. */
extern const struct pg_statement pg_sweep_writers;

/* key, value, expires_at: the next ones of a walk */
extern const struct pg_statement pg_walk;
extern const char pg_walk_begin[];

/* -> records by the table, by its index */
extern const struct pg_statement pg_count_table, pg_count_index;

/* -> one row of int8, named by pg_figures_names; null: the server does not tell this role */
extern const struct pg_statement pg_figures;
extern const char *const pg_figures_names[];

/* $1 text: tell all who listen; listen */
extern const struct pg_statement pg_tell;
extern const char pg_listen[];

#endif
