# packages.sh: what of conf/packages/* is not installed, and installing it. Read by deploy.sh and tests/prepare.
# shellcheck shell=bash disable=SC2016

# packages_missing LIST...: prints the names in these files that dpkg does not know as installed.
packages_missing() {
	local wanted
	wanted=$(sed 's/#.*//; s/[[:space:]]*$//; /^$/d' "$@" | sort -u)
	# dpkg-query fails if there is one that it never heard of: what it prints is what counts.
	comm -23 <(echo "$wanted") <(xargs dpkg-query -W -f='${Status} ${Package}\n' <<<"$wanted" 2>/dev/null |
	    sed -n 's/^install ok installed //p' | sort)
}

# packages_install NAME...: by apt-get, as root or with sudo; what it says goes to stderr.
# Debian starts a web server as soon as it is installed, on port 80: while policy-rc.d is there, it does not. Its mosquitto would start at
# the next boot, beside our own; whoever has a configuration of theirs there keeps it.
packages_install() {
	local as_root=()
	if [ "$(id -u)" != 0 ]; then as_root=(sudo); fi
	"${as_root[@]}" sh -euc '
		policy=/usr/sbin/policy-rc.d
		if [ ! -e $policy ]; then
			trap "rm -f $policy" EXIT
			trap "exit 130" INT TERM HUP
			printf "#!/bin/sh\nexit 101\n" >$policy
			chmod 755 $policy
		fi
		theirs=$(ls /etc/mosquitto/conf.d/*.conf 2>/dev/null || true)
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -qq
		apt-get install -y -qq --no-install-recommends "$@"
		case " $* " in
		*" mosquitto "*) [ -n "$theirs" ] || ! command -v systemctl >/dev/null || systemctl --quiet disable mosquitto || true ;;
		esac' sh "$@" >&2 </dev/null
}
