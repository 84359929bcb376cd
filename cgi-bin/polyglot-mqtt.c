/* polyglot-mqtt.c: the daemon between an MQTT broker and the store: node servers that speak MQTT. It keeps one connection, to
 * the broker that config names (mqtt.broker), and hands what comes to nodeserver/bridge.h.
 *
 * ROOT/sock/polyglot-mqtt.wake is there while it is connected: by that, deploy.sh knows that all is well. */
#include <errno.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app.h"
#include "base/arena.h"
#include "base/bell.h"
#include "base/config.h"
#include "base/log.h"
#include "device/capability.h"
#include "nodeserver/bridge.h"
#include "nodeserver/certificate.h"
#include "nodeserver/registry.h"
#include "oauth/keyring.h"
#include "base/banned.h"

#define ARENA_LIMIT ((size_t)256 << 20)
#define KEEPALIVE 20	/* seconds */
#define RETRY_MS 1000	/* between two attempts to connect */
#define SESSION_KEPT 86400	/* seconds for which the broker keeps what comes while we are not there */
#define SLEEP_MAX 1000	/* ms: the library has its own clock to look after */
#define SYSTEM "$SYS/broker/log/N"	/* where the broker tells of its clients (log_dest topic) */

struct link {
	struct app	*app;
	struct arena	*arena;		/* the bridge's: wiped after each piece of work */
	struct mosquitto *m;
	struct bridge	*bridge;
	const char	*flag;		/* the file that is there while we are connected */
	const char	*kept;		/* the broker's, of messages for us (mosquitto.conf.in) */
	int		 lock;		/* of ROOT/polyglot-mqtt.lock: there is one bridge */
	bool		 up;
	bool		 again;		/* a message could not be stored: the connection ends, unacknowledged */
};

static volatile sig_atomic_t stop;

static void
on_stop(int signal)
{
	(void)signal;
	stop = 1;
}

/* --- what the library tells --- */

static void
on_connect(struct mosquitto *m, void *arg, int code, int flags, const mosquitto_property *props)
{
	/* What was kept by the broker from before is of no use: it would say again who was connected then. */
	static const int options = MQTT_SUB_OPT_SEND_RETAIN_NEVER;
	static const char *const topics[] = { "pgc/+/ns", "pgc/+/isy", SYSTEM };
	const struct link *l = arg;

	(void)flags, (void)props;
	if (code != 0) {
		log_event(LOG_LEVEL_ERROR, "mqtt_refused", "code=%d", code);
		return;
	}
	/* What the broker kept when it ended, it has read; from now on that is the past, and must not be said again. */
	unlink(l->kept);
	bridge_begin(l->bridge);
	/* Anew each time, as a broker forgets when it is killed. */
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		mosquitto_subscribe_v5(m, NULL, topics[i], i < 2 ? 1 : 0, options, NULL);
}

static void
on_subscribe(struct mosquitto *m, void *arg, int id, int count, const int *granted, const mosquitto_property *props)
{
	struct link *l = arg;

	(void)m, (void)id, (void)count, (void)granted, (void)props;
	if (l->up)
		return;
	l->up = true;
	log_event(LOG_LEVEL_INFO, "mqtt_ready", "broker=%s:%lld", l->app->config->mqtt.broker, l->app->config->mqtt.port);
	if (mkfifo(l->flag, 0600) != 0 && errno != EEXIST)
		log_event(LOG_LEVEL_WARN, "mqtt_flag", "why=\"%s\"", strerror(errno));
}

static void
on_disconnect(struct mosquitto *m, void *arg, int code, const mosquitto_property *props)
{
	struct link *l = arg;

	(void)m, (void)props;
	if (l->up)
		log_event(LOG_LEVEL_WARN, "mqtt_lost_broker", "code=%d", code);
	l->up = false;
	unlink(l->flag);
}

static void
on_message(struct mosquitto *m, void *arg, const struct mosquitto_message *msg, const mosquitto_property *props)
{
	struct link *l = arg;
	const char *text = msg->payload != NULL ? msg->payload : "";

	(void)m, (void)props;
	if (l->again)	/* later ones must not be done before it */
		return;
	if (strcmp(msg->topic, SYSTEM) == 0)
		bridge_log(l->bridge, text, (size_t)msg->payloadlen);
	else
		l->again = !bridge_take(l->bridge, msg->topic, text, (size_t)msg->payloadlen);
}

static void
on_publish(struct mosquitto *m, void *arg, int number, int code, const mosquitto_property *props)
{
	const struct link *l = arg;

	(void)m, (void)props;
	bridge_heard(l->bridge, number, code == 0);
}

/* At least once, as only then the broker says whether anybody listened. */
static int
publish(void *arg, const char *topic, const char *text)
{
	const struct link *l = arg;
	int number = 0;

	return mosquitto_publish_v5(l->m, &number, topic, (int)strlen(text), text, 1, false, NULL) == MOSQ_ERR_SUCCESS ? number : 0;
}

/* --- the connection --- */

static const char *
begin(struct link *l, struct arena *a)
{
	const struct config *c = l->app->config;
	const struct nodeserver_context x = { c, l->app->store, l->app->keyring, l->app->catalogue, l->arena };

	if (*c->mqtt.host == '\0')
		return "there is no broker: mqtt.host is empty";
	l->flag = config_path(a, c, "sock/polyglot-mqtt.wake");
	l->kept = config_path(a, c, "mosquitto.db");
	l->bridge = bridge_new(&x, publish, l);
	if ((l->lock = open(config_path(a, c, "polyglot-mqtt.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
		return "polyglot-mqtt.lock cannot be opened";
	if (l->bridge == NULL || mosquitto_lib_init() != MOSQ_ERR_SUCCESS ||
	    (l->m = mosquitto_new(CERTIFICATE_BRIDGE, false, l)) == NULL)
		return "there is no memory";
	/* The library acknowledges a message before it hands it over, but writes only when it is told to, if it is told that somebody
	 * else looks after threads: so turn() writes once what came is on disk. */
	mosquitto_threaded_set(l->m, true);
	mosquitto_int_option(l->m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
	mosquitto_connect_v5_callback_set(l->m, on_connect);
	mosquitto_disconnect_v5_callback_set(l->m, on_disconnect);
	mosquitto_subscribe_v5_callback_set(l->m, on_subscribe);
	mosquitto_message_v5_callback_set(l->m, on_message);
	mosquitto_publish_v5_callback_set(l->m, on_publish);
	return mosquitto_tls_set(l->m, certificate_path(a, c, CERTIFICATE_CA), NULL, certificate_path(a, c, CERTIFICATE_BRIDGE_CRT),
	    certificate_path(a, c, CERTIFICATE_BRIDGE_KEY), NULL) == MOSQ_ERR_SUCCESS ? NULL :
	    "its certificates are not there: \"gatehouse nodeserver broker\" makes them";
}

/* One bridge an instance: a second one waits for the first to end. */
static bool
is_only_one(const struct link *l)
{
	struct stat st;

	while (flock(l->lock, LOCK_EX | LOCK_NB) != 0) {
		if ((errno != EINTR && errno != EWOULDBLOCK) || stop != 0)
			return false;
		nanosleep(&(struct timespec){ 0, 200000000 }, NULL);
	}
	unlink(l->flag);	/* of one that was killed */
	return fstat(l->lock, &st) == 0 && st.st_nlink > 0;
}

static void
doze(int ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

static bool
connect_broker(struct link *l)
{
	const struct config *c = l->app->config;
	mosquitto_property *props = NULL;

	l->again = false;
	bool ok = mosquitto_property_add_int32(&props, MQTT_PROP_SESSION_EXPIRY_INTERVAL, SESSION_KEPT) == MOSQ_ERR_SUCCESS &&
	    mosquitto_connect_bind_v5(l->m, c->mqtt.broker, (int)c->mqtt.port, KEEPALIVE, NULL, props) == MOSQ_ERR_SUCCESS;
	mosquitto_property_free_all(&props);
	return ok;
}

/* Read, write, and what is due. False if the connection is lost, or of no use. */
static bool
turn(struct link *l)
{
	struct pollfd fds[2] = {
		{ .fd = mosquitto_socket(l->m), .events = (short)(POLLIN | (mosquitto_want_write(l->m) ? POLLOUT : 0)) },
		{ .fd = bell_fd(), .events = POLLIN },
	};
	int wait = l->up ? bridge_work(l->bridge) : SLEEP_MAX;

	if (mosquitto_want_write(l->m))
		fds[0].events |= POLLOUT;
	if (poll(fds, fds[1].fd >= 0 ? 2 : 1, wait < SLEEP_MAX ? wait : SLEEP_MAX) < 0 && errno != EINTR)
		return false;
	if (fds[1].revents != 0)
		bell_hush();
	if (fds[0].revents & (POLLIN | POLLHUP | POLLERR) && mosquitto_loop_read(l->m, 64) != MOSQ_ERR_SUCCESS)
		return false;
	if (l->again)
		return false;
	if (mosquitto_want_write(l->m) && mosquitto_loop_write(l->m, 64) != MOSQ_ERR_SUCCESS)
		return false;
	return mosquitto_loop_misc(l->m) == MOSQ_ERR_SUCCESS;
}

static void
run(struct link *l)
{
	struct stat st;
	bool told = false;

	/* What was deleted under us can be written on for ever, and nobody would know. */
	while (stop == 0 && fstat(l->lock, &st) == 0 && st.st_nlink > 0) {
		if (!connect_broker(l)) {
			if (!told)
				log_event(LOG_LEVEL_WARN, "mqtt_no_broker", "broker=%s:%lld", l->app->config->mqtt.broker,
				    l->app->config->mqtt.port);
			told = true;
			doze(RETRY_MS);
			continue;
		}
		told = false;
		while (stop == 0 && turn(l)) {
			keyring_refresh(l->app->keyring, l->arena);
			catalogue_refresh(l->app->catalogue);
			arena_reset(l->arena);
		}
		/* Said in words only if everything is told, acknowledgements too; else the next connection ends this one. */
		if (!l->again && mosquitto_disconnect_v5(l->m, 0, NULL) == MOSQ_ERR_SUCCESS)
			mosquitto_loop_write(l->m, 64);
		on_disconnect(l->m, l, 0, NULL);
		if (stop == 0)
			doze(RETRY_MS);
	}
}

int
main(void)
{
	struct app app;
	struct link l = { .app = &app, .lock = -1, .arena = arena_new(ARENA_LIMIT) };

	app_open(&app, "polyglot-mqtt", NULL, APP_STORE | APP_CATALOGUE | APP_KEYS);
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_stop }, NULL);
	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = on_stop }, NULL);	/* multiwatch's */
	sigaction(SIGINT, &(struct sigaction){ .sa_handler = on_stop }, NULL);
	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	const char *why = begin(&l, app.arena);
	if (why != NULL)
		log_event(LOG_LEVEL_ERROR, "mqtt_failed", "why=\"%s\"", why);
	else if (is_only_one(&l))
		run(&l);
	mosquitto_destroy(l.m);
	mosquitto_lib_cleanup();
	bridge_free(l.bridge);
	arena_free(l.arena);
	app_close(&app);
	return why == NULL ? 0 : 1;
}
