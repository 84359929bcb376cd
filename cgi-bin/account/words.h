/* words.h: what people call what the catalogue has names for: "colorTemperature" is "Colour temperature". */
#ifndef ACCOUNT_WORDS_H
#define ACCOUNT_WORDS_H

struct app;
struct arena;
struct json;
struct page_set;
struct request;

struct words {
	struct arena		*arena;
	const struct page_set	*pages;
	const char		*language;
};

/* For the reader of a request. */
struct words	 words_for(const struct app *, const struct request *);

/* kind: "attribute", "value", "command", "capability" or "type". A name without a word of its own is taken apart:
 * "autoWithEco" is "Auto with eco". Never NULL. */
const char	*words_say(const struct words *, const char *kind, const char *name);

/* A value with its unit (NULL: none), as it is read: "20.5 °C", "Open", "[0,0,1000]". */
const char	*words_value(const struct words *, const struct json *value, const char *unit);

/* A text of html/text, for JSON. */
const char	*words_text(const struct words *, const char *key);

#endif
