#!/usr/bin/env bats
# What an installed Gatehouse may have beside it, on a Debian 12 of its own: a broker for node servers, and its records in PostgreSQL, from
# files there and back.

load machine
load story

setup_file() {
	bats_require_minimum_version 1.5.0
	W=$(mktemp -d /tmp/gatehouse-beside.XXXXXX) BASE=${INSTALL_BASE:-$TOP/build/install/base} WEB=nginx
	export W BASE WEB
	mkdir -p "${BASE%/*}"
	machine_base "$BASE"
	machine_boot nginx
	cp "$TOP/tests/install/inside.sh" "$W/nginx/root/root/"
	git clone -q --no-hardlinks "$TOP" "$W/nginx/root/root/gatehouse"
	[ -z "${INSTALL_BUILD:-}" ] || built "$INSTALL_BUILD"
	on nginx /root/inside.sh authority
	on nginx /root/inside.sh certificate site 90
}

teardown_file() {
	machine_end nginx
	rm -rf "$W"
}

# postgres DATABASE COMMAND...: as the server's superuser.
postgres() { it runuser -u postgres -- psql -qAtX -d "$1" "${@:2}"; }

# opens: the token of the first test opens the devices that it was given.
opens() {
	run road discover "$(cat "$W/token")"
	assert_output '["hall-switch","kitchen-dimmer"]'
}

# exposed UNIT...: 1.5 at most.
exposed() {
	local unit
	for unit; do
		run it systemd-analyze security --no-pager "$unit"
		assert_line --regexp 'exposure level for .*: (0\.[0-9]|1\.[0-5]) '
	done
}

show() { it systemctl show -P "$2" "$1"; }

# --- a broker for node servers ---

@test "install --with-mqtt: apt brings the broker, and it and its bridge run" {
	run install_again --domain "$DOMAIN" --cert /root/w/site.crt --key /root/w/site.key --with-mqtt=0.0.0.0:8883
	assert_success
	assert_line --partial 'installing mosquitto'
	well
	road road >"$W/token"
	it systemctl is-active gatehouse-broker gatehouse-polyglot-mqtt
	run it systemctl is-enabled mosquitto	# Debian's own would be a second one
	assert_failure
	exposed gatehouse-broker gatehouse-polyglot-mqtt
	run it systemctl --failed --no-legend
	assert_output ''
}

# say MESSAGE: the node server of the test says it.
say() {
	it mosquitto_pub -h "$DOMAIN" -p 8883 --cafile /root/w/ns/AmazonRootCA1.pem --cert /root/w/ns/iot.crt --key /root/w/ns/private.key \
		-q 1 -t "$(cat "$W/stage")/ns" -m "$1"
}
# kept N: what it keeps with us (which is sealed) has been changed N times.
kept() { it gatehouse store dump | grep -q "\"customDataVersion\":$1,"; }

@test "a node server speaks to it, as the PGURL says, and without a certificate nobody does" {
	it sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends mosquitto-clients' >&2
	it gatehouse nodeserver add Workshop --user kim --json | jq -r .pgurl >"$W/pgurl"
	it curl -qsS "$(cat "$W/pgurl")" >"$W/start.json"
	jq -r .stage "$W/start.json" >"$W/stage"
	it gatehouse nodeserver list --user kim >&2
	it mkdir -p /root/w/ns
	jq -r .iotPrivateKey "$W/start.json" >"$W/nginx/root/root/w/ns/private.key"
	jq -r .iotCert "$W/start.json" >"$W/nginx/root/root/w/ns/iot.crt"
	jq -r .iotCA "$W/start.json" >"$W/nginx/root/root/w/ns/AmazonRootCA1.pem"
	say '{"customdata":{"first":1}}'
	until_true kept 1
	run it mosquitto_pub -h "$DOMAIN" -p 8883 --cafile /root/w/ns/AmazonRootCA1.pem -q 1 -t "$(cat "$W/stage")/ns" -m '{"customdata":{"forged":1}}'
	assert_failure
	# Killed, and after a restart of the machine.
	it sh -c 'kill -KILL $(systemctl show -P MainPID gatehouse-broker) $(systemctl show -P MainPID gatehouse-polyglot-mqtt)'
	until_true doctor
	say '{"customdata":{"second":2}}'
	until_true kept 2
	machine_again nginx
	until_true get /health
	until_true say '{"customdata":{"third":3}}'
	until_true kept 3
	it systemctl stop gatehouse-broker
	mended broker 'nobody listens'
}

@test "--with-mqtt=off takes it away again" {
	run install_again --with-mqtt=off
	assert_success
	run it systemctl is-active gatehouse-broker gatehouse-polyglot-mqtt
	assert_failure
	run it ss -Hltn 'sport = :8883'
	assert_output ''
	well
}

# --- PostgreSQL ---

@test "install --engine postgresql: Debian's server is installed, and the records go along" {
	run install_again --engine postgresql
	assert_success
	assert_line --partial 'installing postgresql'
	assert_line --partial 'move      from gdbm to postgresql'
	assert_line --regexp 'move .* records'
	opens
	well
	run postgres gatehouse -c "select count(*) > 20 from record" -c "select pg_encoding_to_char(encoding) from pg_database where datname = 'gatehouse'"
	assert_output $'t\nUTF8'
	# Nobody has a password, and nobody but gatehouse is let in.
	run postgres postgres -c "select rolpassword is null from pg_authid where rolname = 'gatehouse'"
	assert_output t
	run it runuser -u www-data -- psql -qAtX -U gatehouse gatehouse -c 'select 1'
	assert_failure
	run it stat -c %U:%G:%a /etc/gatehouse/database
	assert_output root:gatehouse:640
	# It is reached by its socket: no program has more network than before.
	exposed gatehouse@token gatehouse@console gatehouse-courier
	[ "$(show gatehouse@token PrivateNetwork)" = yes ]
	[ "$(show gatehouse@token RestrictAddressFamilies)" = AF_UNIX ]
	it systemctl show -P After gatehouse@token gatehouse-courier | grep -c postgresql.service | grep -qx 2
}

@test "after a reboot all is there again; an install without anything new starts nothing" {
	local before
	machine_again nginx
	until_true get /health
	opens
	well
	install_again	# what is in force is known from one start of the machine to the next
	before=$(show gatehouse@token MainPID)
	run install_again
	assert_success
	assert_line --partial 'all are up to date'
	[ "$(show gatehouse@token MainPID)" = "$before" ]
}

@test "doctor: what is wrong with the database, and the command that mends it" {
	it systemctl stop postgresql@15-main
	mended database 'PostgreSQL 15 is down'
	opens
	postgres postgres -c 'alter role gatehouse nologin'
	mended database 'may not sign in'
	it sh -c "sed -i '1i local gatehouse gatehouse reject' /etc/postgresql/15/main/pg_hba.conf && systemctl reload postgresql"
	until_true eval '! it setpriv --reuid=gatehouse --clear-groups psql -qAtX -d gatehouse -c "select 1"'
	mended database 'does not know the user gatehouse'
	postgres gatehouse -c 'update store set format = 7'
	ill database 'another version'
	postgres gatehouse -c 'update store set format = 1'
	it sh -c 'echo nonsense >/etc/gatehouse/database'
	mended database 'its first line must be'
	it chmod 644 /etc/gatehouse/database
	it systemctl restart gatehouse@token
	mended rights 'database'
}

@test "an upgrade under load keeps it; a backup is made, and brings back what was there" {
	local saved
	it sh -c 'for p in /root/gatehouse/build/*; do [ -d $p ] || [ ! -x $p ] || printf x >>$p; done'
	run road under_load /root/gatehouse/deploy.sh install
	assert_success
	none_lost
	well
	it systemctl start gatehouse-backup gatehouse-compact
	saved=$(it sh -c 'ls -d /var/backups/gatehouse/2*' | tail -n 1)
	it gatehouse device rename hall-switch 'Other name' --user kim
	# As docs/install.md has it.
	it sh -ec "systemctl stop gatehouse.target
		runuser -u postgres -- psql -q -c 'alter database gatehouse rename to gatehouse_bad' \
			-c \"create database gatehouse owner gatehouse template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'\"
		mkdir /root/back && cp -a $saved/store /root/back/ && echo '{\"public_url\":\"https://$DOMAIN\"}' >/root/back/gatehouse.json
		gatehouse --root /root/back store dump /var/backups/gatehouse/back.dump
		chown gatehouse /var/backups/gatehouse/back.dump && gatehouse store load /var/backups/gatehouse/back.dump
		systemctl start gatehouse.target"
	run it gatehouse device show hall-switch --user kim --json
	assert_output --partial 'Hall light'
	opens
	well
	# The database is another one now, which install did not make.
	postgres postgres -c 'drop database gatehouse_bad' -c "comment on database gatehouse is 'made by deploy.sh install'"
}

@test "uninstall keeps the database, and a later install finds it" {
	it gatehouse-deploy uninstall
	run it sh -c 'ls -d /etc/systemd/system/gatehouse*'
	assert_failure
	[ "$(postgres gatehouse -c 'select count(*) > 20 from record')" = t ]
	run install_again
	assert_success
	refute_line --partial move
	opens
	well
}

@test "back to files, with what was done since" {
	it gatehouse device rename kitchen-dimmer 'Since then' --user kim
	run install_again --engine gdbm
	assert_success
	assert_line --partial 'move      from postgresql to gdbm'
	opens
	well
	run it gatehouse device show kitchen-dimmer --user kim --json
	assert_output --partial 'Since then'
	it test ! -e /etc/gatehouse/database
	run it jq -c .store /etc/gatehouse/gatehouse.json
	refute_output --partial url
	it systemctl is-active gatehouse@token gatehouse-courier
	# What stopped the database stops nobody now.
	it systemctl stop postgresql@15-main
	get /health
	it systemctl start postgresql@15-main
}

@test "a database that holds records takes no others: all stays as it was" {
	run install_again --engine postgresql
	assert_failure 1
	assert_line --partial 'all is as it was'
	assert_line --partial 'holds records already'
	it test ! -e /etc/gatehouse/database
	opens
	well
	run it jq -r .store.engine /etc/gatehouse/gatehouse.json
	assert_output gdbm
}

@test "install --database-url: by TCP, with a password that stands in one file alone" {
	local url='postgresql://far:Pa55word-of-far@127.0.0.1:5432/far' unit
	printf '%s\n' "create role far login password 'Pa55word-of-far';" 'create database far owner far;' | it runuser -u postgres -- psql -qX
	echo "$url" >"$W/nginx/root/root/w/url"
	run install_again --database-url "mysql://x/y"
	assert_failure 2
	echo 'postgresql://far:Pa55word-of-far@nowhere.invalid/far' >"$W/nginx/root/root/w/nowhere"
	run install_again --database-url /root/w/nowhere
	assert_failure 1
	assert_line --partial 'nowhere.invalid is unknown'
	run install_again --database-url /root/w/url
	assert_success
	opens
	well
	for unit in gatehouse@token gatehouse@authorize gatehouse@health gatehouse-backup gatehouse-compact; do
		exposed "$unit"
		[ "$(show "$unit" PrivateNetwork)" = no ]
		[ "$(show "$unit" IPAddressAllow)" = 127.0.0.1/32 ]
		[ "$(show "$unit" IPAddressDeny | tr ' ' '\n' | sort | xargs)" = '0.0.0.0/0 ::/0' ]
	done
	it systemctl start gatehouse-backup
	run it grep -rlF Pa55word-of-far /etc /var/log /var/lib/gatehouse /usr/lib/gatehouse /run/gatehouse
	assert_output /etc/gatehouse/database
	run it sh -c 'journalctl --sync; journalctl -o cat | grep -c Pa55word'
	assert_output 0
	run it gatehouse config show
	refute_output --partial Pa55word
	# Its host has moved: the programs without network would not be let through to it.
	it sed -i 's/^IPAddressAllow=.*/IPAddressAllow=192.0.2.9/' /etc/systemd/system/gatehouse@token.service.d/remote.conf
	mended database 'another address'
}

@test "uninstall --purge drops what install made, and nothing else" {
	run it gatehouse-deploy uninstall --purge
	assert_success
	run postgres postgres -c "select datname from pg_database where datname in ('gatehouse', 'far') order by 1" \
		-c "select rolname from pg_roles where rolname in ('gatehouse', 'far') order by 1"
	assert_output $'far\nfar'
	run road traces
	assert_output ''
}
