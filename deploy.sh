#!/bin/bash
# deploy.sh: from a clone to a running Gatehouse, and from a running one to a newer build without losing a request.
# docs/deploy.md tells what lies where in an instance's folder and how an upgrade goes.
# shellcheck disable=SC2016 # jq, sh -c, printf and lighttpd have dollar signs of their own
set -Eeuo pipefail
umask 077
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
SELF=$0
ROOT=$SRC/run
COMMAND='' DRY='' FOLLOW=''
PORT=8080 WEB=nginx WORKERS=2 PUBLIC_URL='' ENGINE=gdbm LOGIN_RATE=50 API_RATE=20000 DEMO=''
REMEMBERED='PORT WEB WORKERS PUBLIC_URL ENGINE LOGIN_RATE API_RATE DEMO'
declare -A GIVEN=() NOW=()
PROGRAMS=() MISSING=()

# program | form of its errors | rate limit | routes; one that ends in / takes all below it too.
# A program that was not built gets no routes.
TABLE='
authorize|page|login|/authorize /oauth/authorize /login /register /logout /device
token|json|api|/token /oauth/token /revoke /introspect /device_authorization /.well-known/oauth-authorization-server /.well-known/jwks.json
schema-webhook|schema|api|/schema /my-schema-connector
smartapp-lifecycle|json|api|/smartapp
web-services|json|api|/api/smartapps/ /api/token/
service-manager|page|api|/connect /connect/ /oauth/initialize /oauth/callback /api/links /api/links/
polyglot|json|api|/polyglot/ /api/sys/nsgetioturl /api/oauth/callback /ns/
console|page|api|/ /devices /links /links/ /activity /account /console/
simulator|page|api|/sim /sim/
health|json|none|/health
'

usage() {
	cat <<-END
	usage: $SELF [up|stop|status|restart|logs [-f]] [options]

	  up        build, make an instance, start it; on a live one: put the new build in place (the default)
	  stop      stop this instance's processes; its data stays
	  status    every process and the health; exit status 0 if all of it is up
	  restart   stop, then start what is installed
	  logs      the last lines of every log; -f follows them

	  --root DIR         the instance's folder (default: run, beside deploy.sh)
	  --port N           listen on 127.0.0.1:N (default: 8080)
	  --web SERVER       nginx or lighttpd (default: nginx)
	  --workers N        processes of each program (default: 2)
	  --public-url URL   where others reach this instance: a tunnel or domain
	  --engine gdbm      what keeps the data
	  --dry-run          say what would be installed, written and started; do nothing
	  --help             this

	Options are remembered in DIR/deploy.env. Exit status: 0 done, 1 refused or failed, 2 wrong usage.
	END
}

# --- saying things ---------------------------------------------------------------------------------------------------

step() { printf '  %-9s %s\n' "$1" "$2"; }
tell() { printf 'deploy.sh: %s\n  why:  %s\n  next: %s\n' "$1" "$2" "$3" >&2; }
refuse() { tell "$@"; exit 1; }
wrong_usage() { tell "$@"; exit 2; }
trap '[ $BASHPID != $$ ] || tell "stopped at line $LINENO of ${BASH_SOURCE[0]##*/}" "a command failed that should not" \
    "see the lines above; $SELF status --root $(printf %q "$ROOT")"' ERR

# nearest WORD CANDIDATE...: prints the candidate that is at most two edits away, if there is one. Two neighbours that
# changed places are one edit.
nearest() {
	local word=$1 best='' least=3 c i j cost
	local -a row old older
	shift
	for c; do
		row=() old=()
		for ((j = 0; j <= ${#c}; j++)); do row[j]=$j; done
		for ((i = 1; i <= ${#word}; i++)); do
			older=("${old[@]}") old=("${row[@]}") row=("$i")
			for ((j = 1; j <= ${#c}; j++)); do
				cost=$((old[j - 1] + 1))
				if [ "${word:i-1:1}" = "${c:j-1:1}" ]; then cost=${old[j - 1]}; fi
				if ((old[j] + 1 < cost)); then cost=$((old[j] + 1)); fi
				if ((row[j - 1] + 1 < cost)); then cost=$((row[j - 1] + 1)); fi
				if ((i > 1 && j > 1 && older[j - 2] + 1 < cost)) && [ "${word:i-2:2}" = "${c:j-1:1}${c:j-2:1}" ]; then
					cost=$((older[j - 2] + 1))
				fi
				row[j]=$cost
			done
		done
		if ((row[${#c}] < least)); then least=${row[${#c}]} best=$c; fi
	done
	printf '%s' "$best"
}

# --- what was asked for -----------------------------------------------------------------------------------------------

unknown() {
	local kind=$1 word=$2 guess
	guess=$(nearest "$word" --root --port --web --workers --public-url --engine --dry-run --help \
	    up stop status logs restart)
	wrong_usage "$word: no such $kind" "${guess:+it looks like $guess}${guess:-it is none of those that deploy.sh knows}" \
	    "$SELF ${guess:---help}"
}

option_value() {
	local name=$1
	if [[ -z ${2:-} || $2 == -* ]]; then
		wrong_usage "$name needs a value" "${2:-nothing} stands behind it" "$SELF --help"
	fi
	GIVEN[$name]=$2
}

read_arguments() {
	local arg
	while (($# > 0)); do
		arg=$1
		shift
		case $arg in
		--root=* | --port=* | --web=* | --workers=* | --public-url=* | --engine=*) option_value "${arg%%=*}" "${arg#*=}" ;;
		--root | --port | --web | --workers | --public-url | --engine)
			option_value "$arg" "$@"
			shift ;;
		--dry-run) DRY=1 ;;
		--help | -h | help)
			usage
			exit 0 ;;
		-f | --follow) FOLLOW=1 ;;
		-*) unknown option "$arg" ;;
		up | stop | status | logs | restart)
			[ -z "$COMMAND" ] || wrong_usage "$COMMAND and $arg" "one command at a time" "$SELF $COMMAND; $SELF $arg"
			COMMAND=$arg ;;
		*) unknown command "$arg" ;;
		esac
	done
	COMMAND=${COMMAND:-up}
	[ -z "$FOLLOW" ] || [ "$COMMAND" = logs ] || wrong_usage "-f" "only logs can be followed" "$SELF logs -f"
	[ -z "$DRY" ] || [ "$COMMAND" = up ] || wrong_usage "--dry-run" "$COMMAND has none" "$SELF --dry-run"
	[ -z "${GIVEN[--root]:-}" ] || ROOT=$(realpath -m -- "${GIVEN[--root]}")
	AGAIN=$(again)
}

# again [OPTION]: the same command line as a next step; without that option.
again() {
	local name text=$SELF
	for name in --root --port --web --workers --public-url --engine; do
		if [ "$name" != "${1:-}" ] && [ -n "${GIVEN[$name]:-}" ]; then text+=" $name $(printf %q "${GIVEN[$name]}")"; fi
	done
	printf '%s' "$text"
}

remembered() {
	local name value
	[ -f "$ROOT/deploy.env" ] || return 0
	while IFS='=' read -r name value; do
		case " $REMEMBERED " in *" $name "*) NOW[$name]=$value ;; esac
	done <"$ROOT/deploy.env"
	for name in "${!NOW[@]}"; do printf -v "$name" %s "${NOW[$name]}"; done
}

is_number() { [[ $1 =~ ^[0-9]{1,6}$ ]] && ((10#$1 >= $2 && 10#$1 <= $3)); }

settings() {
	remembered
	PORT=${GIVEN[--port]:-$PORT} WEB=${GIVEN[--web]:-$WEB} WORKERS=${GIVEN[--workers]:-$WORKERS}
	ENGINE=${GIVEN[--engine]:-$ENGINE} PUBLIC_URL=${GIVEN[--public-url]:-$PUBLIC_URL}
	PUBLIC_URL=${PUBLIC_URL%/}
	is_number "$PORT" 1 65535 || wrong_usage "--port $PORT" "a port is a number from 1 to 65535" "$SELF --port 8080"
	is_number "$WORKERS" 1 64 || wrong_usage "--workers $WORKERS" "it is a number from 1 to 64" "$SELF --workers 2"
	if ! is_number "$LOGIN_RATE" 1 100000 || ! is_number "$API_RATE" 1 100000; then
		refuse "LOGIN_RATE=$LOGIN_RATE, API_RATE=$API_RATE" "both are requests a second, from 1 to 100000" \
		    "mend them in $ROOT/deploy.env"
	fi
	case $WEB in
	nginx | lighttpd) ;;
	*) wrong_usage "--web $WEB" "Gatehouse has configurations for nginx and lighttpd" "$SELF --web nginx" ;;
	esac
	[ "$ENGINE" = gdbm ] || refuse "--engine $ENGINE" "this version keeps its data with gdbm only" "$SELF --engine gdbm"
	if [ -n "$PUBLIC_URL" ] && ! [[ $PUBLIC_URL =~ ^https?://([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?$ ]]; then
		wrong_usage "--public-url $PUBLIC_URL" "it is http(s)://host or http(s)://host:port, without a path" \
		    "$SELF --public-url https://home.example.org"
	fi
	URL=${PUBLIC_URL:-http://127.0.0.1:$PORT}
	LOCAL=http://127.0.0.1:$PORT
}

# shellcheck source=conf/deploy/packages.sh
. "$SRC/conf/deploy/packages.sh"
# shellcheck source=conf/deploy/system.sh
. "$SRC/conf/deploy/system.sh"
# shellcheck source=conf/deploy/process.sh
. "$SRC/conf/deploy/process.sh"
# shellcheck source=conf/deploy/files.sh
. "$SRC/conf/deploy/files.sh"
# shellcheck source=conf/deploy/demo.sh
. "$SRC/conf/deploy/demo.sh"

# --- commands ---------------------------------------------------------------------------------------------------------

fetch_status() { curl -qs -o /dev/null --noproxy '*' --max-time 5 -w '%{http_code}' "$LOCAL$1" || true; }

# Through the web server: is the instance well, and does every program answer? Prints what does not.
verify() {
	local name form limit routes until=$((SECONDS + 5)) bad
	while :; do
		bad=''
		while IFS='|' read -r name form limit routes; do
			case " ${PROGRAMS[*]} " in *" $name "*) ;; *) continue ;; esac
			case $name:$(fetch_status "${routes%% *}") in
			health:200) ;;
			health:* | *:000 | *:502 | *:503 | *:504) bad+=" ${routes%% *}" ;;
			esac
		done <<<"$TABLE"
		[ -n "$bad" ] || return 0
		((SECONDS < until)) || break
		sleep 0.1
	done
	echo "${bad# }"
	return 1
}

tidy() {
	local f name
	for f in "$ROOT"/pid/*.next.pid "$ROOT"/pid/*.former.pid; do
		[ -e "$f" ] || continue
		name=$(basename "$f" .pid)
		end TERM "$name"
	done
	rm -f "$ROOT"/sock/*.next
	if ! pid_of web >/dev/null; then end_strays ''; fi
}

apply_web() {
	local new=$ROOT/tmp/stage/$WEB.conf pid
	if ! pid=$(pid_of web); then
		mv "$new" "$ROOT/$WEB.conf"
		start_web
	elif ! cmp -s "$new" "$ROOT/$WEB.conf"; then
		mv "$new" "$ROOT/$WEB.conf"
		reload_web "$pid"
	fi
}

# Returns once the new configuration is the one that answers.
reload_web() {
	local pid=$1 before tries
	if [ "$WEB" != nginx ]; then
		kill -s USR1 "$pid"
		sleep 0.5
		return
	fi
	before=$(children "$pid")
	kill -s HUP "$pid"
	for ((tries = 0; tries < 60; tries++)); do
		if [ "$(children "$pid")" != "$before" ]; then break; fi
		sleep 0.05
	done
	sleep 0.3	# nginx lets the new workers settle before it takes the old ones off the socket
}

log_end() { tail -n 5 "$ROOT/log/$1.log" >&2 2>/dev/null || true; }

# The new build does not work: put the former one back, as it was, and say so.
give_up() {
	local why=$1 swapped=$2 pid
	if [ ! -d "$ROOT/former/bin" ]; then
		stop_all
		refuse "it does not start" "$why" "$SELF logs --root $(printf %q "$ROOT"); mend that, then $AGAIN"
	fi
	bring_back_former
	remembered
	if [ -n "$swapped" ]; then
		built_programs "$ROOT/bin"
		roll "${PROGRAMS[@]}" || why+="; and the former build does not start again: $FAILED"
		if pid=$(pid_of web); then reload_web "$pid"; else start_web; fi
		LOCAL=http://127.0.0.1:$PORT
		verify >/dev/null || why+="; and the former build does not answer"
	fi
	refuse "the new build does not work: the former one is back" "$why" "$SELF logs --root $(printf %q "$ROOT"); mend that, then $AGAIN"
}

start_all() {
	local bad
	if (($# > 0)) && ! roll "$@"; then
		log_end "$FAILED"
		give_up "$FAILED does not answer" ''
	fi
	apply_web
	if ! bad=$(verify); then
		log_end web
		give_up "no good answer at $LOCAL from: $bad" 1
	fi
	end_strays "${PROGRAMS[*]}"
	now_in_force
}

plan() {
	step packages "${MISSING[*]:-nothing to install}"
	step build "make, in $SRC/build"
	step files "$ROOT/: gatehouse.json demo.env deploy.env $WEB.conf bin/ share/ secret/ store/ sock/ pid/ log/ tmp/"
	step listen "127.0.0.1:$PORT ($WEB); sockets $ROOT/sock/*.sock"
	step start "$WEB, and $WORKERS of each program that was built"
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
	if [ -d "$ROOT/pid" ] && pid_of web >/dev/null && [ "${NOW[WEB]:-$WEB}" != "$WEB" ]; then
		refuse "it runs behind ${NOW[WEB]}" "a live instance keeps its web server" "$SELF stop --root $(printf %q "$ROOT"); then $AGAIN --web $WEB"
	fi
	check_port
	if [ -n "$DRY" ]; then plan && return; fi

	if ((${#MISSING[@]} > 0)); then install_packages; else step packages "all there"; fi
	build
	built_programs "$SRC/build"
	step build "${PROGRAMS[*]}"
	make_folders
	lock
	[ -f "$ROOT/deploy.env" ] || remember
	[ -f "$ROOT/clock" ] || head -c 8 /dev/zero >"$ROOT/clock"
	tidy
	check_port
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
	end_strays "${PROGRAMS[*]}"
	rm -f "$ROOT"/sock/*
}

stop() {
	need_instance
	lock
	settings
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
	start_all "${PROGRAMS[@]}"
	step health "ok, behind $WEB on $LOCAL"
}

status() {
	local name pid state n all=0 body
	need_instance
	settings
	built_programs "$ROOT/bin"
	printf '%-20s %8s %8s  %s\n' PROCESS PID WORKERS STATE
	for name in web "${PROGRAMS[@]}"; do
		pid=- n=- state=up
		if ! pid=$(pid_of "$name"); then
			pid=- state="down: see $ROOT/log/$name.log; $AGAIN starts it"
		elif n=$(children "$pid" | wc -w) && [ "$name" != web ] && { ((n < WORKERS)) || ! ask "$name" "$name.sock" 5; }; then
			state="down: does not answer; see $ROOT/log/$name.log"
		fi
		[ "$state" = up ] || all=1
		[ "$name" != web ] || { name=$WEB n=-; }
		printf '%-20s %8s %8s  %s\n' "$name" "$pid" "$n" "$state"
	done
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
esac
