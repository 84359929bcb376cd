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
console|page|api|/ /devices /links /activity /account /console/
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
trap 'tell "stopped at its line $LINENO" "a command failed that should not" "see the lines above; $SELF status --root $ROOT"' ERR

# nearest WORD CANDIDATE...: prints the candidate that is at most two edits away, if there is one.
nearest() {
	local word=$1 best='' least=3 c i j cost
	local -a old row
	shift
	for c; do
		row=()
		for ((j = 0; j <= ${#c}; j++)); do row[j]=$j; done
		for ((i = 1; i <= ${#word}; i++)); do
			old=("${row[@]}")
			row=("$i")
			for ((j = 1; j <= ${#c}; j++)); do
				cost=$((old[j - 1] + 1))
				if [ "${word:i-1:1}" = "${c:j-1:1}" ]; then cost=${old[j - 1]}; fi
				if ((old[j] + 1 < cost)); then cost=$((old[j] + 1)); fi
				if ((row[j - 1] + 1 < cost)); then cost=$((row[j - 1] + 1)); fi
				row[j]=$cost
			done
		done
		if ((row[${#c}] < least)); then least=${row[${#c}]} best=$c; fi
	done
	printf '%s' "$best"
}

# --- what was asked for ----------------------------------------------------------------------------------------------

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
	AGAIN="$SELF${GIVEN[--root]:+ --root ${GIVEN[--root]}}"
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

check_root() {
	local above=$ROOT owner
	if [ -e "$ROOT" ] && [ ! -d "$ROOT" ]; then
		refuse "$ROOT is not a folder" "an instance is a folder of its own" "$SELF --root DIR, with another DIR"
	fi
	while [ ! -e "$above" ]; do above=$(dirname "$above"); done
	owner=$(stat -c %U "$above")
	if [ "$above" = "$ROOT" ] && [ ! -O "$ROOT" ]; then
		refuse "$ROOT belongs to $owner" "only who owns an instance may run it" "run this as $owner, or $SELF --root DIR"
	fi
	if [ ! -w "$above" ]; then
		refuse "$above cannot be written" "its rights, or a file system that is read-only" \
		    "$SELF --root DIR, with a folder that you may write"
	fi
	if [ "$above" = "$ROOT" ] && [ ! -f "$ROOT/deploy.env" ] && [ -n "$(ls -A "$ROOT")" ]; then
		refuse "$ROOT is no Gatehouse instance" "it holds other files, and has no deploy.env" \
		    "$SELF --root DIR, with an empty or a new folder"
	fi
}

need_instance() {
	if [ ! -f "$ROOT/deploy.env" ]; then
		refuse "there is no instance in $ROOT" "it has no deploy.env" "$AGAIN, which makes one; or name another by --root DIR"
	fi
	[ -O "$ROOT" ] || check_root
}

lock() {
	exec 9>"$ROOT/.lock"
	flock -n 9 || refuse "$ROOT is being worked on" "another deploy.sh runs on it" "wait for it, then $AGAIN"
}

# --- packages and build ----------------------------------------------------------------------------------------------

check_system() {
	local id='' like='' name='this system'
	if [ -r /etc/os-release ]; then
		id=$(sed -n 's/^ID=//p' /etc/os-release) like=$(sed -n 's/^ID_LIKE=//p' /etc/os-release)
		name=$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release | tr -d '"')
	fi
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		refuse "$name is not Debian" "dpkg-query or apt-get is not there, so packages can neither be looked up nor installed" \
		    "use Debian 12; what is needed stands in $SRC/conf/packages/run"
	fi
	case "$id $like" in
	*debian*) ;;
	*) step note "$name is not Debian 12, which this is tested on" ;;
	esac
}

find_missing() {
	local other wanted
	if [ "$WEB" = nginx ]; then other=lighttpd; else other=nginx; fi
	wanted=$(sed 's/#.*//; s/[[:space:]]*$//; /^$/d' "$SRC/conf/packages/run" | grep -vx "$other")
	# A package that dpkg never heard of makes it fail: what it printed is what is there.
	mapfile -t MISSING < <(comm -23 <(sort <<<"$wanted") \
	    <(xargs dpkg-query -W -f='${Status} ${Package}\n' <<<"$wanted" 2>/dev/null | sed -n 's/^install ok installed //p' | sort))
}

# The services that Debian starts when a web server is installed would take port 80: policy-rc.d says no to them.
install_packages() {
	local as_root=() line="apt-get install --no-install-recommends ${MISSING[*]}"
	step packages "installing ${MISSING[*]}"
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || refuse "packages are missing: ${MISSING[*]}" \
		    "only root may install packages, and sudo is not there" "as root: $line"
		as_root=(sudo)
	fi
	"${as_root[@]}" sh -euc '
		policy=/usr/sbin/policy-rc.d
		if [ ! -e $policy ]; then
			trap "rm -f $policy" EXIT
			trap "exit 130" INT TERM HUP
			printf "#!/bin/sh\nexit 101\n" >$policy
			chmod 755 $policy
		fi
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -qq
		apt-get install -y -qq --no-install-recommends "$@"' sh "${MISSING[@]}" >&2 </dev/null ||
	    refuse "the packages could not be installed" "see the lines above" "as root: apt-get update && $line"
}

# The build is the tree's, whatever a surrounding make wants; two runs on one tree wait for each other.
build() {
	local log=$SRC/build/deploy.log
	mkdir -p "$SRC/build" 2>/dev/null || refuse "$SRC/build cannot be made" "the folder of the sources cannot be written" \
	    "copy the sources to a folder of yours, and run deploy.sh there"
	if ! env -u SAN -u COV -u MAKEFLAGS -u MFLAGS -u MAKELEVEL flock "$SRC/build/.lock" \
	    make -C "$SRC" -j"$(nproc)" --no-print-directory >"$log" 2>&1; then
		tail -n 15 "$log" >&2
		refuse "it does not build" "the last lines of $log stand above" "mend that, then $AGAIN"
	fi
}

built_programs() {
	local name rest
	PROGRAMS=()
	while IFS='|' read -r name rest; do
		if [ -n "$name" ] && [ -x "$1/$name" ]; then PROGRAMS+=("$name"); fi
	done <<<"$TABLE"
}

# --- processes -------------------------------------------------------------------------------------------------------
# A daemon is ours if its pid stands in pid/NAME.pid, it works in the instance's folder, and it is called what we start.

ours() {
	local pid=$1 comm=''
	[ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$ROOT" ] || return 1
	read -r comm <"/proc/$pid/comm" 2>/dev/null || return 1
	case $comm in nginx | lighttpd | multiwatch | spawn-fcgi) return 0 ;; esac
	return 1
}

# pid_of NAME: prints the pid of the live daemon; fails if there is none.
pid_of() {
	local pid=''
	read -r pid 2>/dev/null <"$ROOT/pid/$1.pid" || return 1
	ours "$pid" && echo "$pid"
}

children() {
	cat "/proc/$1/task/$1/children" 2>/dev/null || true
}

# What of ours runs without standing in a pid file: left by a supervisor or a master that was killed.
strays() {
	local known=' ' f dir pid comm
	for f in "$ROOT"/pid/*.pid; do
		if pid=$(pid_of "$(basename "$f" .pid)"); then known+="$pid $(children "$pid") "; fi
	done
	for dir in /proc/[0-9]*; do
		pid=${dir#/proc/}
		[ "$(readlink "$dir/cwd" 2>/dev/null)" = "$ROOT" ] || continue
		case $known in *" $pid "*) continue ;; esac
		read -r comm 2>/dev/null <"$dir/comm" || continue
		case $comm in nginx | lighttpd | multiwatch) echo "$pid" && continue ;; esac
		case " $1 " in *" $(basename "$(readlink "$dir/exe" 2>/dev/null)" ' (deleted)') "*) echo "$pid" ;; esac
	done
}

# spawn NAME COMMAND...: start a daemon in the instance's folder, away from the terminal, with nothing inherited but its
# log. What a web server says of a failure goes through sed first: query strings may hold codes. (sed must be nobody's
# child: lighttpd waits for all of its own when it reloads.)
spawn() {
	local name=$1 filter=
	shift
	if [ "$name" = web ]; then filter='exec 2> >(exec 3<&0; sed -u -E "s/[?][^ ]*/?-/g" <&3 3<&- >&2 &)'; fi
	(
		cd "$ROOT"
		for fd in /proc/self/fd/*; do
			fd=${fd##*/}
			if ((fd > 2)); then eval "exec $fd>&-"; fi
		done
		exec </dev/null >>"log/${name%.next}.log" 2>&1
		exec env -i PATH="$PATH" LC_ALL=C GATEHOUSE_ROOT="$ROOT" GATEHOUSE_SHARE="$ROOT/share" \
		    ${GATEHOUSE_DEBUG:+GATEHOUSE_DEBUG=1} setsid bash -c "$filter"'
			exec "$@"' "$name" "$@"
	) &
	echo $! >"$ROOT/pid/$name.pid"
}

wait_gone() {
	local tries=$1 pid
	shift
	for pid; do
		while [ -d "/proc/$pid" ] && [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$ROOT" ]; do
			((tries-- > 0)) || return 1
			sleep 0.05
		done
	done
}

# end SIGNAL NAME...: ask these daemons to finish what they have in hand and go; after 20 s they and theirs are killed.
end() {
	local sig=$1 name pid pids=()
	shift
	for name; do
		if pid=$(pid_of "$name"); then
			pids+=("$pid")
			kill -s "$sig" "$pid" 2>/dev/null || true
		fi
	done
	# shellcheck disable=SC2046 # one word a pid
	wait_gone 400 "${pids[@]}" || kill -s KILL $(for pid in "${pids[@]}"; do echo "$pid"; children "$pid"; done) \
	    2>/dev/null || true
	for name; do rm -f "$ROOT/pid/$name.pid"; done
}

end_strays() {
	local pids
	mapfile -t pids < <(strays "$1")
	((${#pids[@]} > 0)) || return 0
	kill -s TERM "${pids[@]}" 2>/dev/null || true
	wait_gone 100 "${pids[@]}" || kill -s KILL "${pids[@]}" 2>/dev/null || true
}

# ask NAME SOCKET: does a program answer on its socket, without the web server? Health must be well, too.
ask() {
	local uri=/.deploy answer
	if [ "$1" = health ]; then uri=/health; fi
	answer=$(cd "$ROOT" && env -i REQUEST_METHOD=GET REQUEST_URI="$uri" timeout 5 cgi-fcgi -bind -connect "sock/$2" \
	    </dev/null 2>/dev/null | head -n 1) || return 1
	case $1:$answer in
	health:'Status: 200'*) ;;
	health:*) return 1 ;;
	*:'Status: '*) ;;
	*) return 1 ;;
	esac
}

# Wait until a socket's queue is empty, so that nothing is lost when its last listener goes.
drain() {
	local inode tries
	inode=$(readlink "/proc/$1/fd/0" | tr -dc 0-9)
	for ((tries = 0; tries < 100; tries++)); do
		if ! ss -Hxl 2>/dev/null | awk -v i="$inode" '$6 == i && $3 > 0 { busy = 1 } END { exit !busy }'; then return 0; fi
		sleep 0.05
	done
}

# Start workers of these programs beside those that run, on sockets of their own. Once all of them answer they take the
# place of the former, which finish what they have and go: the former build serves until the new one is seen to work.
# Fails, with FAILED naming the culprit and nothing changed, if one does not answer.
roll() {
	local name pid old=() until=$((SECONDS + 10))
	for name; do
		spawn "$name.next" spawn-fcgi -n -s "sock/$name.next" -M 0660 -b 1024 -- \
		    "$(command -v multiwatch)" -f "$WORKERS" -r 1000000 -s TERM -- "$ROOT/bin/$name"
	done
	for name; do
		while ! ask "$name" "$name.next"; do
			if ((SECONDS >= until)); then
				FAILED=$name
				end TERM "${@/%/.next}"
				(cd "$ROOT/sock" && rm -f "${@/%/.next}")
				return 1
			fi
			sleep 0.1
		done
	done
	for name; do
		mv "$ROOT/sock/$name.next" "$ROOT/sock/$name.sock"
		if pid=$(pid_of "$name"); then
			mv "$ROOT/pid/$name.pid" "$ROOT/pid/$name.former.pid"
			old+=("$name.former")
		fi
		mv "$ROOT/pid/$name.next.pid" "$ROOT/pid/$name.pid"
	done
	((${#old[@]} > 0)) || return 0
	sleep 0.2	# who looked up the former socket just now has connected by then
	for name in "${old[@]}"; do
		if pid=$(pid_of "$name"); then drain "$pid"; fi
	done
	end TERM "${old[@]}"
}

start_web() {
	if [ "$WEB" = nginx ]; then
		spawn web nginx -p ./ -c nginx.conf -e stderr -g 'daemon off;'
	else
		spawn web lighttpd -D -f lighttpd.conf
	fi
}

end_web() {
	if [ "$WEB" = nginx ]; then end QUIT web; else end INT web; fi
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

check_port() {
	local who
	if [ "${NOW[PORT]:-}" = "$PORT" ] && pid_of web >/dev/null; then return 0; fi
	if ((PORT < 1024)) && [ "$(id -u)" != 0 ]; then
		refuse "port $PORT" "below 1024 only root may listen" "$AGAIN --port 8080"
	fi
	port_taken "$PORT" || return 0
	who=$(ss -Hltnp "sport = :$PORT" 2>/dev/null | sed -n 's/.*users:((\("[^"]*"\),pid=\([0-9]*\).*/\1, process \2/p' | head -n 1)
	refuse "port $PORT is taken" "${who:-another process} listens there" "$AGAIN --port $((PORT < 65535 ? PORT + 1 : 8080))"
}

# --- the instance's files --------------------------------------------------------------------------------------------

# The web server's own errors in each form, from one table of texts.
write_errors() {
	local to=$1 status error enum title sentence title_ko sentence_ko form text
	mkdir -p "$to/page" "$to/json" "$to/schema"
	while IFS='|' read -r status error enum title sentence title_ko sentence_ko; do
		for form in page.html json.json schema.json; do
			text=$(<"$SRC/html/error/$form")
			text=${text//@STATUS@/"$status"} text=${text//@ERROR@/"$error"} text=${text//@ENUM@/"$enum"}
			text=${text//@TITLE@/"$title"} text=${text//@SENTENCE@/"$sentence"}
			text=${text//@TITLE_KO@/"$title_ko"} text=${text//@SENTENCE_KO@/"$sentence_ko"}
			printf '%s\n' "$text" >"$to/${form%.*}/$status.html"
		done
	done < <(sed '/^#/d; /^$/d' "$SRC/html/error/texts")
}

# Prints "form|pattern of paths": which form an error has where.
error_forms() {
	local name form limit routes route json='api|console' schema=''
	while IFS='|' read -r name form limit routes; do
		for route in $routes; do
			route=${route#/} route=${route%/} route=${route//./\\.}
			case $form in
			json) json+="|$route" ;;
			schema) schema+="|$route" ;;
			esac
		done
	done <<<"$TABLE"
	printf 'json|^/(%s)(/|$)\nschema|^/(%s)(/|$)\n' "$json" "${schema#|}"
}

forms() {
	local form pattern
	while IFS='|' read -r form pattern; do
		if [ "$WEB" = nginx ]; then
			printf '    "~%s" %s;\n' "$pattern" "$form"
		else
			printf '$HTTP["url"] =~ "%s" {\n  server.errorfile-prefix = "@ROOT@/share/error/%s/"\n' "$pattern" "$form"
			printf '  mimetype.assign = ( ".html" => "application/json" )\n}\n'
		fi
	done < <(error_forms)
}

# nginx: one location a route. lighttpd: one condition a program.
locations() {
	local name form limit routes route rate how pattern
	while IFS='|' read -r name form limit routes; do
		case " ${PROGRAMS[*]} " in *" $name "*) ;; *) continue ;; esac
		rate='' pattern=''
		case $limit in
		login) rate="limit_req zone=login burst=$((LOGIN_RATE * 10)) nodelay; " ;;
		api) rate="limit_req zone=api burst=$((API_RATE * 4)) nodelay; " ;;
		esac
		for route in $routes; do
			how='=' pattern+="|${route//./\\.}"
			if [[ $route == /*/ ]]; then how='^~' pattern+='.*'; fi
			[ "$WEB" != nginx ] || printf '    location %s %s { %sfastcgi_pass unix:sock/%s.sock; }\n' "$how" "$route" "$rate" "$name"
		done
		[ "$WEB" = nginx ] || printf '$HTTP["url"] =~ "^(%s)$" { fastcgi.server = ( "/" => (( "socket" => "sock/%s.sock",%s%s )) ) }\n' \
		    "${pattern#|}" "$name" ' "check-local" => "disable",' \
		    ' "connect-timeout" => 2, "write-timeout" => 10, "read-timeout" => 15'
	done <<<"$TABLE"
}

write_web_config() {
	local text user='' root
	text=$(<"$SRC/conf/$WEB/$WEB.conf.in")
	if [ "$(id -u)" = 0 ]; then user='user root;'; fi
	text=${text//@USER@/"$user"} text=${text//@PORT@/"$PORT"}
	text=${text//@LOGIN_RATE@/"$LOGIN_RATE"} text=${text//@API_RATE@/"$API_RATE"}
	text=${text//@FORMS@/"$(forms)"} text=${text//@LOCATIONS@/"$(locations)"}
	root=${ROOT//\\/\\\\}
	text=${text//@ROOT@/"${root//\"/\\\"}"}
	printf '%s\n' "$text" >"$1"
}

# The config is made once; afterwards only --public-url and --port change a line of it.
write_config() {
	local config=$ROOT/gatehouse.json new=$1
	if [ ! -f "$config" ]; then
		jq --arg url "$URL" '.public_url = $url | .insecure_loopback = true | .simulator = true' \
		    "$SRC/conf/gatehouse.json" >"$new"
	elif [ -n "${GIVEN[--public-url]:-}${GIVEN[--port]:-}" ] && [ "$(jq -r .public_url "$config" 2>/dev/null)" != "$URL" ]; then
		jq --arg url "$URL" '.public_url = $url' "$config" >"$new" ||
		    refuse "$config is not valid JSON" "so public_url cannot be set in it" "$AGAIN config check; mend it, then again"
	else
		cp "$config" "$new"
	fi
}

# Everything new is made beside the old and looked at before the old is touched.
stage() {
	local stage=$ROOT/tmp/stage name
	rm -rf "$stage"
	mkdir -p "$stage"/bin "$stage"/share/conf
	for name in "${PROGRAMS[@]}" gatehouse; do cp "$SRC/build/$name" "$stage/bin/"; done
	cp "$SRC"/conf/capabilities.json "$SRC"/conf/device-types.json "$stage/share/conf/"
	cp -R "$SRC/html" "$stage/share/html"
	rm -rf "$stage/share/html/error"
	write_errors "$stage/share/error"
	write_web_config "$stage/$WEB.conf"
	write_config "$stage/gatehouse.json"
}

check_stage() {
	local stage=tmp/stage out ok=1
	if ! out=$("$ROOT/$stage/bin/gatehouse" config check "$ROOT/$stage/gatehouse.json" 2>&1); then
		refuse "the config is not right" "${out//"$ROOT/$stage/"/"$ROOT/"}" "mend $ROOT/gatehouse.json, then $AGAIN"
	fi
	if [ "$WEB" = nginx ]; then
		out=$(cd "$ROOT" && nginx -t -q -p ./ -c "$stage/nginx.conf" -e stderr 2>&1) || ok=
	else
		out=$(cd "$ROOT" && lighttpd -tt -f "$stage/lighttpd.conf" 2>&1) || ok=
	fi
	[ -n "$ok" ] || refuse "$WEB does not take its configuration" "$out" "look at $ROOT/$stage/$WEB.conf"
}

# place FROM TO: make folder TO what FROM is, file by file, each swapped in one step.
place() {
	local from=$1 to=$2 f files
	files=$(cd "$from" && find . -type f | sort)
	while read -r f; do
		mkdir -p "$to/${f%/*}"
		cmp -s "$from/$f" "$to/$f" || mv "$from/$f" "$to/$f"
	done <<<"$files"
	comm -13 <(echo "$files") <(cd "$to" && find . -type f | sort) | while read -r f; do rm -f "${to:?}/$f"; done
}

same_tree() { diff -rq "$1" "$2" >/dev/null 2>&1; }

keep_former() {
	rm -rf "$ROOT/former"
	mkdir "$ROOT/former"
	(cd "$ROOT" && for f in bin share gatehouse.json nginx.conf lighttpd.conf deploy.env; do
		[ ! -e "$f" ] || cp -a "$f" former/
	done)
}

bring_back_former() {
	(cd "$ROOT/former" && for f in *; do
		if [ -d "$f" ]; then place "$f" "$ROOT/$f"; else mv "$f" "$ROOT/$f"; fi
	done)
}

remember() {
	local name
	for name in $REMEMBERED; do echo "$name=${!name}"; done >"$ROOT/deploy.env.new"
	mv "$ROOT/deploy.env.new" "$ROOT/deploy.env"
}

# Does what runs differ from what is staged? Programs read config and share once, when they start.
changed() {
	local stage=$ROOT/tmp/stage
	! { same_tree "$stage/bin" "$ROOT/bin" && same_tree "$stage/share" "$ROOT/share" &&
	    cmp -s <(echo "$WORKERS"; cat "$stage/gatehouse.json") "$ROOT/pid/in-force"; }
}

now_in_force() { { echo "$WORKERS"; cat "$ROOT/gatehouse.json"; } >"$ROOT/pid/in-force"; }

# --- accounts of the demo --------------------------------------------------------------------------------------------

tool() { GATEHOUSE_SHARE=$ROOT/share "$ROOT/bin/gatehouse" --root "$ROOT" "$@"; }
new_secret() { head -c "$1" /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '='; }

# demo.env is there before the accounts are: a run that breaks off here goes on with the same secrets.
write_demo_env() {
	local password secret
	if [ -f "$ROOT/demo.env" ]; then
		password=$(sed -n 's/^PASSWORD=//p' "$ROOT/demo.env") secret=$(sed -n 's/^CLIENT_SECRET=//p' "$ROOT/demo.env")
	else
		password=$(new_secret 15) secret=$(new_secret 33)
	fi
	printf '%s=%q\n' URL "$URL" USER demo PASSWORD "$password" CLIENT_ID smartthings CLIENT_SECRET "$secret" \
	    REDIRECT_URI "$URL/sim/callback" ROOT "$ROOT" >"$ROOT/demo.env.new"
	mv "$ROOT/demo.env.new" "$ROOT/demo.env"
}

demo_secret() { sed -n "s/^$1=//p" "$ROOT/demo.env"; }

make_demo() {
	tool keys list --json | jq -e 'length > 0' >/dev/null || tool keys rotate >/dev/null
	[ "$DEMO" != made ] || return 0
	tool client show smartthings >/dev/null 2>&1 || demo_secret CLIENT_SECRET | tool client add smartthings --secret-stdin \
	    --redirect-uri https://c2c-us.smartthings.com/oauth/callback \
	    --redirect-uri https://c2c-eu.smartthings.com/oauth/callback \
	    --redirect-uri https://c2c-ap.smartthings.com/oauth/callback \
	    --redirect-uri "$URL/sim/callback" --auth any --pkce optional --scope 'devices:read devices:control' >/dev/null
	tool device list --user demo >/dev/null 2>&1 ||
	    demo_secret PASSWORD | tool user add demo --password-stdin --starter-devices >/dev/null
	DEMO=made
}

# --- commands --------------------------------------------------------------------------------------------------------

fetch_status() { curl -qs -o /dev/null --noproxy '*' --max-time 5 -w '%{http_code}' "$LOCAL$1" || true; }

# Through the web server: is the instance well, and does every program answer? Prints what does not.
verify() {
	local name form limit routes until=$((SECONDS + 10)) bad
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

reload_web() {
	if [ "$WEB" = nginx ]; then kill -s HUP "$1"; else kill -s USR1 "$1"; fi
}

log_end() { tail -n 5 "$ROOT/log/$1.log" >&2 2>/dev/null || true; }

# The new build does not work: put the former one back, as it was, and say so.
give_up() {
	local why=$1 swapped=$2 pid
	if [ ! -d "$ROOT/former/bin" ]; then
		stop_all
		refuse "it does not start" "$why" "$SELF logs --root $ROOT; mend that, then $AGAIN"
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
	refuse "the new build does not work: the former one is back" "$why" "$SELF logs --root $ROOT; mend that, then $AGAIN"
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
		refuse "it runs behind ${NOW[WEB]}" "a live instance keeps its web server" "$SELF stop --root $ROOT; then $AGAIN --web $WEB"
	fi
	check_port
	if [ -n "$DRY" ]; then plan && return; fi

	if ((${#MISSING[@]} > 0)); then install_packages; else step packages "all there"; fi
	build
	built_programs "$SRC/build"
	step build "${PROGRAMS[*]}"
	mkdir -p "$ROOT" && (cd "$ROOT" && mkdir -p secret store sock log pid tmp/empty)
	lock
	[ -f "$ROOT/deploy.env" ] || remember
	[ -f "$ROOT/clock" ] || head -c 8 /dev/zero >"$ROOT/clock"
	tidy
	stage
	check_stage
	step config "right"
	keep_former
	for name in "${PROGRAMS[@]}"; do
		if changed || ! pid_of "$name" >/dev/null || ! ask "$name" "$name.sock"; then start+=("$name"); fi
	done
	place "$ROOT/tmp/stage/bin" "$ROOT/bin"
	place "$ROOT/tmp/stage/share" "$ROOT/share"
	mv "$ROOT/tmp/stage/gatehouse.json" "$ROOT/gatehouse.json"
	write_demo_env
	make_demo
	step start "${start[*]:-all are up to date}"
	start_all "${start[@]}"
	remember
	rm -rf "$ROOT/former" "$ROOT/tmp/stage"
	step health "ok, behind $WEB on $LOCAL"
	report
}

report() {
	local here=$ROOT schema
	[ "$here" != "$PWD/run" ] || here=run
	schema="'{\"headers\":{\"schema\":\"st-schema\",\"version\":\"1.0\",\"requestId\":\"1\",\"interactionType\":"
	cat <<-END

	Open   $(tool user link demo | grep -o 'https\?://[^ ]*' | head -n 1)
	       It signs you in as demo, once. The password stands in $here/demo.env.
	Type   $here/bin/gatehouse --root $here user link demo
	       for another such link; "help" in place of "user link demo" for what else there is.
	Try
	  curl -s $LOCAL/health
	  T=\$($here/bin/gatehouse --root $here token issue --user demo --client smartthings --json | jq -r .access_token)
	  curl -s $LOCAL/schema -H 'Content-Type: application/json' -d $schema
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
		elif n=$(children "$pid" | wc -w) && [ "$name" != web ] && { ((n < WORKERS)) || ! ask "$name" "$name.sock"; }; then
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
