/* box.h: words left for a courier that did not hear them, or that does not run: who it must look after. Records
 * "courier/box/<n>". */
#ifndef COURIER_BOX_H
#define COURIER_BOX_H

#include <stdbool.h>

#include "db/store.h"

struct arena;

#define BOXES 16

/* Leave a word, and wake the courier with it once the transaction is committed. arg of base/wake.h: at most WAKE_WORD bytes. */
enum store_result box_tx_leave(struct store_tx *, const char *word);

/* Empty a box: fn is called for each word in it. *full: there were too many to be listed. */
enum store_result box_collect(struct store *, struct arena *, unsigned box, void (*fn)(void *arg, const char *word), void *arg,
		    bool *full);

#endif
