#!/bin/bash
# deploy.sh: from a clone to a running Gatehouse, and from a running one to a newer build without losing a request.
# docs/deploy.md tells what lies where in an instance's folder and how an upgrade goes.
# shellcheck disable=SC2016 # jq, sh -c, printf and lighttpd have dollar signs of their own
set -Eeuo pipefail
UMASK=$(umask)
umask 077
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
SELF=$0
ROOT=$SRC/run
COMMAND='' DRY='' FOLLOW='' LIVE=''
PORT=8080 WEB=nginx WORKERS=2 PUBLIC_URL='' TRUSTED_PROXIES='' ENGINE=gdbm LOGIN_RATE=50 API_RATE=20000 DEMO='' MQTT='' DATABASE='' DATABASE_URL=''
REMEMBERED='PORT WEB WORKERS PUBLIC_URL TRUSTED_PROXIES ENGINE LOGIN_RATE API_RATE DEMO MQTT DATABASE'
declare -A GIVEN=() NOW=()
PROGRAMS=() DAEMONS=() MISSING=() ASK=() PATIENCE=5

# program | form of its errors | rate limit | routes; one that ends in / takes all below it too.
# A program that was not built gets no routes.
TABLE='
authorize|page|login|/authorize /oauth/authorize /login /register /logout /device
token|json|api|/token /oauth/token /revoke /introspect /device_authorization /.well-known/oauth-authorization-server /.well-known/jwks.json
schema-webhook|schema|api|/schema /my-schema-connector
smartapp-lifecycle|json|api|/smartapp
web-services|json|api|/api/smartapps/ /api/token/
service-manager|page|api|/connect /connect/ /oauth/initialize /oauth/callback /api/links /api/links/
polyglot|page|api|/nodeservers /nodeservers/
polyglot|json|api|/polyglot/ /api/sys/nsgetioturl /api/oauth/callback /ns/
console|page|api|/ /devices /devices/ /new-device /links /links/ /activity /account /operator /console /console/
simulator|page|api|/sim /sim/
simulator|json|api|/sim/api/ /sim/callback/token /sim/callback/event
health|json|none|/health /metrics
'

# shellcheck source=conf/deploy/arguments.sh
. "$SRC/conf/deploy/arguments.sh"
# shellcheck source=conf/deploy/packages.sh
. "$SRC/conf/deploy/packages.sh"
# shellcheck source=conf/deploy/system.sh
. "$SRC/conf/deploy/system.sh"
# shellcheck source=conf/deploy/process.sh
. "$SRC/conf/deploy/process.sh"
# shellcheck source=conf/deploy/files.sh
. "$SRC/conf/deploy/files.sh"
# shellcheck source=conf/deploy/mqtt.sh
. "$SRC/conf/deploy/mqtt.sh"
# shellcheck source=conf/deploy/postgresql.sh
. "$SRC/conf/deploy/postgresql.sh"
# shellcheck source=conf/deploy/database.sh
. "$SRC/conf/deploy/database.sh"
# shellcheck source=conf/deploy/demo.sh
. "$SRC/conf/deploy/demo.sh"
# shellcheck source=conf/deploy/tree.sh
. "$SRC/conf/deploy/tree.sh"
# shellcheck source=conf/deploy/site.sh
. "$SRC/conf/deploy/site.sh"
# shellcheck source=conf/deploy/install.sh
. "$SRC/conf/deploy/install.sh"
# shellcheck source=conf/deploy/server-database.sh
. "$SRC/conf/deploy/server-database.sh"
# shellcheck source=conf/deploy/doctor.sh
. "$SRC/conf/deploy/doctor.sh"

trap '[ $BASHPID != $$ ] || tell "stopped at line $LINENO of ${BASH_SOURCE[0]##*/}" "a command failed that should not" \
    "see the lines above; $SELF status --root $(printf %q "$ROOT")"' ERR

# --- commands ---------------------------------------------------------------------------------------------------------

log_end() { tail -n 5 "$ROOT/log/$1.log" >&2 2>/dev/null || true; }

# The new build does not work: put the former one back, as it was, and say so.
give_up() {
	local why=$1 swapped=$2 pid
	if [ -z "$LIVE" ]; then
		stop_all
		[ ! -d "$ROOT/former/bin" ] || bring_back_former
		refuse "it does not start" "$why" "$SELF logs --root $(printf %q "$ROOT"); mend that, then $AGAIN"
	fi
	bring_back_former
	remembered
	if [ -n "$swapped" ]; then
		built_programs "$ROOT/bin"
		roll "${PROGRAMS[@]}" || why+="; and the former build does not start again: $FAILED"
		start_daemons "${DAEMONS[@]}" || why+="; and the former build does not start again: $FAILED"
		if pid=$(pid_of web); then reload_web "$pid"; else start_web; fi
		LOCAL=http://127.0.0.1:$PORT
		verify >/dev/null || why+="; and the former build does not answer"
	fi
	refuse "the new build does not work: the former one is back" "$why" "$SELF logs --root $(printf %q "$ROOT"); mend that, then $AGAIN"
}

start_all() {
	local bad name daemons=()
	if (($# > 0)) && ! roll "$@"; then
		log_end "$FAILED"
		give_up "$FAILED does not answer" ''
	fi
	apply_web
	apply_broker
	# All programs start anew where the build or the config is another: so do the daemons.
	for name in "${DAEMONS[@]}"; do
		if (($# == ${#PROGRAMS[@]})) || ! daemon_up "$name"; then daemons+=("$name"); fi
	done
	if ! start_daemons "${daemons[@]}"; then
		log_end "$FAILED"
		[ "$FAILED" != polyglot-mqtt ] || log_end broker
		give_up "$FAILED does not start" 1
	fi
	if ! bad=$(verify); then
		log_end web
		give_up "no good answer at $LOCAL from: $bad" 1
	fi
	end_strays "${PROGRAMS[*]} ${DAEMONS[*]}"
	now_in_force
}

plan() {
	step packages "${MISSING[*]:-nothing to install}"
	step build "make, in $SRC/build"
	step files "$ROOT/: gatehouse.json demo.env deploy.env $WEB.conf bin/ share/ secret/ store/ sock/ pid/ log/ tmp/"
	step listen "127.0.0.1:$PORT ($WEB)${MQTT:+; $MQTT (mosquitto)}; sockets $ROOT/sock/*.sock"
	step start "$WEB, $WORKERS of each program that was built, and one courier${MQTT:+; mosquitto and polyglot-mqtt}"
	[ "$DATABASE" != own ] || step database "a PostgreSQL server in $ROOT/postgresql"
	step accounts "user demo, client smartthings, with secrets made on the spot"
	echo "Nothing was done: --dry-run."
}

up() {
	local start=() name
	echo "Gatehouse in $ROOT"
	settings
	check_root
	check_system
	find_missing
	if pid_of web >/dev/null; then LIVE=1; fi
	if [ -n "$LIVE" ] && [ "${NOW[WEB]:-$WEB}" != "$WEB" ]; then
		refuse "it runs behind ${NOW[WEB]}" "a live instance keeps its web server" "$SELF stop --root $(printf %q "$ROOT"); then $AGAIN --web $WEB"
	fi
	check_port
	check_mqtt
	check_database
	if [ -n "$DRY" ]; then plan && return; fi

	if ((${#MISSING[@]} > 0)); then install_packages; else step packages "all there"; fi
	build
	built_programs "$SRC/build"
	step build "${PROGRAMS[*]} ${DAEMONS[*]}"
	make_folders
	lock
	join_instance
	[ -f "$ROOT/deploy.env" ] || remember
	[ -f "$ROOT/clock" ] || head -c 8 /dev/zero >"$ROOT/clock"
	tidy
	check_port
	check_mqtt
	stage
	check_stage
	step config "right"
	keep_former
	if changed; then start=("${PROGRAMS[@]}"); fi
	for name in "${PROGRAMS[@]}"; do
		if ((${#start[@]} < ${#PROGRAMS[@]})) && ! { pid_of "$name" >/dev/null && ask "$name" "$name.sock" 5; }; then
			start+=("$name")
		fi
	done
	place "$ROOT/tmp/stage/bin" "$ROOT/bin"
	place "$ROOT/tmp/stage/share" "$ROOT/share"
	mv "$ROOT/tmp/stage/gatehouse" "$ROOT/tmp/stage/gatehouse.json" "$ROOT/"
	[ ! -f "$ROOT/tmp/stage/apps/household.json" ] || mv "$ROOT/tmp/stage/apps/household.json" "$ROOT/apps/"
	start_database
	make_demo
	step start "${start[*]:-all are up to date}"
	start_all "${start[@]}"
	remember
	rm -rf "$ROOT/former" "$ROOT/tmp/stage"
	step health "ok, behind $WEB on $LOCAL"
	report
}

report() {
	local here=$ROOT tool head auth
	if [[ $ROOT == "$PWD"/* ]]; then here=${ROOT#"$PWD/"}; fi
	here=$(printf %q "$here")
	tool=$here/gatehouse
	cat <<-END

	Open  $(tool user link demo | grep -o 'https\?://[^ ]*' | head -n 1)
	      Signs you in as demo, once. The password stands in $here/demo.env.
	Type  $tool user link demo
	      for another such link; $tool help   for what else there is.
	Try   curl -s $LOCAL/health
	END
	case " ${PROGRAMS[*]} " in *' schema-webhook '*) ;; *) return 0 ;; esac
	head='{"headers":{"schema":"st-schema","version":"1.0","requestId":"1","interactionType":'
	auth='"authentication":{"tokenType":"Bearer","token":"'"'\$T'"'"}'
	cat <<-END
	      T=\$($tool token issue --user demo --client smartthings | jq -r .access_token); curl -s $LOCAL/schema -H 'Content-Type: application/json' -d '$head"discoveryRequest"},$auth}' | jq
	      curl -s $LOCAL/schema -H 'Content-Type: application/json' -d '$head"commandRequest"},$auth,"devices":[{"externalDeviceId":"kitchen-dimmer","commands":[{"component":"main","capability":"st.switchLevel","command":"setLevel","arguments":[75]}]}]}' | jq
	END
}

stop_all() {
	local f names=()
	end_web
	for f in "$ROOT"/pid/*.pid; do
		[ ! -e "$f" ] || names+=("$(basename "$f" .pid)")
	done
	end TERM "${names[@]}"
	built_programs "$ROOT/bin"
	end_strays "${PROGRAMS[*]} ${DAEMONS[*]}"
	stop_database
	rm -f "$ROOT"/sock/*
}

stop() {
	need_instance
	lock
	remembered
	stop_all
	echo "Stopped. The data stays in $ROOT; $AGAIN starts it again."
}

restart() {
	need_instance
	lock
	settings
	stop_all
	check_port
	built_programs "$ROOT/bin"
	mkdir -p "$ROOT/tmp/stage"
	cp "$ROOT/$WEB.conf" "$ROOT/tmp/stage/"
	write_broker_config "$ROOT/tmp/stage/mosquitto.conf"
	start_database
	start_all "${PROGRAMS[@]}"
	step health "ok, behind $WEB on $LOCAL"
}

status() {
	local name pid state n all=0 body
	need_instance
	settings
	built_programs "$ROOT/bin"
	printf '%-20s %8s %8s  %s\n' PROCESS PID WORKERS STATE
	for name in web ${MQTT:+broker} "${PROGRAMS[@]}" "${DAEMONS[@]}"; do
		pid=- n=- state=up
		if ! pid=$(pid_of "$name"); then
			pid=- state="down: see $ROOT/log/$name.log; $AGAIN starts it"
		elif [[ " ${DAEMONS[*]} " == *" $name "* ]]; then
			n=$(children "$pid" | wc -w)
			daemon_up "$name" || state="down: see $ROOT/log/$name.log"
		elif n=$(children "$pid" | wc -w) && [[ $name != @(web|broker) ]] && { ((n < $(workers "$name"))) || ! ask "$name" "$name.sock" 5; }; then
			state="down: does not answer; see $ROOT/log/$name.log"
		fi
		[ "$state" = up ] || all=1
		case $name in web) name=$WEB n=- ;; broker) name=mosquitto n=- ;; esac
		printf '%-20s %8s %8s  %s\n' "$name" "$pid" "$n" "$state"
	done
	database_status || all=1
	body=$(curl -qs --noproxy '*' --max-time 5 -f "$LOCAL/health") || { all=1 body="${body:-no good answer}"; }
	printf '%s\n' "$LOCAL/health: $body"
	return $all
}

logs() {
	need_instance
	cd "$ROOT/log"
	if [ -n "$FOLLOW" ]; then exec tail -n 10 -F -- *.log; fi
	tail -n 20 -- *.log
}

read_arguments "$@"
case $COMMAND in
up) up ;;
stop) stop ;;
status) trap - ERR; status ;;
restart) restart ;;
logs) logs ;;
install) system_install ;;
uninstall) system_uninstall ;;
doctor) trap - ERR; doctor ;;
esac
