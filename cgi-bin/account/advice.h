/* advice.h: what to do about a word with which SmartThings dislikes something. */
#ifndef ACCOUNT_ADVICE_H
#define ACCOUNT_ADVICE_H

/* The key of a text for people; NULL if there is no advice for this word (or NULL). */
const char	*advice_for(const char *error);

#endif
