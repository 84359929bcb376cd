/* log.h: one line an event, on stderr: time, level, program, request id, event, key=value pairs.
 *
 * What is info or more is counted, too, whether or not it is written (base/metrics.h).
 *
 * Never a token, code, password, cookie or secret: callers name what happened, not what was sent. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* The name that stands in each line of this process; kept by pointer. Lines under level are left out. */
void	 log_open(const char *program, enum log_level level);

/* From now on the level is the one that gatehouse log level has set for this program, while it has set one. Needs metrics_open. */
void	 log_follow(void);

/* The id of the request that the following lines belong to; NULL for none. Kept by pointer. The one before. */
const char *log_request(const char *id);

/* event: a word such as "login_ok", of the program's own text: it is known by its place. fmt makes the rest, "user=%s status=%d"; values with spaces stand
 * in double quotes that the caller writes. Control characters are replaced; lines are cut at 2,000 bytes. */
void	 log_event(enum log_level, const char *event, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

#endif
