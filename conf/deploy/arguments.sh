# arguments.sh: what deploy.sh was asked for, and how it says no.
# Read by deploy.sh, whose variables it uses.
# shellcheck shell=bash disable=SC2034,SC2154

# --- saying things ---------------------------------------------------------------------------------------------------

step() { printf '  %-9s %s\n' "$1" "$2"; }
tell() { printf 'deploy.sh: %s\n  why:  %s\n  next: %s\n' "$1" "$2" "$3" >&2; }
refuse() { tell "$@"; exit 1; }
wrong_usage() { tell "$@"; exit 2; }

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

usage() {
	cat <<-END
	usage: $SELF [up|stop|status|restart|logs [-f]|doctor|install|uninstall] [options]

	  up        build, make an instance, start it; on a live one: put the new build in place (the default)
	  stop      stop this instance's processes; its data stays
	  status    every process and the health; exit status 0 if all of it is up
	  restart   stop, then start what is installed
	  logs      the last lines of every log; -f follows them
	  doctor    what is wrong, and for each fault the command that mends it; exit status 0 if nothing is
	  install   as root: a server of this machine, kept by systemd, behind its web server with TLS; again: an upgrade
	  uninstall takes that away; keeps config and data, but for --purge

	  --root DIR         the instance's folder (default: run, beside deploy.sh)
	  --port N           listen on 127.0.0.1:N (default: 8080)
	  --web SERVER       nginx or lighttpd (default: nginx)
	  --workers N        processes of each program (default: 2)
	  --public-url URL   where others reach this instance: a tunnel or domain
	  --trusted-proxy N  an address or network whose X-Forwarded-For is believed, as 127.0.0.1 or fd00::/8; may be
	                     repeated; none: nobody's (the default)
	  --engine ENGINE    what keeps the data: gdbm (files of this machine; the default) or postgresql (a server of its own;
	                     install: Debian's, to which it moves what is there)
	  --database-url URL a PostgreSQL database instead, where other machines find it, too; or /FILE that it stands in
	  --join DIR         be another machine of the instance whose gatehouse.json, demo.env and secret/ are in DIR
	  --with-mqtt[=A:N]  an MQTT broker for node servers, on 127.0.0.1:8883 or address A, port N; =off: none
	  --domain D         install: the name of this server
	  --cert F --key F   install: its certificate with chain, and its key, in PEM
	  --certbot          install: have certbot get and renew them; --email ADDRESS for its notices
	  --purge            uninstall: config, data, keys and backups, too
	  --dry-run          say what would be installed, written and started; do nothing
	  --help             this

	Options are remembered in DIR/deploy.env. Exit status: 0 done, 1 refused or failed, 2 wrong usage.
	END
}

# --- what was asked for -----------------------------------------------------------------------------------------------

unknown() {
	local kind=$1 word=$2 guess
	guess=$(nearest "$word" --root --port --web --workers --public-url --trusted-proxy --engine --database-url --join --with-mqtt --dry-run --help \
	    --domain --cert --key --certbot --email --purge up stop status logs restart install uninstall doctor)
	wrong_usage "$word: no such $kind" "${guess:+it looks like $guess}${guess:-it is none of those that deploy.sh knows}" \
	    "$SELF ${guess:---help}"
}

option_value() {
	local name=$1
	if [[ -z ${2:-} || $2 == -* ]]; then
		wrong_usage "$name needs a value" "${2:-nothing} stands behind it" "$SELF --help"
	fi
	if [ "$name" = --trusted-proxy ]; then GIVEN[$name]+=${GIVEN[$name]:+ }$2; else GIVEN[$name]=$2; fi
}

# options_of COMMAND: those that it takes.
options_of() {
	case $1 in
	up) echo --root --port --web --workers --public-url --trusted-proxy --engine --database-url --join --with-mqtt ;;
	install) echo --domain --web --cert --key --certbot --email --workers --trusted-proxy --engine --database-url --with-mqtt ;;
	uninstall) echo --purge ;;
	*) echo --root ;;
	esac
}

read_arguments() {
	local arg
	while (($# > 0)); do
		arg=$1
		shift
		case $arg in
		--root=* | --port=* | --web=* | --workers=* | --public-url=* | --trusted-proxy=* | --engine=* | --database-url=* | --join=* | --domain=* | --cert=* | --key=* | --email=*)
			option_value "${arg%%=*}" "${arg#*=}" ;;
		--root | --port | --web | --workers | --public-url | --trusted-proxy | --engine | --database-url | --join | --domain | --cert | --key | --email)
			option_value "$arg" "$@"
			shift ;;
		--certbot | --purge) GIVEN[$arg]=on ;;
		--with-mqtt) GIVEN[--with-mqtt]=on ;;
		--with-mqtt=*) option_value --with-mqtt "${arg#*=}" ;;
		--dry-run) DRY=1 ;;
		--help | -h | help)
			usage
			exit 0 ;;
		-f | --follow) FOLLOW=1 ;;
		-*) unknown option "$arg" ;;
		up | stop | status | logs | restart | install | uninstall | doctor)
			[ -z "$COMMAND" ] || wrong_usage "$COMMAND and $arg" "one command at a time" "$SELF $COMMAND; $SELF $arg"
			COMMAND=$arg ;;
		*) unknown command "$arg" ;;
		esac
	done
	COMMAND=${COMMAND:-up}
	[ -z "$FOLLOW" ] || [ "$COMMAND" = logs ] || wrong_usage "-f" "only logs can be followed" "$SELF logs -f"
	[ -z "$DRY" ] || [[ $COMMAND = @(up|install) ]] || wrong_usage "--dry-run" "$COMMAND has none" "$SELF --dry-run"
	for arg in "${!GIVEN[@]}"; do
		case " $(options_of "$COMMAND") " in *" $arg "*) continue ;; esac
		if [[ $COMMAND = @(up|install|uninstall) ]]; then
			wrong_usage "$COMMAND $arg" "$COMMAND has no such option" "$SELF --help"
		fi
		wrong_usage "$COMMAND $arg" "only up changes what an instance is" "$(again), then $COMMAND"
	done
	[ -z "${GIVEN[--root]:-}" ] || ROOT=$(realpath -m -- "${GIVEN[--root]}")
	AGAIN=$(again)
}

# again [OPTION]: the same command line as a next step; without that option.
again() {
	local name proxy text=$SELF
	[[ $COMMAND != @(install|uninstall|doctor) ]] || text+=" $COMMAND"
	for name in --root --domain --cert --key --email --port --web --workers --public-url --engine; do
		if [ "$name" != "${1:-}" ] && [ -n "${GIVEN[$name]:-}" ]; then text+=" $name $(printf %q "${GIVEN[$name]}")"; fi
	done
	for proxy in ${GIVEN[--trusted-proxy]:-}; do text+=" --trusted-proxy $(printf %q "$proxy")"; done
	for name in --certbot --purge; do [ -z "${GIVEN[$name]:-}" ] || text+=" $name"; done
	if [ --with-mqtt != "${1:-}" ] && [ -n "${GIVEN[--with-mqtt]:-}" ]; then text+=" --with-mqtt=$(printf %q "${GIVEN[--with-mqtt]}")"; fi
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

# is_network TEXT: an IPv4 or IPv6 address, with a prefix length or without. (Of IPv6 the web servers look closer.)
is_network() {
	local address=${1%%/*} bits=32 part parts
	if [[ $address == *:* ]]; then
		[[ $address =~ ^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$ ]] && bits=128 || return 1
	else
		[[ $address =~ ^[0-9]{1,3}(\.[0-9]{1,3}){3}$ ]] || return 1
		IFS=. read -ra parts <<<"$address"
		for part in "${parts[@]}"; do is_number "$part" 0 255 || return 1; done
	fi
	[[ $1 != */* ]] || is_number "${1#*/}" 0 $bits
}

# Whose X-Forwarded-For is believed. To believe everybody's is to let each client choose its address.
check_proxies() {
	local proxy next="$SELF --trusted-proxy 127.0.0.1, or the network that your proxy calls from"
	if [ "$TRUSTED_PROXIES" = none ]; then TRUSTED_PROXIES=''; fi
	[[ $TRUSTED_PROXIES =~ ^[0-9a-fA-F:./\ ]*$ ]] ||
		wrong_usage "--trusted-proxy $TRUSTED_PROXIES" "it is an address or a network: 10.1.0.0/16, fd00::/8; or none" "$next"
	for proxy in $TRUSTED_PROXIES; do
		is_network "$proxy" || wrong_usage "--trusted-proxy $proxy" "it is an address or a network: 10.1.0.0/16, fd00::/8; or none" "$next"
		[[ ! $proxy =~ /0+$ ]] || wrong_usage "--trusted-proxy $proxy" "that is everybody: each client could say which address it has" "$next"
	done
}

is_number() { [[ $1 =~ ^[0-9]{1,6}$ ]] && ((10#$1 >= $2 && 10#$1 <= $3)); }

# What an instance of one's own and an installed one have in common.
common_settings() {
	WEB=${GIVEN[--web]:-$WEB} WORKERS=${GIVEN[--workers]:-$WORKERS} ENGINE=${GIVEN[--engine]:-$ENGINE}
	TRUSTED_PROXIES=${GIVEN[--trusted-proxy]:-$TRUSTED_PROXIES}
	check_proxies
	case ${GIVEN[--with-mqtt]:-} in
	'') ;;
	on) MQTT=${MQTT:-127.0.0.1:8883} ;;
	off) MQTT='' ;;
	*) MQTT=${GIVEN[--with-mqtt]} ;;
	esac
	if [ -n "$MQTT" ] && { ! [[ $MQTT =~ ^[0-9]{1,3}(\.[0-9]{1,3}){3}:[0-9]+$ ]] || ! is_number "${MQTT##*:}" 1 65535; }; then
		wrong_usage "--with-mqtt=$MQTT" "it is an IPv4 address, a colon and a port, or off" "$SELF --with-mqtt=127.0.0.1:8883"
	fi
	is_number "$WORKERS" 1 64 || wrong_usage "--workers $WORKERS" "it is a number from 1 to 64" "$SELF --workers 2"
	if ! is_number "$LOGIN_RATE" 1 100000 || ! is_number "$API_RATE" 1 100000; then
		refuse "LOGIN_RATE=$LOGIN_RATE, API_RATE=$API_RATE" "both are requests a second, from 1 to 100000" \
		    "mend them in $1"
	fi
	case $WEB in
	nginx | lighttpd) ;;
	*) wrong_usage "--web $WEB" "Gatehouse has configurations for nginx and lighttpd" "$SELF --web nginx" ;;
	esac
}

settings() {
	remembered
	PORT=${GIVEN[--port]:-$PORT} PUBLIC_URL=${GIVEN[--public-url]:-$PUBLIC_URL}
	common_settings "$ROOT/deploy.env"
	database_settings
	PUBLIC_URL=${PUBLIC_URL%/}
	is_number "$PORT" 1 65535 || wrong_usage "--port $PORT" "a port is a number from 1 to 65535" "$SELF --port 8080"
	if [ -n "$PUBLIC_URL" ] && ! [[ $PUBLIC_URL =~ ^https?://([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?$ ]]; then
		wrong_usage "--public-url $PUBLIC_URL" "it is http(s)://host or http(s)://host:port, without a path" \
		    "$SELF --public-url https://home.example.org"
	fi
	URL=${PUBLIC_URL:-http://127.0.0.1:$PORT}
	LOCAL=http://127.0.0.1:$PORT
}
