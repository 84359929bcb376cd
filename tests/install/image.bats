#!/usr/bin/env bats
# The image of conf/docker/Dockerfile: built by buildah, which needs no daemon, on a Debian of debootstrap in the registry's place; started,
# stopped and started again.

load machine

setup_file() {
	bats_require_minimum_version 1.5.0
	W=$(mktemp -d /tmp/gatehouse-image.XXXXXX) BASE=${INSTALL_BASE:-$TOP/build/install/base}
	export W BASE CONTAINERS_STORAGE_CONF=$W/storage.conf
	mkdir -p "${BASE%/*}"
	machine_base "$BASE"
	printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/images"\nrunroot = "%s/containers"\n' "$W" "$W" >"$W/storage.conf"
	git clone -q "$TOP" "$W/src"
	mkdir "$W/src/build"
	touch "$W/src/build/of-another-system"
	local c
	c=$(buildah from scratch)
	tar -C "$BASE" -cf - . | tar -C "$(buildah mount "$c")" -xf -
	buildah commit -q --rm "$c" docker.io/library/debian:12-slim >/dev/null
	(cd "$W/src" && buildah bud --pull-never --isolation chroot -t gatehouse -f conf/docker/Dockerfile .) >"$W/build.log" 2>&1 ||
		{ tail -n 30 "$W/build.log"; return 1; }
	buildah from --name it gatehouse >/dev/null
}

teardown_file() {
	stop || true
	buildah rm -a >/dev/null || true
	rm -rf "$W"
}

setup() {
	load /usr/lib/bats/bats-support/load
	load /usr/lib/bats/bats-assert/load
}

# start: the container in a network of its own, as far as it answers.
start() {
	setsid unshare --net sh -c 'ip link set lo up; exec buildah run --isolation chroot --user gatehouse it -- /src/conf/docker/start' \
		>"$W/out" 2>&1 </dev/null 3>&- 4>&- &
	echo $! >"$W/pid"
	PATIENCE=60 until_is 200 ask -o /dev/null -w '%{http_code}' http://127.0.0.1:8081/health || { cat "$W/out"; return 1; }
}

ask() { nsenter -t "$(cat "$W/pid")" -n curl -qs -m 10 "$@"; }

# inside COMMAND: in the container that runs, as its user.
inside() { nsenter -t "$(first)" -m -r su -s /bin/sh gatehouse -c "$1"; }
first() { pgrep -s "$(cat "$W/pid")" -f '^/bin/sh /src/conf/docker/start$'; }

# stop: as a container is told to, and until nothing is left of it.
stop() {
	[ -e "$W/pid" ] || return 0
	local group
	group=$(cat "$W/pid")
	kill -TERM "$(first)" || true
	PATIENCE=60 until_is '' pgrep -s "$group" || { pkill -KILL -s "$group"; return 1; }
	rm "$W/pid"
}

@test "the image holds what was cloned, and nothing that was built elsewhere" {
	local root
	root=$(buildah mount it)
	[ -x "$root/src/build/authorize" ]
	[ ! -e "$root/src/build/of-another-system" ]
	[ ! -e "$root/src/.git" ]
	[ ! -e "$root/src/tests" ]
}

@test "it starts, answers on the port that is published, runs without root, and ends well" {
	start
	run ask http://127.0.0.1:8081/health
	assert_output --partial '"status":"ok"'
	run ask -o /dev/null -w '%{http_code}' http://127.0.0.1:8081/login
	assert_output 200
	run pgrep -s "$(cat "$W/pid")" -U 0 -f /data/run
	assert_output ''
	inside '/data/run/gatehouse user add somebody' >/dev/null
	stop
	grep -q '^Stopped' "$W/out"
	run grep -i 'exit status' "$W/out"
	assert_output ''
}

@test "started again it has its data" {
	start
	run inside '/data/run/gatehouse user list'
	assert_output --partial somebody
}
