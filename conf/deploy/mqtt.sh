# mqtt.sh: a broker for node servers, where --with-mqtt asks for one.
# Read by deploy.sh, whose variables it uses.
# shellcheck shell=bash disable=SC2154

MQTT_UNITS='gatehouse-broker.service gatehouse-polyglot-mqtt.service'	# of an installed one

# Node servers reach it where it listens; if that is everywhere, at the public name.
mqtt_host() {
	local host=${URL#*://}
	if [ "${MQTT%:*}" = 0.0.0.0 ]; then echo "${host%%[:/]*}"; else echo "${MQTT%:*}"; fi
}

mqtt_reached() { if [ "${MQTT%:*}" = 0.0.0.0 ]; then echo 127.0.0.1; else echo "${MQTT%:*}"; fi; }

# Is it our own that has the port?
broker_runs() {
	if [ "$COMMAND" != install ]; then
		[ "${NOW[MQTT]:-}" = "$MQTT" ] && pid_of broker >/dev/null
	else
		systemctl is-active -q gatehouse-broker && grep -qx "listener ${MQTT##*:} ${MQTT%:*}" "$ETC/mosquitto.conf"
	fi
}

check_mqtt() {
	local who
	if [ -z "$MQTT" ] || broker_runs; then return 0; fi
	(exec 3<>"/dev/tcp/$(mqtt_reached)/${MQTT##*:}") 2>/dev/null || return 0
	# A broker of our own, whose pid file is gone: up ends it, then asks again.
	if [ -d "$ROOT/pid" ] && ! pid_of broker >/dev/null && [ -n "$(strays '')" ]; then return 0; fi
	who=$(ss -Hltnp "sport = :${MQTT##*:}" 2>/dev/null | sed -n 's/.*users:((\("[^"]*"\),pid=\([0-9]*\).*/\1, process \2/p' | head -n 1)
	refuse "$MQTT is taken" "${who:-another process} listens there" "$(again --with-mqtt) --with-mqtt=${MQTT%:*}:$((${MQTT##*:} - 1))"
}

# write_broker_config FILE
write_broker_config() {
	local text user=''
	[ -n "$MQTT" ] || return 0
	text=$(<"$SRC/conf/mosquitto/mosquitto.conf.in")
	if [ "$(id -u)" = 0 ]; then user='user root'; fi
	text=${text//@USER@/"$user"} text=${text//@PORT@/"${MQTT##*:}"} text=${text//@ADDRESS@/"${MQTT%:*}"}
	printf '%s\n' "$text" >"$1"
}

# The broker as it is to be: none, the one that runs, or one that starts.
apply_broker() {
	local new=$ROOT/tmp/stage/mosquitto.conf
	if [ -z "$MQTT" ]; then
		end TERM polyglot-mqtt broker
		rm -f "$ROOT/mosquitto.conf"
		return
	fi
	if pid_of broker >/dev/null && cmp -s "$new" "$ROOT/mosquitto.conf"; then return; fi
	[ ! -f "$new" ] || mv "$new" "$ROOT/mosquitto.conf"
	end TERM broker
	tool nodeserver broker >/dev/null
	spawn broker mosquitto -c mosquitto.conf
}
