/* openapi.h: what an app's endpoints are, for programs: an OpenAPI 3.1 description that follows from the app's file. */
#ifndef ENDPOINTS_OPENAPI_H
#define ENDPOINTS_OPENAPI_H

struct arena;
struct config;
struct json;
struct webapp;

/* The whole document. Its server is a template: {installation} is what /api/smartapps/endpoints says. */
struct json	*openapi_describe(struct arena *, const struct config *, const struct webapp *);

#endif
