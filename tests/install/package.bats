#!/usr/bin/env bats
# The package of make deb, on a Debian 12 of its own: installed, upgraded, upgraded to one that does not work, removed, purged.

load machine

setup_file() {
	bats_require_minimum_version 1.5.0
	W=$(mktemp -d /tmp/gatehouse-package.XXXXXX) BASE=${INSTALL_BASE:-$TOP/build/install/base} WEB=deb
	export W BASE WEB
	mkdir -p "${BASE%/*}"
	machine_base "$BASE"
	"$TOP/conf/debian/build" >"$W/made" 2>"$W/made.log" || { cat "$W/made.log"; return 1; }
	DEB=$TOP/$(tail -n 1 "$W/made")
	export DEB
	machine_boot deb
	cp "$TOP/tests/install/inside.sh" "$W/deb/root/root/"
	on deb /root/inside.sh authority
	on deb /root/inside.sh certificate site 90
}

teardown_file() {
	machine_end deb
	rm -rf "$W"
}

setup() {
	load /usr/lib/bats/bats-support/load
	load /usr/lib/bats/bats-assert/load
}

it() { on deb "$@"; }
well() {
	run it env GATEHOUSE_CLOCK_SOURCE= gatehouse-deploy doctor
	assert_success
}
none_lost() { [ "$(grep -c '^load [1-9][0-9]* 0$' <<<"$output")" = 3 ] || { echo "lost: $output"; return 1; }; }

# newer VERSION COMMAND: the package as that version, after a command in its tree; in the machine as /root/VERSION.deb.
newer() {
	rm -rf "$W/tree"
	dpkg-deb -R "$DEB" "$W/tree"
	sed -i "s/^Version: .*/Version: $1/" "$W/tree/DEBIAN/control"
	(cd "$W/tree/usr/lib/gatehouse" && eval "$2")
	rm "$W/tree/DEBIAN/md5sums"
	dpkg-deb --root-owner-group -Zgzip -b "$W/tree" "$W/deb/root/root/$1.deb" >/dev/null
}

@test "lintian finds no error and no warning" {
	command -v lintian >/dev/null || skip 'lintian is not here'
	run --separate-stderr lintian --no-cfg --allow-root "$DEB"
	assert_success
	assert_output ''
}

@test "the package knows what it needs, holds no simulator, and gives nothing away" {
	run dpkg-deb -f "$DEB" Depends
	assert_output --partial 'libfcgi0ldbl'
	assert_output --partial 'nginx | lighttpd'
	run dpkg-deb -c "$DEB"
	refute_line --partial simulator.c
	refute_line --regexp '/usr/lib/gatehouse/simulator$'
	refute_line --regexp '^-....w|^-.......w'
	assert_line --partial '/usr/share/man/man1/gatehouse.1.gz'
}

@test "installed, it waits for a domain; with one it serves" {
	cp "$DEB" "$W/deb/root/root/first.deb"
	run it dpkg -i /root/first.deb
	assert_success
	assert_line --partial 'gatehouse-deploy install --domain'
	run it gatehouse-deploy install --domain "$DOMAIN" --cert /root/w/site.crt --key /root/w/site.key
	assert_success
	well
	on deb /root/inside.sh road >"$W/token"
}

@test "a newer package under load: no request is lost" {
	newer 0.99.1 'for p in token health console authorize; do printf x >>$p; done'
	run it /root/inside.sh under_load dpkg -i /root/0.99.1.deb
	assert_success
	none_lost
	well
	run it /root/inside.sh discover "$(cat "$W/token")"
	assert_output '["hall-switch","kitchen-dimmer"]'
}

@test "a newer package that does not work: the former programs are back, no request is lost, and apt is told" {
	newer 0.99.2 'printf "#!/bin/sh\n[ -S /proc/self/fd/0 ] && exit 1\nprintf \"Status: 404 Not Found\\r\\n\\r\\n\"\n" >token'
	it cp /usr/lib/gatehouse/token /root/w/token
	run it /root/inside.sh under_load dpkg -i /root/0.99.2.deb
	assert_failure
	assert_line --partial 'the former one is back'
	none_lost
	it cmp /root/w/token /usr/lib/gatehouse/token
	run it /root/inside.sh discover "$(cat "$W/token")"
	assert_output '["hall-switch","kitchen-dimmer"]'
	newer 0.99.3 true
	run it dpkg -i /root/0.99.3.deb
	assert_success
	well
}

@test "removed, it leaves config and data; purged, nothing" {
	it dpkg -r gatehouse
	it test -s /var/lib/gatehouse/secret/server.key
	it test -s /etc/gatehouse/gatehouse.json
	run it curl -qsk -m 5 -o /dev/null "https://$DOMAIN/health"
	assert_failure
	it dpkg -i /root/0.99.3.deb
	run it gatehouse-deploy install --domain "$DOMAIN" --cert /root/w/site.crt --key /root/w/site.key
	assert_success
	run it /root/inside.sh discover "$(cat "$W/token")"
	assert_output '["hall-switch","kitchen-dimmer"]'
	# With its records in PostgreSQL: what it made there goes, too.
	run it gatehouse-deploy install --engine postgresql
	assert_success
	well
	run it /root/inside.sh discover "$(cat "$W/token")"
	assert_output '["hall-switch","kitchen-dimmer"]'
	it dpkg -P gatehouse
	run it runuser -u postgres -- psql -qAtX -c "select count(*) from pg_database where datname = 'gatehouse'" -c "select count(*) from pg_roles where rolname = 'gatehouse'"
	assert_output $'0\n0'
	run it sh -c '/root/inside.sh traces | grep -v ^/var/lib/dpkg/'
	assert_output ''
}
