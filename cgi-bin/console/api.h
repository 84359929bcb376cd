/* api.h: what the pages' scripts ask: the same devices as JSON, under /console/. */
#ifndef CONSOLE_API_H
#define CONSOLE_API_H

struct app;
struct request;
struct response;

/* Route handlers. A POST or DELETE needs the page's form token in the header X-CSRF-Token. */
void	 api_devices(struct app *, const struct request *, struct response *);	/* GET, POST /console/devices */
void	 api_device(struct app *, const struct request *, struct response *);	/* /console/devices/ID, and below */

void	 api_unknown(struct app *, const struct request *, struct response *);	/* whatever else is asked below /console/ */

#endif
