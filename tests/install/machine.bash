# machine.bash: a Debian 12 of its own, booted with systemd in a container: a network of its own, where ports 80 and 443 are free, and
# nothing but what debootstrap and this repository's lists of packages bring.
# shellcheck disable=SC2034,SC2153
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
DOMAIN=home.example.org

# machine_base DIR: a root folder, made once: debootstrap, and the packages that deploy.sh install would fetch.
machine_base() {
	local base=$1 packages
	[ ! -e "$base/.made" ] || return 0
	packages=$(sed 's/#.*//; s/[[:space:]]*$//; /^$/d' "$TOP/conf/packages/run" "$TOP/conf/packages/install" | grep -vx postgresql | paste -sd,)
	rm -rf "$base.new"
	mkdir -p "${INSTALL_CACHE:-$base.debs}"
	debootstrap --variant=minbase --cache-dir="$(realpath "${INSTALL_CACHE:-$base.debs}")" \
		--include="systemd,systemd-sysv,dbus,ca-certificates,git,procps,$packages" bookworm "$base.new" >"$base.log" 2>&1 || {
		tail -n 20 "$base.log"; return 1; }
	# Installed, but not yet started by anybody: as deploy.sh leaves them, which keeps Debian from starting what it installs.
	chroot "$base.new" systemctl disable nginx lighttpd mosquitto >/dev/null 2>&1
	echo "127.0.0.1 localhost $DOMAIN" >"$base.new/etc/hosts"
	: >"$base.new/etc/resolv.conf"
	touch "$base.new/.made"
	mv "$base.new" "$base"
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
	local m=$W/$1 tries init
	for ((tries = 0; tries < 600; tries++)); do
		init=$(pgrep -P "$(cat "$m/nspawn")" | head -n 1)
		if [ -n "$init" ]; then
			echo "$init" >"$m/init"
			case $(on "$1" systemctl is-system-running 2>/dev/null) in running | degraded) return 0 ;; esac
		fi
		sleep 0.1
	done
	tail -n 20 "$m/console"
	return 1
}

# on NAME COMMAND...: runs it there, as root.
on() {
	nsenter -t "$(cat "$W/$1/init")" -a env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "${@:2}" 3>&- 4>&-
}

# machine_again NAME: shuts it down, and boots it with the same disk. (A reboot of its own needs a /run of tmpfs around the container.)
machine_again() {
	local pid tries
	pid=$(cat "$W/$1/nspawn")
	on "$1" systemctl poweroff || true
	for ((tries = 0; tries < 600; tries++)); do
		[ -d "/proc/$pid" ] || break
		sleep 0.1
	done
	machine_boot "$1"
}

machine_end() {
	local m=$W/$1 tries
	[ -e "$m/nspawn" ] || return 0
	kill -KILL "$(cat "$m/init")" 2>/dev/null || true
	for ((tries = 0; tries < 100; tries++)); do
		[ -d "/proc/$(cat "$m/nspawn")" ] || break
		sleep 0.1
	done
	kill -KILL "$(cat "$m/nspawn")" 2>/dev/null || true
	umount "$m/root" || umount -l "$m/root"
	rm -rf "$m"
}
