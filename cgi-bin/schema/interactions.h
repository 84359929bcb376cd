/* interactions.h: one function a message that SmartThings sends (schema protocol 1.2 to 1.11). */
#ifndef SCHEMA_INTERACTIONS_H
#define SCHEMA_INTERACTIONS_H

#include "schema/envelope.h"

struct json;

/* Each adds its members to the answer, whose headers are there already; detail on an error. */
enum schema_error schema_discovery(struct schema_message *, struct json *answer);
enum schema_error schema_state_refresh(struct schema_message *, struct json *answer);
enum schema_error schema_command(struct schema_message *, struct json *answer);
enum schema_error schema_callback_grant(struct schema_message *, struct json *answer);
enum schema_error schema_integration_deleted(struct schema_message *, struct json *answer);
enum schema_error schema_interaction_result(struct schema_message *, struct json *answer);

#endif
