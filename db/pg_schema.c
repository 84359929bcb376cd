/* pg_schema.c: tables, functions and statements of the PostgreSQL engine. */
#include "db/pg_schema.h"

#include <stddef.h>

#include "base/banned.h"

/* Plans by index whatever the statistics say of a young table. A server that is set to more than "on" keeps that. */
#define SETUP(isolation) \
	"set client_min_messages = warning; set jit = off; set lock_timeout = 2000; set statement_timeout = 5000;" \
	"set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off;" \
	"set default_transaction_isolation = '" isolation "'; set default_transaction_read_only = off;" \
	"select set_config('synchronous_commit', case current_setting('synchronous_commit')" \
	" when 'remote_apply' then 'remote_apply' else 'on' end, false)"

const char pg_setup_locks[] = SETUP("read committed"), pg_setup_serializable[] = SETUP("serializable");

const char pg_setup_walk[] = "set client_min_messages = warning; set jit = off; set statement_timeout = 0;"
    "set idle_in_transaction_session_timeout = 0; set default_transaction_isolation = 'repeatable read'";

/* A commit first has the locks of all its keys, in one order, so that no two can wait for each other: of those it writes alone, of those
 * it only read together with other readers. Then it sees what others have done, as each statement of a function has a snapshot of
 * its own. The writer's row is what makes a commit that nobody knows the end of findable, and stoppable. */
const char pg_schema_make[] =
    "begin isolation level read committed;"
    "select pg_advisory_xact_lock(7140, 1);"
    "do $make$ declare first text := trim(both ' \"' from split_part(current_setting('search_path'), ',', 1)); begin"
    " if current_schema() is null and first ~ '^[a-z_][a-z0-9_]*$' then execute format('create schema if not exists %I', first); end if;"
    "end $make$;"
    "create sequence if not exists record_version;"
    "create table if not exists record (key bytea primary key, value bytea not null, version bigint not null,"
    " expires_at bigint not null) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);"
    "create index if not exists record_expires on record (expires_at) where expires_at > 0;"
    "create table if not exists writer (id bigint generated always as identity primary key, done bigint not null default 0,"
    " seen timestamptz not null default now()) with (fillfactor = 50);"
    "create table if not exists store (format bigint not null);"
    "create or replace view record_text as select convert_from(key, 'UTF8') as key, convert_from(value, 'UTF8') as value,"
    " version, nullif(to_timestamp(expires_at), to_timestamp(0)) as expires_at from record;"
    "create or replace function store_holds(read_keys bytea[], read_versions bigint[]) returns boolean language sql volatile as $holds$"
    " select not exists (select from unnest(read_keys, read_versions) as was(key, version)"
    "  left join record on record.key = was.key where coalesce(record.version, 0) <> was.version) $holds$;"
    "create or replace function store_commit(me bigint, turn bigint, soon boolean, locks int[], alone boolean[],"
    " read_keys bytea[], read_versions bigint[], keys bytea[], vals bytea[], expiries bigint[])"
    " returns boolean language plpgsql as $commit$ "
    "declare room constant int := 'record'::regclass::oid::int; "
    "begin"
    " for i in 1 .. cardinality(locks) loop"
    "  if alone[i] then perform pg_advisory_xact_lock(room, locks[i]);"
    "  else perform pg_advisory_xact_lock_shared(room, locks[i]); end if;"
    " end loop;"
    " if not store_holds(read_keys, read_versions) then return false; end if;"
    " update writer set done = turn, seen = now() where id = me and done = turn - 1;"
    " if not found then raise exception 'the writer has ended' using errcode = 'GH001'; end if;"
    " if soon then perform set_config('synchronous_commit', 'off', true); end if;"
    " delete from record using unnest(keys, vals) as new(key, value) where record.key = new.key and new.value is null;"
    " insert into record select new.key, new.value, nextval('record_version') * 2 + soon::int, new.expires_at"
    "  from unnest(keys, vals, expiries) as new(key, value, expires_at) where new.value is not null"
    "  on conflict (key) do update set value = excluded.value, version = excluded.version, expires_at = excluded.expires_at;"
    " return true; "
    "end $commit$;"
    "insert into store select 1 where not exists (select from store);"
    "commit";

#define STATEMENT(what, sql) const struct pg_statement pg_##what = { #what, sql }

STATEMENT(format, "select format from store");
STATEMENT(get, "select value, version, expires_at from record where key = $1::bytea");
/* In the order of the keys; nulls where there is no record. */
STATEMENT(get_all, "select value, version, expires_at from unnest($1::bytea[]) with ordinality as wanted(key, place)"
    " left join record using (key) order by place");
STATEMENT(check, "select store_holds($1::bytea[], $2::bigint[])");
STATEMENT(writer, "insert into writer default values returning id");
STATEMENT(commit, "select store_commit($1::bigint, $2::bigint, $3::boolean, $4::int[], $5::boolean[], $6::bytea[], $7::bigint[],"
    " $8::bytea[], $9::bytea[], $10::bigint[])");
STATEMENT(end_writer, "delete from writer where id = $1::bigint returning done");
STATEMENT(settle, "update writer set seen = now() where id = $1::bigint returning id");
/* What is being written just now is left for the next time. */
STATEMENT(sweep, "with gone as (delete from record where key = any (array(select key from record"
    " where expires_at > 0 and expires_at <= $1::bigint order by expires_at limit 1000 for update skip locked))"
    " and expires_at > 0 and expires_at <= $1::bigint returning 1) select count(*) from gone");
STATEMENT(sweep_writers, "delete from writer where seen < now() - interval '1 day'");
STATEMENT(walk, "fetch 100 from walk");
const char pg_walk_begin[] = "begin read only; declare walk no scroll cursor for select key, value, expires_at from record";
STATEMENT(count_table, "select count(value) from record");
STATEMENT(count_index, "select count(key) from record where key >= ''::bytea");
/* A commit counts up its writer's row; what the database calls commits are all questions. */
STATEMENT(figures, "select greatest(r.reltuples, t.n_live_tup)::bigint, pg_total_relation_size(r.oid), t.n_dead_tup, w.n_tup_upd, x.wal_sync, d.xact_rollback,"
    " d.deadlocks, d.numbackends::bigint, (select count(*) from pg_stat_replication),"
    " case when pg_has_role(current_user, 'pg_read_all_stats', 'usage') then"
    "  (select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum')) end, (select count(*) from writer)"
    " from pg_class r join pg_stat_all_tables t on t.relid = r.oid, pg_stat_all_tables w, pg_stat_wal x, pg_stat_database d"
    " where r.oid = 'record'::regclass and w.relid = 'writer'::regclass and d.datname = current_database()");
const char *const pg_figures_names[] = { "records", "bytes", "dead_records", "commits", "syncs", "rollbacks", "deadlocks", "connections", "standbys",
    "synchronous_standbys", "writers", NULL };
STATEMENT(tell, "select pg_notify('gatehouse_' || current_schema(), $1::text)");
const char pg_listen[] = "do $listen$ begin execute format('listen %I', 'gatehouse_' || current_schema()); end $listen$";
