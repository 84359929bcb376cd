# process.sh: starting, asking, replacing and ending an instance's processes.
# Read by deploy.sh, whose variables it uses.
# shellcheck shell=bash disable=SC2016,SC2154

# A daemon is ours if its pid stands in pid/NAME.pid, it works in the instance's folder, and it is called what we start.

ours() {
	local pid=$1 comm=''
	[ -n "$pid" ] && [ "/proc/$pid/cwd" -ef "$ROOT" ] || return 1
	read -r comm <"/proc/$pid/comm" 2>/dev/null || return 1
	case $comm in nginx | lighttpd | mosquitto | multiwatch | spawn-fcgi) return 0 ;; esac
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
		[ "$dir/cwd" -ef "$ROOT" ] || continue
		case $known in *" $pid "*) continue ;; esac
		read -r comm 2>/dev/null <"$dir/comm" || continue
		case $comm in nginx | lighttpd | mosquitto | multiwatch) echo "$pid" && continue ;; esac
		case " $1 " in *" $(basename "$(readlink "$dir/exe" 2>/dev/null)" ' (deleted)') "*) echo "$pid" ;; esac
	done
}

# spawn NAME COMMAND...: start a daemon in the instance's folder, away from the terminal, with nothing inherited but its
# log. What a web server says of a failure goes through sed first: query strings may hold codes. (sed must be nobody's
# child: lighttpd waits for all of its own when it reloads.) It may open as many files as it is allowed: connections are files.
spawn() {
	local name=$1 filter=
	shift
	if [ "$name" = web ]; then filter='ulimit -S -n "$(ulimit -H -n)"; exec 2> >(exec 3<&0; sed -u -E "s/[?][^ ]*/?-/g; s|/api/token/[^ /\"]*|/api/token/-|g" <&3 3<&- >&2 &)'; fi
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
		while [ "/proc/$pid/cwd" -ef "$ROOT" ]; do
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

parent() {
	local line
	read -r line 2>/dev/null <"/proc/$1/stat" || return 0
	line=${line##*) }
	line=${line#* }
	echo "${line%% *}"
}

# Supervisors are told, not their workers: they would start new ones before they hear that all is over.
end_strays() {
	local sig pid pids heads
	for sig in TERM TERM KILL; do
		mapfile -t pids < <(strays "$1")
		((${#pids[@]} > 0)) || return 0
		heads=()
		for pid in "${pids[@]}"; do
			case " ${pids[*]} " in *" $(parent "$pid") "*) [ $sig = KILL ] || continue ;; esac
			heads+=("$pid")
		done
		kill -s $sig "${heads[@]}" 2>/dev/null || true
		wait_gone 100 "${heads[@]}" || true
	done
}

# ask NAME SOCKET SECONDS: does a program answer on its socket, without the web server? Health must be well, too.
ask() {
	local uri=/.deploy answer
	if [ "$1" = health ]; then uri=/health; fi
	answer=$(cd "${SOCKETS:-$ROOT/sock}" && env -i REQUEST_METHOD=GET REQUEST_URI="$uri" timeout "$3" cgi-fcgi -bind -connect "$2" \
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

# How many of a program. SmartThings' key server is the simulator itself: who waits for one of it must find another.
workers() {
	case $1 in
	simulator) echo $((WORKERS < 2 ? 2 : WORKERS)) ;;
	*) echo "$WORKERS" ;;
	esac
}

# Start workers of these programs beside those that run, on sockets of their own. Once all of them answer they take the
# place of the former, which finish what they have and go: the former build serves until the new one is seen to work.
# Fails, with FAILED naming the culprit and nothing changed, if one does not answer.
# No -s for multiwatch: 1.0.0 sends the signal before the one that it names. Without, workers get USR1, which they know.
roll() {
	local name pid old=() until=$((SECONDS + 10)) now last='' changes=0
	for name; do
		spawn "$name.next" spawn-fcgi -n -s "sock/$name.next" -M 0660 -b 1024 -- \
		    "$(command -v multiwatch)" -f "$(workers "$name")" -r 1000000 -- "$ROOT/bin/$name"
	done
	for name; do
		changes=0
		while ! ask "$name" "$name.next" 1; do
			# Workers that are other ones at every look end as soon as they start.
			now=$(children "$(cat "$ROOT/pid/$name.next.pid")")
			if [ "$now" != "$last" ]; then changes=$((changes + 1)) last=$now; fi
			if ((SECONDS >= until || changes > 3)); then
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

# A daemon is well if it has taken its place: it makes its pipe then.
daemon_up() {
	local pid
	pid=$(pid_of "$1") && [ -n "$(children "$pid")" ] && [ -p "$ROOT/sock/$1.wake" ]
}

# Start daemons anew, the former ones first asked to finish: there must never be two, also where their supervisor was killed.
# Fails, with FAILED naming the culprit, if one does not come up.
start_daemons() {
	local name tries
	for name; do
		if pid_of "$name" >/dev/null; then end TERM "$name"; else end_strays "$name"; fi
		rm -f "$ROOT/sock/$name.wake"
		spawn "$name" "$(command -v multiwatch)" -f 1 -r 1000000 -- "$ROOT/bin/$name"
	done
	for name; do
		for ((tries = 0; tries < 300; tries++)); do	# 30 s: a broker reads what it kept first, and a disk may be busy
			if daemon_up "$name"; then break; fi
			sleep 0.1
		done
		FAILED=$name
		((tries < 300)) || return 1
	done
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

fetch_status() { curl -qs -o /dev/null --noproxy '*' --max-time 5 -w '%{http_code}' "${ASK[@]}" "$LOCAL$1" || true; }

# Through the web server: is the instance well, and does every program answer? Prints what does not.
verify() {
	local name form limit routes until=$((SECONDS + PATIENCE)) bad
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
