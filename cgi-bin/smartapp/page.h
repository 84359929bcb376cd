/* page.h: a SmartApp's definition as structs: its pages, their sections, their settings, each type with its members.
 *
 * Members that may be absent are NULL (texts, lists) or false. This header needs no other of ours: handlers compile against it. */
#ifndef SMARTAPP_PAGE_H
#define SMARTAPP_PAGE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct json;

enum smartapp_setting_type {
	SMARTAPP_SETTING_DEVICE,
	SMARTAPP_SETTING_TEXT,
	SMARTAPP_SETTING_BOOLEAN,
	SMARTAPP_SETTING_ENUM,
	SMARTAPP_SETTING_LINK,
	SMARTAPP_SETTING_PAGE,
	SMARTAPP_SETTING_IMAGE,
	SMARTAPP_SETTING_ICON,
	SMARTAPP_SETTING_TIME,
	SMARTAPP_SETTING_PARAGRAPH,
	SMARTAPP_SETTING_EMAIL,
	SMARTAPP_SETTING_DECIMAL,
	SMARTAPP_SETTING_NUMBER,
	SMARTAPP_SETTING_PHONE,
	SMARTAPP_SETTING_OAUTH,
	SMARTAPP_SETTING_OTHER,		/* MODE, SCENE ...: type_name has its name, json what it holds */
};

struct smartapp_option {
	const char		*id, *name;
	struct smartapp_option	*next;
};

struct smartapp_option_group {
	const char		*name;
	struct smartapp_option	*options;
	struct smartapp_option_group *next;
};

/* One setting of a page; its value is a struct smartapp_setting (smartapp/request.h). */
struct smartapp_config_setting {
	enum smartapp_setting_type type;
	const char		*type_name, *id, *name, *description;
	bool			 required;
	const char		*default_value;		/* BOOLEAN: "true" or "false" */
	bool			 multiple;		/* DEVICE, ENUM */
	const char		**capabilities, **permissions;	/* DEVICE; NULL at the end */
	struct smartapp_option	*options;		/* ENUM: these, or in groups, or both */
	struct smartapp_option_group *grouped_options;
	const char		*url, *page, *image;	/* LINK, PAGE, IMAGE, ICON */
	bool			 browser;		/* OAUTH */
	const char		*url_template;		/* OAUTH */
	const struct json	*json;			/* all of it, as the platform is told it */
	struct smartapp_config_setting *next;
};

struct smartapp_config_section {
	const char		*name;
	bool			 hideable, hidden;
	struct smartapp_config_setting *settings;
	struct smartapp_config_section *next;
};

struct smartapp_config_page {
	const char		*page_id, *name, *previous_page_id, *next_page_id;
	bool			 complete;
	struct smartapp_config_section *sections;
	const struct json	*json;
	struct smartapp_config_page *next;
};

struct smartapp_definition {
	const char		*id, *name, *description, *target_url;
	const char		**permissions;		/* NULL at the end */
	struct smartapp_config_page *config_pages;	/* in their order; NULL = none */
};

/* SMARTAPP_SETTING_OTHER if it is none of these; "" for that. */
enum smartapp_setting_type smartapp_setting_type(const char *name);
const char	*smartapp_setting_type_name(enum smartapp_setting_type);

/* A page as JSON, as PAGE is answered with it. What has not the right type is as if it were not there. */
struct smartapp_config_page *smartapp_page_read(struct arena *, const struct json *page);

/* The page, or the setting on any page, of that id; NULL if there is none. */
const struct smartapp_config_page *smartapp_find_page(const struct smartapp_definition *, const char *id);
const struct smartapp_config_setting *smartapp_find_setting(const struct smartapp_definition *, const char *id);

/* An array of texts as a list with NULL at its end; empty if it is none. */
const char	**smartapp_texts(struct arena *, const struct json *array);

#endif
