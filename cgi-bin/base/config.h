/* config.h: DIR/gatehouse.json, read once at start; docs/configuration.md explains every key.
 *
 * An unknown key, a wrong type or a value out of range is an error with file, line, key and the nearest
 * right name. A program that gets one says it on stderr and does not start. */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct json;

struct config {
	const char	*root;		/* the instance's folder, as given */
	const char	*public_url;	/* issuer and base of every URL we print; no slash at its end */
	struct {
		const char	*engine;	/* "gdbm" or "postgresql" */
		const char	*path;		/* of gdbm: absolute, or below root */
		const char	*url;		/* of postgresql; "" = it stands in url_file. May hold a password */
		const char	*url_file;	/* "" = there is none */
		const char	*isolation;	/* "locks", or "serializable" for servers without advisory locks */
	} store;
	struct {	/* seconds, but for the last three */
		long long	 code_ttl, access_ttl, refresh_idle_ttl, refresh_max_ttl, refresh_retry_window;
		long long	 session_idle_ttl, session_max_ttl;
		bool		 registration;	/* may a stranger make an account? */
		const char	*audience;	/* aud of our access tokens */
	} oauth;
	struct {	/* docs/security.md */
		const char	*second_factor;		/* "optional", or "required" of everybody who signs in */
		const char	*breached_passwords;	/* file of oauth/breached.h; "" = there is none */
	} login;
	struct {
		const char	*client_id;	/* SmartThings' own: stClientId; "" until registered */
		const char	*client_secret_file;
		const struct json *callback_hosts;	/* array of strings */
	} smartthings;
	const char	*ca_file;	/* PEM of those who may sign the certificates of servers that we call; "" = the system's */
	struct {	/* docs/smartapp.md */
		const char	*definition;	/* file; "" = there is no SmartApp */
		bool		 check_signatures;
		bool		 allow_unsigned;	/* check_signatures may be false although strangers reach us */
		long long	 clock_skew_sec;	/* -1: Date is not looked at */
		const char	*keyserver_url;
		const char	*key_prefix;	/* of key ids */
		const char	*local_key_file;	/* of the older scheme; "" = not served */
		bool		 log_json, ping;
		const char	*handler;	/* shared object; NULL = the rules of the definition */
		const char	*api_url;
		const char	*app_id;	/* "" until registered */
		const char	*client_id;	/* "" = tokens are not refreshed */
		const char	*client_secret_file;
		bool		 confirm;	/* registrations of app_id by ourselves */
	} smartapp;
	bool		 insecure_loopback;	/* http to loopback is allowed for callbacks: demo and tests */
	bool		 simulator;
	const char	*metrics_token_file;	/* who sends what is in it may read /metrics; "" = there is no such address */
	struct {
		long long	 body;			/* bytes of a request's body */
		long long	 devices_per_user;
	} limits;
	struct {	/* docs/polyglot.md */
		const char	*host;		/* of the broker, as node servers reach it; "" = there is none */
		long long	 port;
		const char	*broker;	/* the same, as polyglot-mqtt reaches it */
	} mqtt;
	const struct json *starter_devices;	/* array of device/device.h definitions: what a newly registered user gets */
};

/* Read root/gatehouse.json. The result lives in arena. NULL if it is not right; *why then says what is, in one
 * line for a person: "run/gatehouse.json:7: oauth.code_tl: no such key; did you mean code_ttl?" */
const struct config *config_load(struct arena *, const char *root, const char **why);

/* The same for a file of any name; root is then its folder. */
const struct config *config_load_file(struct arena *, const char *file, const char **why);

/* All keys with the values in force, as JSON. */
struct json	*config_show(struct arena *, const struct config *);

/* path, if it is absolute; else the path of it below the instance's folder. */
char		*config_path(struct arena *, const struct config *, const char *path);

/* Is it an http URL whose host is this machine: localhost, 127.x.x.x or [::1], and not merely begins so? */
bool		 config_url_is_here(const char *url);

/* What is wrong with the address of a database, as "must be ..."; NULL if nothing is. */
const char	*config_database_fault(const char *url);

#define CONFIG_MAX	(256u << 10)	/* bytes of gatehouse.json */

/* Read a whole file of at most max bytes: its text NUL-terminated, *len bytes. NULL if it cannot be read, with errno. */
char		*config_read_file(struct arena *, const char *path, size_t max, size_t *len);

#endif
