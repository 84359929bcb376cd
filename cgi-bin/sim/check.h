/* check.h: the interactions that certification asks for, and which of them were seen to work. */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

struct arena;
struct home;
struct json;

/* Who has to act for it. */
enum check_part { CHECK_ASKS, CHECK_TELLS, CHECK_ENDS, CHECK_APP };
#define CHECK_PARTS 4

struct check {
	const char	*id;	/* its texts are sim_check_<id> and sim_how_<id> */
	const char	*text, *how;
	enum check_part	 part;
};

/* Ended by one without an id. */
extern const struct check check_table[];

/* Inside a home_fn: seen to work. */
void		 check_tick(struct arena *, struct json *record, const char *id);

/* Has it been? The moment, ms; 0 = not. */
long long	 check_seen(const struct home *, const char *id);

#endif
