# system.sh: what deploy.sh asks of the machine: a folder, packages, a build, a port.
# Read by deploy.sh, whose variables it uses.
# shellcheck shell=bash disable=SC2016,SC2154

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

# find_missing [LIST...]: of conf/packages/run, and of these.
find_missing() {
	local other=nginx
	if [ "$WEB" = nginx ]; then other='lighttpd.*'; fi
	[ -n "$MQTT" ] || other+='\|mosquitto'
	[ "$DATABASE" = own ] || other+='\|postgresql'
	mapfile -t MISSING < <(packages_missing "$SRC/conf/packages/run" "$@" | grep -vx "$other")
}

# Of what a package of ours only suggests: what was asked for.
find_missing_beside() {
	MISSING=()
	if [ -n "$MQTT" ] && ! command -v mosquitto >/dev/null; then MISSING+=(mosquitto); fi
	if [ "$DATABASE" = own ] && ! pg_programs >/dev/null; then MISSING+=(postgresql); fi
	command -v "$WEB" >/dev/null || MISSING+=("$WEB")
	if [ "$WEB" = lighttpd ] && ! [ -e /usr/lib/lighttpd/mod_openssl.so ]; then MISSING+=(lighttpd-mod-openssl); fi
}

install_packages() {
	local line="apt-get install --no-install-recommends ${MISSING[*]}"
	step packages "installing ${MISSING[*]}"
	if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
		refuse "packages are missing: ${MISSING[*]}" "only root may install them, and sudo is not there" "as root: $line"
	fi
	packages_install "${MISSING[@]}" || refuse "packages could not be installed: ${MISSING[*]}" "see the lines above" \
	    "as root: apt-get update && $line"
}

# The build is the tree's, whatever a surrounding make wants; two runs on one tree wait for each other.
build() {
	local log=$SRC/build/deploy.log
	if ! (umask "$UMASK" && mkdir -p "$SRC/build") 2>/dev/null || [ ! -w "$SRC/build" ]; then
		refuse "$SRC/build cannot be written" "the sources belong to somebody else, or are read-only" \
		    "copy them to a folder of yours, and run deploy.sh there"
	fi
	if ! (umask "$UMASK" && exec env -u SAN -u COV -u MAKEFLAGS -u MFLAGS -u MAKELEVEL flock "$SRC/build/.lock" \
	    make -C "$SRC" -j"$(nproc)" --no-print-directory) >"$log" 2>&1; then
		tail -n 15 "$log" >&2
		refuse "it does not build" "the last lines of $log stand above" "mend that, then $AGAIN"
	fi
}

# Fills PROGRAMS, which the web server asks, and DAEMONS, which nobody asks.
built_programs() {
	local name rest
	PROGRAMS=() DAEMONS=()
	if [ -x "$1/courier" ]; then DAEMONS=(courier); fi
	if [ -n "$MQTT" ] && [ -x "$1/polyglot-mqtt" ]; then DAEMONS+=(polyglot-mqtt); fi
	while IFS='|' read -r name rest; do
		if [ -n "$name" ] && [ -x "$1/$name" ] && [[ " ${PROGRAMS[*]} " != *" $name "* ]]; then PROGRAMS+=("$name"); fi
	done <<<"$TABLE"
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

check_port() {
	local who
	if [ "${NOW[PORT]:-}" = "$PORT" ] && pid_of web >/dev/null; then return 0; fi
	if ((PORT < 1024)) && [ "$(id -u)" != 0 ]; then
		refuse "port $PORT" "below 1024 only root may listen" "$(again --port) --port 8080"
	fi
	port_taken "$PORT" || return 0
	# Workers of our own web server, whose master was killed: up ends them, then asks again.
	if [ -d "$ROOT/pid" ] && ! pid_of web >/dev/null && [ -n "$(strays '')" ]; then return 0; fi
	who=$(ss -Hltnp "sport = :$PORT" 2>/dev/null | sed -n 's/.*users:((\("[^"]*"\),pid=\([0-9]*\).*/\1, process \2/p' | head -n 1)
	refuse "port $PORT is taken" "${who:-another process} listens there" "$(again --port) --port $((PORT < 65535 ? PORT + 1 : 8080))"
}
