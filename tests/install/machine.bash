# machine.bash: a Debian 12 of its own, booted with systemd in a container: a network of its own, where ports 80 and 443 are free, and
# nothing but what debootstrap and this repository's lists of packages bring.
# shellcheck disable=SC2034,SC2153
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$TOP/tests/wait.bash"
DOMAIN=home.example.org

# machine_base DIR: a root folder, made once: debootstrap, and the packages that deploy.sh install would fetch. Those of its options lie
# in /opt/packages, for apt-get there, which has no network: fetching and installing them is part of the test. (The image wants socat, too.)
machine_base() {
	local base=$1 packages
	[ ! -e "$base/.made" ] || return 0
	packages=$(sed 's/#.*//; s/[[:space:]]*$//; /^$/d' "$TOP/conf/packages/run" "$TOP/conf/packages/install" | grep -vx 'postgresql\|mosquitto' | paste -sd,)
	rm -rf "$base.new"
	mkdir -p "${INSTALL_CACHE:-$base.debs}"
	debootstrap --variant=minbase --cache-dir="$(realpath "${INSTALL_CACHE:-$base.debs}")" \
		--include="systemd,systemd-sysv,dbus,ca-certificates,git,procps,$packages" bookworm "$base.new" >"$base.log" 2>&1 || {
		tail -n 20 "$base.log"; return 1; }
	# Installed, but not yet started by anybody: as deploy.sh leaves them, which keeps Debian from starting what it installs.
	chroot "$base.new" systemctl disable nginx lighttpd >/dev/null 2>&1
	machine_packages "$base.new" postgresql mosquitto mosquitto-clients socat >>"$base.log" 2>&1 || { tail -n 20 "$base.log"; return 1; }
	echo "127.0.0.1 localhost $DOMAIN" >"$base.new/etc/hosts"
	: >"$base.new/etc/resolv.conf"
	touch "$base.new/.made"
	mv "$base.new" "$base"
}

# machine_packages ROOT NAME...: these, with what they need, as an archive of its own in ROOT/opt/packages; ROOT's apt-get knows it alone.
machine_packages() {
	local root=$1 archive=$1/opt/packages f
	mkdir -p "$archive"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	chroot "$root" sh -ec 'apt-get clean; apt-get update -qq; apt-get install -y -qq --no-install-recommends --download-only "$@"' sh "${@:2}" || return 1
	mv "$root"/var/cache/apt/archives/*.deb "$archive/"
	for f in "$archive"/*.deb; do
		dpkg-deb -f "$f"
		printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${f##*/}" "$(stat -c %s "$f")" "$(sha256sum <"$f" | cut -d' ' -f1)"
	done >"$archive/Packages"
	echo 'deb [trusted=yes] file:/opt/packages ./' >"$root/etc/apt/sources.list"
	rm -rf "$root"/var/lib/apt/lists/*
}

# machine_boot NAME: boots it, on a layer of its own over the base, and waits until all is up.
machine_boot() {
	local m=$W/$1
	mkdir -p "$m/up" "$m/work" "$m/root"
	mountpoint -q "$m/root" || mount -t overlay overlay -o "lowerdir=$BASE,upperdir=$m/up,workdir=$m/work" "$m/root"
	setsid systemd-nspawn -q -D "$m/root" --boot --register=no --keep-unit --private-network --machine="gatehouse-$1" \
		>"$m/console" 2>&1 </dev/null 3>&- 4>&- &
	echo $! >"$m/nspawn"
	machine_up "$1"
}

# machine_up NAME: waits for its systemd, and for what that starts.
machine_up() {
	PATIENCE=120 until_true machine_is_up "$1" || { tail -n 20 "$W/$1/console"; return 1; }
}
machine_is_up() {
	local init
	init=$(pgrep -P "$(cat "$W/$1/nspawn")" | head -n 1)
	[ -n "$init" ] || return 1
	echo "$init" >"$W/$1/init"
	[[ $(on "$1" systemctl is-system-running) == @(running|degraded) ]]
}

# on NAME COMMAND...: runs it there, as root.
on() {
	nsenter -t "$(cat "$W/$1/init")" -a env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "${@:2}" 3>&- 4>&-
}

# machine_again NAME: shuts it down, and boots it with the same disk. (A reboot of its own needs a /run of tmpfs around the container.)
machine_again() {
	local pid
	pid=$(cat "$W/$1/nspawn")
	on "$1" systemctl poweroff || true
	PATIENCE=60 until_gone "$pid"
	machine_boot "$1"
}

machine_end() {
	local m=$W/$1
	[ -e "$m/nspawn" ] || return 0
	kill -KILL "$(cat "$m/init")" 2>/dev/null || true
	until_gone "$(cat "$m/nspawn")" || true
	kill -KILL "$(cat "$m/nspawn")" 2>/dev/null || true
	umount "$m/root" || umount -l "$m/root"
	rm -rf "$m"
}
