/* when.h: times as SmartThings writes them. */
#ifndef SMARTAPP_WHEN_H
#define SMARTAPP_WHEN_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

/* "Tue, 24 Mar 2020 13:23:37 UTC", or GMT: exactly that form. The day of the week is not compared. Seconds since 1970. */
bool	 when_http(const char *text, int64_t *seconds);

/* "2020-03-24T13:23:37.125Z": ISO 8601 with a fraction of any length or none, Z or an offset as +02:00. Milliseconds. */
bool	 when_iso(const char *text, int64_t *ms);

/* The minute of the day of "07:30", or of the time in "2020-03-24T07:30:00.000-0400" as it stands there: what TIME
 * settings hold. False if it is neither. */
bool	 when_minute(const char *text, int *minute);

/* Minutes east of Greenwich: of "+02:00", or of the time in "2020-03-24T07:30:00.000-0400". False if there are none. */
bool	 when_offset(const char *text, int *minutes);

#endif
