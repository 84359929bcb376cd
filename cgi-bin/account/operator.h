/* operator.h: how the whole instance is, for those who run it: clients, accounts, store, courier, keys.
 *
 * Shown to accounts that gatehouse user operator NAME on has flagged; for all others there is no such page. */
#ifndef ACCOUNT_OPERATOR_H
#define ACCOUNT_OPERATOR_H

struct app;
struct request;
struct response;

/* Route handler: GET, POST /operator. */
void	 operator_page(struct app *, const struct request *, struct response *);

#endif
