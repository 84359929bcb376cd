/* pg.c: libpq without its blocking calls, but for making a connection, which libpq bounds for each host by connect_timeout.
 * long because: a connection's life, its questions and their answers share its state, which nobody else sees. */
#include "db/pg.h"

#include <endian.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/banned.h"

#define STATEMENTS	24	/* prepared ones of a connection */
#define VALUES		12	/* of a statement */
#define GRACE		1000	/* ms after a loss in which every call tries to connect: a restart is that quick */
#define TRY_EVERY	500	/* ms between two tries, later */
#define NAP		50	/* ms between two tries, in the grace */
#define SETUP		3000	/* ms for the first statements */

struct pg {
	PGconn		*conn;		/* NULL: there is none */
	PGresult	*result;	/* of the last call */
	PGnotify	*note;		/* that was handed out */
	const char	*url, *setup;
	const struct pg_statement *prepared[STATEMENTS];
	unsigned	 number;
	int64_t		 lost, tried;	/* ms: when the connection ended; when one was last tried for */
	bool		 owed;		/* the outcome of pg_send is still to come */
	bool		 warned;
	struct metric	*questions;
	char		 state[6];
	char		 why[300];
};

/* The first line of a text, for logs. */
static void
note_why(struct pg *pg, const char *text)
{
	size_t n = strcspn(text, "\r\n");

	snprintf(pg->why, sizeof(pg->why), "%.*s", (int)(n < sizeof(pg->why) ? n : sizeof(pg->why) - 1), text);
	for (char *c = pg->why; *c != '\0'; c++)
		if (*c == '"')
			*c = '\'';
}

static void
on_notice(void *arg, const PGresult *notice)
{
	struct pg *pg = arg;
	const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);

	if (severity == NULL || strcmp(severity, "WARNING") != 0)
		return;
	pg->warned = true;
	note_why(pg, text != NULL ? text : "a warning without a text");
	log_event(LOG_LEVEL_WARN, "store_warned", "why=\"%s\"", pg->why);
}

struct pg *
pg_new(const char *url, const char *setup, bool *wrong)
{
	/* What libpq says of an address that it cannot read may show all of it, with the password. */
	PQconninfoOption *parts = PQconninfoParse(url, NULL);
	struct pg *pg = parts != NULL ? calloc(1, sizeof(*pg)) : NULL;

	*wrong = parts == NULL;
	PQconninfoFree(parts);
	if (pg == NULL)
		return NULL;
	pg->url = url;
	pg->setup = setup;
	pg->lost = pg->tried = clock_steady_ms() - 3600000;
	pg->questions = metric_own(METRIC_STORE_QUESTIONS);
	return pg;
}

static void
forget_answer(struct pg *pg)
{
	PQclear(pg->result);
	pg->result = NULL;
}

void
pg_drop(struct pg *pg)
{
	if (pg->conn == NULL)
		return;
	PQfinish(pg->conn);
	pg->conn = NULL;
	pg->owed = false;
	pg->lost = clock_steady_ms();
	memset(pg->prepared, 0, sizeof(pg->prepared));
}

void
pg_free(struct pg *pg)
{
	if (pg == NULL)
		return;
	forget_answer(pg);
	PQfreemem(pg->note);
	pg_drop(pg);
	free(pg);
}

unsigned
pg_number(const struct pg *pg)
{
	return pg->number;
}

/* --- answers --- */

static enum pg_fault
lose(struct pg *pg, const char *why)
{
	if (*pg->state == '\0')
		note_why(pg, why);
	log_event(LOG_LEVEL_ERROR, "store_lost", "state=%s why=\"%s\"", pg->state, pg->why);
	forget_answer(pg);
	pg_drop(pg);
	return PG_LOST;
}

/* Wait until the connection can be read (or written, where something is still to be sent). False: the time is over. */
static bool
wait_for(const struct pg *pg, bool write, int64_t until)
{
	struct pollfd p = { .fd = PQsocket(pg->conn), .events = (short)(POLLIN | (write ? POLLOUT : 0)) };
	int64_t left = until - clock_steady_ms();

	return left > 0 && poll(&p, 1, (int)left) != 0;	/* what a signal broke off is looked at once more */
}

/* All answers to what was sent; the last of them is kept. False: the connection has ended, or the time. */
static bool
collect(struct pg *pg, int64_t until)
{
	PGresult *next;
	int unsent;

	forget_answer(pg);
	while ((unsent = PQflush(pg->conn)) != 0 || PQisBusy(pg->conn)) {
		if (unsent < 0 || !wait_for(pg, unsent > 0, until) || PQconsumeInput(pg->conn) == 0)
			return false;
	}
	while ((next = PQgetResult(pg->conn)) != NULL) {
		PQclear(pg->result);
		pg->result = next;
		while (PQisBusy(pg->conn))
			if (!wait_for(pg, false, until) || PQconsumeInput(pg->conn) == 0)
				return false;
	}
	return PQstatus(pg->conn) == CONNECTION_OK;
}

/* States in which the session is of no more use: the server goes down, or is no longer the one that may write. */
static bool
state_ends(const char *state)
{
	static const char *const ends[] = { "57P01", "57P02", "57P03", "57P05", "25006", "26000" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strcmp(state, ends[i]) == 0)
			return true;
	return strncmp(state, "08", 2) == 0;
}

static enum pg_fault
judge(struct pg *pg)
{
	ExecStatusType s = PQresultStatus(pg->result);
	const char *state = PQresultErrorField(pg->result, PG_DIAG_SQLSTATE);
	const char *why = PQresultErrorField(pg->result, PG_DIAG_MESSAGE_PRIMARY);

	if (s == PGRES_TUPLES_OK || s == PGRES_COMMAND_OK)
		return PG_OK;
	snprintf(pg->state, sizeof(pg->state), "%s", state != NULL ? state : "");
	note_why(pg, why != NULL ? why : "no answer");
	if (state_ends(pg->state))
		return lose(pg, pg->why);
	forget_answer(pg);
	if (strcmp(pg->state, "40001") == 0 || strcmp(pg->state, "40P01") == 0)
		return PG_AGAIN;
	return strcmp(pg->state, "53100") == 0 ? PG_FULL : PG_REFUSED;
}

static enum pg_fault
outcome(struct pg *pg, int64_t until)
{
	if (collect(pg, until))
		return judge(pg);
	if (PQresultStatus(pg->result) == PGRES_FATAL_ERROR)
		judge(pg);	/* its last words */
	return pg->conn != NULL ? lose(pg, PQstatus(pg->conn) == CONNECTION_OK ? "no answer in time" :
	    PQerrorMessage(pg->conn)) : PG_LOST;
}

/* The same of a question, which is waited for: a round trip. */
static enum pg_fault
answer(struct pg *pg, int64_t until)
{
	metric_add(pg->questions, 1);
	return outcome(pg, until);
}

/* --- a connection --- */

/* What stands before the address is what holds where that says nothing. */
#define PARTS	9
static const char *const part_names[PARTS] = { "connect_timeout", "target_session_attrs", "tcp_user_timeout", "keepalives_idle",
    "keepalives_interval", "keepalives_count", "fallback_application_name", "dbname", NULL };
#define PART_VALUES(url) { "2", "read-write", "3000", "5", "2", "3", "gatehouse", (url), NULL }

static bool
try_connect(struct pg *pg)
{
	const char *values[PARTS] = PART_VALUES(pg->url);
	PGconn *conn = PQconnectdbParams(part_names, values, 1);

	*pg->state = '\0';
	pg->tried = clock_steady_ms();
	if (conn == NULL || PQstatus(conn) != CONNECTION_OK) {
		note_why(pg, conn != NULL ? PQerrorMessage(conn) : "out of memory");
		PQfinish(conn);
		return false;
	}
	PQsetnonblocking(conn, 1);
	PQsetNoticeReceiver(conn, on_notice, pg);
	pg->conn = conn;
	pg->number++;
	if (PQsendQuery(conn, pg->setup) == 1 && answer(pg, clock_steady_ms() + SETUP) == PG_OK)
		return true;
	pg_drop(pg);
	return false;
}

static enum pg_fault
have_connection(struct pg *pg)
{
	if (pg->conn != NULL && PQstatus(pg->conn) == CONNECTION_OK)
		return PG_OK;
	pg_drop(pg);
	forget_answer(pg);
	for (int64_t now = clock_steady_ms(); now - pg->lost < GRACE || now - pg->tried >= TRY_EVERY; now = clock_steady_ms()) {
		if (try_connect(pg))
			return PG_OK;
		if (now - pg->lost >= GRACE)
			break;
		nanosleep(&(struct timespec){ 0, NAP * 1000000 }, NULL);
	}
	return PG_AWAY;
}

bool
pg_answers(const struct pg *pg)
{
	const char *values[PARTS] = PART_VALUES(pg->url);

	return PQpingParams(part_names, values, 1) == PQPING_OK;
}

/* --- questions --- */

/* What pg_send left to come. */
static enum pg_fault
settle_debt(struct pg *pg, int64_t until)
{
	if (!pg->owed)
		return PG_OK;
	pg->owed = false;
	return outcome(pg, until) == PG_LOST ? PG_AWAY : PG_OK;
}

/* Ready for a question: connected, nothing owed, the statement prepared. */
static enum pg_fault
prepare(struct pg *pg, const struct pg_statement *s, int64_t until)
{
	enum pg_fault f = have_connection(pg);
	size_t i = 0;

	if (f == PG_OK && (f = settle_debt(pg, until)) == PG_AWAY)
		f = have_connection(pg);	/* it had ended long since; nothing was asked of it */
	*pg->state = '\0';
	pg->warned = false;
	if (f != PG_OK || s == NULL)
		return f;
	while (i < STATEMENTS && pg->prepared[i] != NULL && pg->prepared[i] != s)
		i++;
	if (i == STATEMENTS)
		abort();
	if (pg->prepared[i] == s)
		return PG_OK;
	if (PQsendPrepare(pg->conn, s->name, s->text, 0, NULL) != 1 || (f = answer(pg, until)) == PG_LOST)
		return PG_AWAY;
	if (f == PG_OK)
		pg->prepared[i] = s;
	return f;
}

static bool
send(struct pg *pg, const struct pg_statement *s, const struct pg_value *v, size_t count)
{
	static const int binary[VALUES] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	const char *data[VALUES];
	int len[VALUES];

	if (count > VALUES)
		abort();
	for (size_t i = 0; i < count; i++) {
		data[i] = v[i].data;
		len[i] = (int)v[i].len;
	}
	return PQsendQueryPrepared(pg->conn, s->name, (int)count, data, len, binary, 1) == 1;
}

enum pg_fault
pg_ready(struct pg *pg)
{
	return prepare(pg, NULL, clock_steady_ms() + SETUP);
}

enum pg_fault
pg_run(struct pg *pg, const struct pg_statement *s, const struct pg_value *v, size_t count, int ms)
{
	int64_t until = clock_steady_ms() + ms;
	enum pg_fault f = prepare(pg, s, until);

	if (f != PG_OK)
		return f;
	return send(pg, s, v, count) ? answer(pg, until) : lose(pg, PQerrorMessage(pg->conn));
}

enum pg_fault
pg_script(struct pg *pg, const char *text, int ms)
{
	int64_t until = clock_steady_ms() + ms;
	enum pg_fault f = prepare(pg, NULL, until);

	if (f != PG_OK)
		return f;
	return PQsendQuery(pg->conn, text) == 1 ? answer(pg, until) : lose(pg, PQerrorMessage(pg->conn));
}

void
pg_send(struct pg *pg, const struct pg_statement *s, const struct pg_value *v, size_t count)
{
	if (prepare(pg, s, clock_steady_ms() + SETUP) != PG_OK)
		return;
	pg->owed = send(pg, s, v, count);
	if (!pg->owed || PQflush(pg->conn) < 0)
		lose(pg, PQerrorMessage(pg->conn));
}

/* --- what came of it --- */

size_t
pg_rows(const struct pg *pg)
{
	return pg->result != NULL ? (size_t)PQntuples(pg->result) : 0;
}

const char *
pg_bytes(const struct pg *pg, size_t row, int column, size_t *len)
{
	if (PQgetisnull(pg->result, (int)row, column))
		return NULL;
	*len = (size_t)PQgetlength(pg->result, (int)row, column);
	return PQgetvalue(pg->result, (int)row, column);
}

int64_t
pg_int(const struct pg *pg, size_t row, int column)
{
	uint64_t n = 0;

	if (!PQgetisnull(pg->result, (int)row, column) && PQgetlength(pg->result, (int)row, column) == sizeof(n))
		memcpy(&n, PQgetvalue(pg->result, (int)row, column), sizeof(n));
	return (int64_t)be64toh(n);
}

bool
pg_true(const struct pg *pg, size_t row, int column)
{
	return !PQgetisnull(pg->result, (int)row, column) && *PQgetvalue(pg->result, (int)row, column) == 1;
}

const char *
pg_state(const struct pg *pg)
{
	return pg->state;
}

const char *
pg_why(const struct pg *pg)
{
	return pg->why;
}

bool
pg_warned(const struct pg *pg)
{
	return pg->warned;
}

int
pg_fd(const struct pg *pg)
{
	return pg->conn != NULL ? PQsocket(pg->conn) : -1;
}

const char *
pg_heard(struct pg *pg)
{
	PQfreemem(pg->note);
	pg->note = NULL;
	if (pg->conn == NULL)
		return NULL;
	if (PQconsumeInput(pg->conn) == 0)
		lose(pg, PQerrorMessage(pg->conn));
	else
		pg->note = PQnotifies(pg->conn);
	return pg->note != NULL ? pg->note->extra : NULL;
}
