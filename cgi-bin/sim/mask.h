/* mask.h: secrets out of messages before they are kept, and back in when one is sent again.
 *
 * In what is kept, a secret is the name of a shell variable with a dollar sign, "$ACCESS_TOKEN", so that a copied command
 * works once the variable is set. A value that stands where secrets stand, and is none that we know, is MASK_UNKNOWN. */
#ifndef SIM_MASK_H
#define SIM_MASK_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct home;
struct json;

#define MASK_MAX 12
#define MASK_UNKNOWN "[masked]"

struct mask {
	struct arena	*arena;
	struct mask_entry {
		const char	*name, *value;
	} entries[MASK_MAX];
	size_t		 count;
};

/* What stands in messages, by its shape. */
enum mask_form { MASK_JSON, MASK_FORM };

/* All that a home can tell. */
struct mask	 mask_of(const struct home *);

/* One more. Values that are absent, or too short to be secrets, are left out. */
void		 mask_add(struct mask *, const char *name, const char *value);

/* A message without its secrets. issuing: it is one that hands secrets out, or is not ours: by the name of a member it is
 * known what stands there. What is not of its form is only searched for the secrets that we know. */
char		*mask_hide(const struct mask *, enum mask_form, bool issuing, const char *text);

/* The message with the secrets of today in their places. */
char		*mask_show(const struct mask *, enum mask_form, const char *text);

/* The name of the variable at the beginning of text ("$ACCESS_TOKEN..."), its length with the dollar sign; 0 if none is. */
size_t		 mask_variable(const char *text);

#endif
