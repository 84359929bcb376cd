# instance.bash: instances made by deploy.sh on free ports, for tests that want the real thing.
# shellcheck disable=SC2034,SC2153 # SERVERS is a test file's; URL and SERVER are for it
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$TOP/tests/wait.bash"

# A port that nobody listens on.
free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

# deploy ARGS...: the script of $TREE (the one under test, unless a test has a copy of the whole tree). With GATEHOUSE_ENGINE, instances
# are made on that engine, where a test does not name one itself; the server's user must be able to get to their folder.
deploy() {
	local engine=() root
	if [ -n "${GATEHOUSE_ENGINE-}" ] && [[ " $* " != *' --'@(engine|join|database-url|dry-run)[\ =]* && " $* " =~ ' --root '([^ ]+)' ' ]]; then
		root=${BASH_REMATCH[1]}
		[[ " $* " == *' '@(stop|status|restart|logs)' '* ]] || [ -f "$root/deploy.env" ] || engine=(--engine "$GATEHOUSE_ENGINE")
		for ((; ${#root} > 1; )); do
			root=$(dirname "$root")
			[[ $root == "${TMPDIR:-/tmp}"/* ]] || break
			chmod o+x "$root" 2>/dev/null || true
		done
	fi
	timeout 120 "${TREE:-$TOP}/deploy.sh" "$@" "${engine[@]}"
}

# pids ROOT: every process that works in this folder, by what the system says.
pids() {
	local p
	for p in /proc/[0-9]*; do
		[ "$p/cwd" -ef "$1" ] && echo "${p#/proc/}"
	done
	return 0
}

# gone ROOT: nothing works there any more, or soon will.
gone() { until_is '' pids "$1"; }

# copy_tree TO: the sources with what is built of them, so that a test can change either.
copy_tree() {
	mkdir "$1"
	tar -C "$TOP" --exclude=.git --exclude=./run --exclude=node_modules --exclude=./build/san --exclude=./build/cov \
		--exclude=./build/fuzz --exclude=./build/.lock -cf - . | tar -C "$1" -xf -
}

# load URL FILE: ask for it again and again, each time on a new connection, until FILE goes; prints "asked failed".
load_loop() {
	local asked=0 failed=0
	while [ -e "$2" ]; do
		asked=$((asked + 1))
		[ "$(curl -qs -m 10 -o /dev/null -w '%{http_code}' "$1")" = 200 ] || failed=$((failed + 1))
	done
	echo "$asked $failed"
}

# begin_servers PREFIX [ARGS...]: an instance behind each of $SERVERS, in $W, a new folder; end_servers stops them.
begin_servers() {
	local web
	W=$(mktemp -d "/tmp/gatehouse-$1.XXXXXX")
	export W
	shift
	for web in $SERVERS; do
		free_port >"$W/$web.port"
		deploy --root "$W/$web" --web "$web" --port "$(cat "$W/$web.port")" "$@" >"$W/$web.out" || { cat "$W/$web.out"; return 1; }
	done
}

end_servers() {
	local web
	for web in $SERVERS; do [ ! -d "$W/$web" ] || deploy stop --root "$W/$web" >/dev/null || true; done
	rm -rf "$W"
}

# use SERVER: the following requests go there.
use() { URL=http://127.0.0.1:$(cat "$W/$1.port") SERVER=$1; }
