#!/usr/bin/env bats
# deploy.sh: from nothing to a running instance, through upgrades good and bad, to nothing.
# long because: it is the life of one instance, each test going on from the last.

load instance

setup_file() {
	bats_require_minimum_version 1.5.0
	W=$(mktemp -d /tmp/gatehouse-deploy.XXXXXX)
	export W PORT R
	R="$W/it's a \"\$(b)\" $(printf 'd%.0s' {1..100})/run"
	mkdir "${R%/run}"
	PORT=$(free_port)
}

teardown_file() {
	local r
	for r in "$W"/*/ "${R%/run}"/*; do
		[ ! -f "$r/deploy.env" ] || deploy stop --root "$r" >/dev/null || true
	done
	rm -rf "$W"
}

setup() {
	load /usr/lib/bats/bats-support/load
	load /usr/lib/bats/bats-assert/load
}

# refused STATUS ARGS...: deploy.sh says no with this status, and says what, why and what next.
refused() {
	local status_wanted=$1
	shift
	run --separate-stderr deploy "$@"
	[ "$status" = "$status_wanted" ] || { echo "status $status: $output $stderr"; return 1; }
	[[ $stderr == *deploy.sh:\ ?*why:\ \ ?*next:\ ?* ]] || { echo "no what, why, next: $stderr"; return 1; }
}

value() { sed -n "s/^$2=//p" "$1/demo.env"; }

# --- refusals, before there is anything ---

@test "a wrong command line is refused with 2 and a guess" {
	refused 2 --prot 9
	[[ $stderr == *--port* ]]
	refused 2 staus
	[[ $stderr == *"deploy.sh status"* ]]
	refused 2 frobnicate
	refused 2 stop restart
	refused 2 --port
	refused 2 --port --dry-run
	refused 2 --port=
	refused 2 up -f
	refused 2 stop --dry-run
	refused 2 restart --workers 3
	for port in 0 65536 99999999999999999999 8o8o -1 08x '1;id'; do refused 2 --root "$W/n" "--port=$port"; done
	for workers in 0 65 x; do refused 2 --root "$W/n" --workers "$workers"; done
	for url in ftp://x x.example https:// https://x.example/path 'https://x.example?a' $'https://x.example\nb' 'https://u@x'; do
		refused 2 --root "$W/n" --public-url "$url"
	done
	for proxy in 10.0.0 10.0.0.256 10.0.0.1/33 10.0.0.0/0 ::/00 fd00::/129 fd00 proxy.example '*' '10.0.0.1; x' $'10.0.0.1\n10.0.0.2'; do
		refused 2 --root "$W/n" --trusted-proxy 127.0.0.1 "--trusted-proxy=$proxy"
	done
	refused 2 --root "$W/n" --web apache
	refused 2 --root "$W/n" --engine oracle
	refused 1 --root "$R" --engine postgresql	# too long a name for a socket
	[ ! -e "$W/n" ]
}

@test "a folder that is not ours to use is refused" {
	touch "$W/file"
	refused 1 --root "$W/file"
	mkdir "$W/full"
	touch "$W/full/letters"
	refused 1 --root "$W/full"
	[[ $stderr == *"no Gatehouse instance"* ]]
	refused 1 --root /proc/gatehouse
	refused 1 status --root "$W/full"
	refused 1 stop --root "$W/nothing"
	refused 1 logs --root "$W/nothing"
	refused 1 restart --root "$W/nothing"
	[ "$(ls "$W/full")" = letters ]
}

@test "somebody else's folder is refused" {
	[ "$(id -u)" = 0 ] || skip 'only root can give a folder away'
	mkdir "$W/theirs"
	touch "$W/theirs/deploy.env"
	chown nobody "$W/theirs"
	refused 1 --root "$W/theirs"
	[[ $stderr == *"belongs to nobody"* ]]
	refused 1 stop --root "$W/theirs"
}

@test "a port that is taken is refused, with who has it" {
	node -e "require('net').createServer().listen($PORT, '127.0.0.1')" 3>&- &
	local pid=$!
	until_true eval '(exec 4<>"/dev/tcp/127.0.0.1/$PORT")'
	refused 1 --root "$W/n" --port "$PORT"
	kill "$pid"
	[[ $stderr == *"port $PORT is taken"*"process $pid"*"--port $((PORT + 1))"* ]]
	[ ! -e "$W/n" ]
}

@test "a system that is not Debian is refused" {
	mkdir "$W/bin"
	ln -s /usr/bin/* "$W/bin/" 2>/dev/null
	rm "$W/bin/dpkg-query"
	PATH=$W/bin refused 1 --root "$W/n"
	[[ $stderr == *"not Debian"*conf/packages/run* ]]
}

@test "missing packages are named, installed by apt-get, and refused if that fails" {
	mkdir "$W/fake"
	printf '#!/bin/sh\n/usr/bin/dpkg-query "$@" | grep -v multiwatch\n' >"$W/fake/dpkg-query"
	printf '#!/bin/sh\necho "$@" "$([ -x /usr/sbin/policy-rc.d ] && echo quiet)" >>"%s/apt"\nexit 100\n' "$W" >"$W/fake/apt-get"
	printf '#!/bin/sh\nexec "$@"\n' >"$W/fake/sudo"
	chmod +x "$W"/fake/*
	PATH=$W/fake:$PATH run deploy --root "$W/n" --port "$PORT" --dry-run
	assert_success
	assert_line --regexp '^ +packages +multiwatch$'
	[ ! -e "$W/apt" ]
	if [ "$(id -u)" = 0 ] || [ -x /usr/sbin/policy-rc.d ]; then
		PATH=$W/fake:$PATH refused 1 --root "$W/n" --port "$PORT"
		[[ $stderr == *multiwatch*"apt-get update && apt-get install"* ]]
		grep -q '^update.*quiet' "$W/apt"
	fi
	[ ! -e "$W/n" ]
}

@test "a mosquitto that is installed for us does not start by itself at the next boot; one that was there is left alone" {
	[ "$(id -u)" = 0 ] || [ -x /usr/sbin/policy-rc.d ] || skip 'only root installs packages'
	mkdir "$W/quiet"
	printf '#!/bin/sh\nexit 0\n' | tee "$W/quiet/apt-get" "$W/quiet/sudo" >/dev/null
	printf '#!/bin/sh\necho "$@" >>"%s/systemctl"\nexit 1\n' "$W" >"$W/quiet/systemctl"
	chmod +x "$W"/quiet/*
	install() { PATH=$W/quiet:$PATH bash -c '. "$0/conf/deploy/packages.sh"; packages_install "$@"' "$TOP" "$@"; }
	install curl mosquitto-clients
	[ ! -e "$W/systemctl" ]
	install curl mosquitto
	[ "$(<"$W/systemctl")" = '--quiet disable mosquitto' ]
}

@test "--dry-run says what would be done, and does nothing" {
	run deploy --root "$W/n" --port "$PORT" --web lighttpd --dry-run
	assert_success
	assert_line --regexp "listen +127.0.0.1:$PORT \(lighttpd\)"
	assert_line --partial "$W/n/: gatehouse.json"
	assert_line --regexp '^ +packages '
	[ ! -e "$W/n" ]
}

# --- one instance, from here to the end; its path has spaces and quotes, and is longer than a socket's may be ---

@test "the first run: soon says something, starts everything, ends" {
	local began
	began=$(date +%s%N)
	# Whoever reads its output must see the end of it: no daemon may keep the pipe.
	timeout 60 bash -c '"$0" --root "$1" --port "$2" 2>&1 | while read -r line; do
		[ -n "${first:-}" ] || { first=$(date +%s%N) && echo "$first" >"$3"; }
		echo "$line"
	done' "$TOP/deploy.sh" "$R" "$PORT" "$W/first" >"$W/out"
	[ $((($(cat "$W/first") - began) / 1000000)) -lt 2000 ]
	run cat "$W/out"
	assert_line --regexp '^Open +http://127.0.0.1:[0-9]+/login\?link='
	assert_line --regexp '^Type .*user link demo$'
	[ "$(stat -c %a "$R")" = 700 ]
	[ "$(stat -c %a "$R/demo.env")" = 600 ]
	[ "$(stat -Lc %a "$R/sock/token.sock")" = 660 ]
	run deploy status --root "$R"
	assert_success
	assert_line --regexp '^nginx +[0-9]+ +- +up$'
	assert_line --regexp '^schema-webhook +[0-9]+ +2 +up$'
	assert_line --regexp '^token +[0-9]+ +2 +up$'
	assert_line --partial '"status":"ok"'
}

@test "what it prints to copy works" {
	local url
	url=$(sed -n 's/^Open *//p' "$W/out")
	[ "$(curl -qs -o "$W/page" -w '%{http_code}' "$url")" = 200 ]
	sed -n '/^Try/,$p' "$W/out" | sed 's/^Try//' >"$W/try"
	[ "$(wc -l <"$W/try")" = 3 ]
	run bash "$W/try"
	assert_success
	assert_output --partial '"status":"ok"'
	assert_output --partial '"discoveryResponse"'
	assert_output --partial '"value": 75'
}

@test "demo.env can be sourced, and its secrets work and are nowhere else" {
	(
		# shellcheck disable=SC1091
		. "$R/demo.env"
		[ "$URL" = "http://127.0.0.1:$PORT" ]
		[ "$ROOT" = "$R" ]
		[ "$USER" = demo ]
		[ "${#PASSWORD}" -ge 16 ]
		[ "${#CLIENT_SECRET}" -ge 32 ]
		[ "$REDIRECT_URI" = "$URL/sim/callback" ]
		# The client is who it says it is: only the code is wrong.
		curl -qs -u "$CLIENT_ID:$CLIENT_SECRET" -d 'grant_type=authorization_code&code=x' \
			--data-urlencode "redirect_uri=$REDIRECT_URI" "$URL/token" | jq -e '.error == "invalid_grant"'
	)
	for name in PASSWORD CLIENT_SECRET; do
		run ! grep -rqF "$(value "$R" $name)" "$R/log" "$R/gatehouse.json" "$R/deploy.env" "$W/out"
		run ! grep -qF "$(value "$R" $name)" /proc/[0-9]*/environ /proc/[0-9]*/cmdline
	done
	run ! grep -qF "$(sed -n 's/^Open.*link=//p' "$W/out")" -r "$R/log"
}

@test "a second run changes nothing, and keeps what the operator wrote" {
	local before
	before=$(pids "$R" | sort)
	sha256sum "$R/demo.env" >"$W/sum"
	run deploy --root "$R"
	assert_success
	assert_line --partial 'all are up to date'
	[ "$(pids "$R" | sort)" = "$before" ]
	sha256sum -c "$W/sum"

	jq '.oauth.code_ttl = 61' "$R/gatehouse.json" >"$W/edited"
	cp "$W/edited" "$R/gatehouse.json"
	run deploy --root "$R"
	assert_success
	assert_line --regexp 'start +authorize'
	[ "$(jq .oauth.code_ttl "$R/gatehouse.json")" = 61 ]
	deploy status --root "$R"
}

@test "a config that is not right is refused with its place, and what runs goes on" {
	local before
	before=$(pids "$R" | sort)
	cp "$R/gatehouse.json" "$W/good"
	jq '.oauth.code_tl = 5' "$W/good" >"$R/gatehouse.json"
	refused 1 --root "$R"
	[[ $stderr == *"$R/gatehouse.json:"*code_tl*code_ttl* ]]
	echo '{' >"$R/gatehouse.json"
	refused 1 --root "$R" --public-url https://x.example
	cp "$W/good" "$R/gatehouse.json"
	[ "$(pids "$R" | sort)" = "$before" ]
	deploy status --root "$R"
}

@test "the web server of a live instance is not changed" {
	refused 1 --root "$R" --web lighttpd
	[[ $stderr == *"behind nginx"*stop* ]]
	deploy status --root "$R"
}

@test "two instances stand side by side; stop ends its own processes and no other, and leaves the data" {
	local other="${R%/run}/other" port
	port=$(free_port)
	refused 1 --root "$other" --port "$PORT"
	[ ! -e "$other" ]
	deploy --root "$other" --port "$port" --web lighttpd >/dev/null
	[ "$(value "$other" PASSWORD)" != "$(value "$R" PASSWORD)" ]
	"$other/gatehouse" device set kitchen-dimmer --user demo st.switchLevel.level=33
	deploy stop --root "$other"
	gone "$other"
	# Workers that end by themselves close the store: the last one takes its shared memory along.
	[ -e "$other/store/journal.1" ]
	[ ! -L "$other/store/live" ]
	deploy status --root "$R"
	run deploy status --root "$other"
	assert_failure 1
	assert_line --regexp '^token +- +- +down'
	deploy stop --root "$other"
	# Stopped, it may change its web server.
	deploy --root "$other" --web nginx >/dev/null
	run "$other/gatehouse" device show kitchen-dimmer --user demo
	assert_output --regexp 'level.*33'
	deploy stop --root "$other"
}

# --- upgrades ---

# under_load COMMAND...: run it while others ask for health, which reads the store, and for the keys, each request on a
# connection of its own. Not one of them may fail.
under_load() {
	local flag=$W/loading status=0 url=http://127.0.0.1:$PORT loops=()
	touch "$flag"
	load_loop "$url/health" "$flag" >"$W/l1" 3>&- &
	loops+=($!)
	load_loop "$url/.well-known/jwks.json" "$flag" >"$W/l2" 3>&- &
	loops+=($!)
	sleep 0.3
	"$@" >"$W/out2" 2>&1 || status=$?
	sleep 0.3
	rm "$flag"
	wait "${loops[@]}"
	cat "$W/l1" "$W/l2"
	awk '{ if ($1 < 20 || $2 > 0) exit 1 }' "$W/l1" "$W/l2" || return 1
	return $status
}

# The same with connections that are kept, as many requests as go: 0 failures. (A reload of the web server closes kept
# connections, which is its right; so this is for upgrades of programs only.)
under_kept_load() {
	local status=0 pid
	wrk -t1 -c4 -d4s "http://127.0.0.1:$PORT/.well-known/jwks.json" >"$W/wrk" 2>&1 3>&- &
	pid=$!
	sleep 0.3
	"$@" >"$W/out2" 2>&1 || status=$?
	wait $pid
	cat "$W/wrk"
	grep -q 'requests in' "$W/wrk" && ! grep -qE 'Non-2xx|Socket errors' "$W/wrk" || return 1
	return $status
}

upgrade() { TREE=$W/tree deploy --root "$R" "$@"; }

@test "a new build takes over without losing a request" {
	local before after i
	copy_tree "$W/tree"
	before=$(cat "$R/pid/token.pid")
	for i in 1 2; do
		for p in token health schema-webhook; do printf '%s' "$i" >>"$W/tree/build/$p"; done
		under_load upgrade --workers "$i"
		cmp "$W/tree/build/token" "$R/bin/token"
	done
	printf 3 >>"$W/tree/build/token"
	under_kept_load upgrade
	cmp "$W/tree/build/token" "$R/bin/token"
	after=$(cat "$R/pid/token.pid")
	[ "$before" != "$after" ]
	[ ! -d "/proc/$before" ]
	# New routes, or what stands for them, reload the web server, which loses nothing either.
	sed -i 's/max-age=3600/max-age=3601/' "$W/tree/conf/nginx/server.in"
	under_load upgrade
	curl -qs -D - -o /dev/null "http://127.0.0.1:$PORT/static/error.css" | grep -q 'max-age=3601'
	run deploy status --root "$R"
	assert_success
	assert_line --regexp '^schema-webhook +[0-9]+ +2 +up$'
	assert_line --regexp '^token +[0-9]+ +2 +up$'
}

@test "a new build that does not start is refused, and the former one goes on without a gap" {
	local before
	before=$(cat "$R"/pid/*.pid)
	cp -p "$W/tree/build/token" "$W/token"
	printf '#!/bin/sh\nexit 1\n' >"$W/tree/build/token"
	run under_load upgrade
	assert_failure 1
	run cat "$W/l1" "$W/out2"
	assert_output --partial 'the former one is back'
	assert_output --partial 'token does not answer'
	[ "$(cat "$R"/pid/*.pid)" = "$before" ]
	cmp "$W/token" "$R/bin/token"
	cp -p "$W/token" "$W/tree/build/token"
	deploy status --root "$R"
}

@test "a new build that does not work behind the web server is taken back" {
	cp -p "$W/tree/conf/deploy/files.sh" "$W/files.sh"
	sed -i 's|unix:@SOCK@/|unix:nowhere/|' "$W/tree/conf/deploy/files.sh"
	printf x >>"$W/tree/build/token"
	TREE=$W/tree refused 1 --root "$R"
	[[ $stderr == *"former one is back"* ]]
	cmp "$W/token" "$R/bin/token"
	deploy status --root "$R"
	cp -p "$W/files.sh" "$W/tree/conf/deploy/files.sh"
}

@test "behind lighttpd, too, a new build and a new configuration lose no request" {
	local other=$W/light port
	port=$(free_port)
	TREE=$W/tree deploy --root "$other" --web lighttpd --port "$port" >/dev/null
	printf x >>"$W/tree/build/token"
	sed -i 's/plus 1 hours/plus 2 hours/' "$W/tree/conf/lighttpd/server.in"
	TREE=$W/tree PORT=$port under_load deploy --root "$other"
	cmp "$W/tree/build/token" "$other/bin/token"
	curl -qs -D - -o /dev/null "http://127.0.0.1:$port/static/error.css" | grep -q 'max-age=7200'
	deploy stop --root "$other"
	gone "$other"
}

@test "an upgrade that broke off in the middle is finished by the next run" {
	local before
	before=$(cat "$R/pid/token.pid")
	printf x >>"$W/tree/build/token"
	cp "$W/tree/build/token" "$R/bin/token.new"
	mv "$R/bin/token.new" "$R/bin/token"	# new on disk, the old one running
	upgrade >/dev/null
	[ "$(cat "$R/pid/token.pid")" != "$before" ]
	deploy status --root "$R"
}

@test "the port of a live instance can be changed" {
	local old=$PORT new
	new=$(free_port)
	upgrade --port "$new" >/dev/null
	[ "$(curl -qs "http://127.0.0.1:$new/.well-known/oauth-authorization-server" | jq -r .issuer)" = "http://127.0.0.1:$new" ]
	run ! curl -qs -m 2 "http://127.0.0.1:$old/health"
	upgrade --port "$old" >/dev/null
	deploy status --root "$R"
}

@test "what does not build is refused, and what runs goes on" {
	echo 'int main(void) { return nothing; }' >"$W/tree/cgi-bin/health.c"
	TREE=$W/tree refused 1 --root "$R"
	[[ $stderr == *"does not build"* ]]
	deploy status --root "$R"
}

# --- accidents ---

@test "the courier runs once, comes back when it is killed, and is another one after an upgrade" {
	local supervisor child ready
	deploy --root "$R" >/dev/null	# tests before may have left another build there
	run deploy status --root "$R"
	assert_success
	assert_line --regexp '^courier +[0-9]+ +1  up'
	supervisor=$(cat "$R/pid/courier.pid")
	child=$(cat "/proc/$supervisor/task/$supervisor/children")
	ready=$(grep -c courier_ready "$R/log/courier.log")
	kill -9 $child
	until_is $((ready + 1)) grep -c courier_ready "$R/log/courier.log"
	deploy --root "$R" >/dev/null
	assert_equal "$(cat "$R/pid/courier.pid")" "$supervisor"
	jq '.limits.devices_per_user = 499' "$R/gatehouse.json" >"$W/other.json"
	mv "$W/other.json" "$R/gatehouse.json"
	deploy --root "$R" >/dev/null
	[ "$(cat "$R/pid/courier.pid")" != "$supervisor" ]
	[ ! "/proc/$supervisor/cwd" -ef "$R" ]
	run deploy status --root "$R"
	assert_success
}

@test "killed supervisors and masters: status says so, the next run mends it and leaves no stray" {
	local killed
	killed=$(cat "$R/pid/token.pid" "$R/pid/web.pid" | xargs)
	kill -9 $killed
	until_gone $killed
	run deploy status --root "$R"
	assert_failure 1
	assert_line --regexp '^token +- +- +down'
	assert_line --regexp '^nginx +- +- +down'
	deploy --root "$R" >/dev/null
	run deploy status --root "$R"
	assert_success
	# Every process is one that a pid file names, or a child of one.
	for pid in $(pids "$R"); do
		[[ $(cat /proc/$pid/comm) == sed ]] || grep -qx -e "$pid" -e "$(awk '{ print $4 }' "/proc/$pid/stat")" "$R"/pid/*.pid
	done
}

@test "a pid file that names somebody else's process does not hurt it" {
	sleep 60 >/dev/null 2>&1 3>&- &
	local innocent=$!
	echo $innocent >"$R/pid/token.pid"
	run deploy status --root "$R"
	assert_failure 1
	deploy stop --root "$R"
	kill -0 $innocent
	kill $innocent
	gone "$R"
}

@test "restart brings back what was there: the tokens that were given out, too" {
	local token
	token=$("$R/gatehouse" token issue --user demo --client smartthings | jq -r .access_token)
	deploy --root "$R" >/dev/null
	deploy restart --root "$R" >/dev/null
	deploy status --root "$R"
	run curl -qs "http://127.0.0.1:$PORT/schema" -H 'Content-Type: application/json' -d \
		'{"headers":{"schema":"st-schema","version":"1.0","requestId":"1","interactionType":"discoveryRequest"},"authentication":{"tokenType":"Bearer","token":"'"$token"'"}}'
	assert_output --partial kitchen-dimmer
	run deploy logs --root "$R"
	assert_success
	assert_output --partial access.log
	refute_output --partial "$token"
}

@test "a public URL moves the issuer, the demo's files and the simulator's redirect" {
	deploy --root "$R" --public-url https://home.example/ >/dev/null
	# the demo's own other household goes along
	[ "$(jq -r .redirectUris "$R/apps/household.json")" = https://home.example ]
	[ "$(curl -qs "http://127.0.0.1:$PORT/.well-known/oauth-authorization-server" | jq -r .issuer)" = https://home.example ]
	[ "$(value "$R" REDIRECT_URI)" = https://home.example/sim/callback ]
	run "$R/gatehouse" client show smartthings
	assert_output --partial https://home.example/sim/callback
	assert_output --partial https://c2c-us.smartthings.com/oauth/callback
	deploy stop --root "$R"
}
