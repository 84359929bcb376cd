/* app_view.h: a SmartApp in a home as data: for the template, and as the API's JSON. */
#ifndef SIM_APP_VIEW_H
#define SIM_APP_VIEW_H

struct json;
struct sim;

struct json	*app_view(struct sim *);

#endif
