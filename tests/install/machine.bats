#!/usr/bin/env bats
# deploy.sh install on a Debian 12 of its own, from the repository alone, behind nginx and behind lighttpd: make install-check. Root, a
# quarter of an hour. In each machine one story: install, use, faults, reboot, upgrades good and bad, backup, away with it.
# long because: each test goes on from the last, for both web servers.

load machine
load story

WEBS=${INSTALL_WEBS:-nginx lighttpd}

setup_file() {
	bats_require_minimum_version 1.5.0
	W=$(mktemp -d /tmp/gatehouse-machine.XXXXXX) BASE=${INSTALL_BASE:-$TOP/build/install/base}
	export W BASE
	[ "$(id -u)" = 0 ] || { echo 'only root can boot a machine'; return 1; }
	mkdir -p "${BASE%/*}"
	machine_base "$BASE"
	local web
	for web in $WEBS; do
		machine_boot "$web"
		cp "$TOP/tests/install/inside.sh" "$W/$web/root/root/inside.sh"
		# What is committed, and nothing else.
		git clone -q --no-hardlinks "$TOP" "$W/$web/root/root/gatehouse"
		on "$web" /root/inside.sh authority
		on "$web" /root/inside.sh certificate site 90
	done
}

teardown_file() {
	local web
	for web in $WEBS; do machine_end "$web"; done
	rm -rf "$W"
}

# each FUNCTION: on every machine, with WEB. (No "||" behind it: bash would let every failure in it pass.)
each() {
	for WEB in $WEBS; do
		echo "behind $WEB:"
		"$1"
	done
}

# --- the story ---

first_install() {
	# The second machine builds nothing anew: what was built of the same commit is the same to the bit.
	[ "$WEB" = "${WEBS%% *}" ] || built "$W/${WEBS%% *}/root/root/gatehouse/build"
	[ -z "${INSTALL_BUILD:-}" ] || built "$INSTALL_BUILD"
	run on "$WEB" /root/gatehouse/deploy.sh install --domain "$DOMAIN" --web "$WEB" --cert /root/w/site.crt --key /root/w/site.key
	assert_success
	assert_line --partial 'sudo gatehouse user add NAME'
	assert_line --partial 'schema registration'
	run get /health
	assert_output '{"status":"ok"}'
	well
	run it systemctl --failed --no-legend
	assert_output ''
}
@test "install: from the repository to a healthy server over TLS, and what to do next" { each first_install; }

rights() {
	local name
	run it sh -c 'stat -c "%U:%G:%a" /run/gatehouse/*.sock | sort -u'
	assert_output gatehouse:www-data:660
	run it sh -c 'ps -eo user:20,args | grep "[/]usr/lib/gatehouse/" | cut -d" " -f1 | sort -u'
	assert_output gatehouse
	run it sh -c 'for name in token schema-webhook console; do pgrep -c -P "$(systemctl show -P MainPID gatehouse@$name)"; done'
	assert_output $'2\n2\n2'
	run it setpriv --reuid=nobody --clear-groups sh -c 'ls /var/lib/gatehouse /etc/gatehouse /var/backups/gatehouse 2>/dev/null; cat /etc/gatehouse/gatehouse.json 2>/dev/null;
		curl -qs -m 5 --unix-socket /run/gatehouse/token.sock http://x/; gatehouse user list'
	assert_failure
	refute_line --partial public_url
	refute_line --partial server.key
	for name in token schema-webhook console; do
		run it systemd-analyze security --no-pager "gatehouse@$name"
		assert_line --regexp 'exposure level for .*: (0\.[0-9]|1\.[0-5]) '
	done
	run it jq -c '[.simulator, .insecure_loopback, .oauth.registration]' /etc/gatehouse/gatehouse.json
	assert_output '[false,false,false]'
}
@test "rights: nothing is readable, askable or writable for others" { each rights; }

use() {
	local token
	token=$(road road)
	echo "$token" >"$W/$WEB.token"
	run road discover "$token"
	assert_output '["hall-switch","kitchen-dimmer"]'
}
@test "OAuth by curl as SmartThings goes it, then discovery" { each use; }

# A process that waits for a node server has another one stand in for it: none of the unit's fences is in the way.
stands_in() {
	local added n token
	added=$(it gatehouse nodeserver add Silent --user kim --json)
	n=$(jq -r .slot <<<"$added")
	it curl -qsSf -o /dev/null "https://$DOMAIN/polyglot/ns/$(jq -r .worker <<<"$added")/messages" -H "Authorization: Bearer $(jq -r .token <<<"$added")" \
		-H 'Content-Type: application/json' -d '[{"connected":true},
			{"addnode":{"address":"controller","name":"C","nodedefid":"controller","primary":"controller","drivers":[]}},
			{"addnode":{"address":"lamp","name":"L","nodedefid":"VNODE_DIMMER","primary":"controller","drivers":[{"driver":"ST","value":"0","uom":51}]}}]'
	token=$(it gatehouse token issue --user kim --client smartthings | jq -r .access_token)
	run it curl -qsSf "https://$DOMAIN/schema" -H 'Content-Type: application/json' -d '{"headers":{"schema":"st-schema","version":"1.0","interactionType":"commandRequest",
		"requestId":"1"},"authentication":{"tokenType":"Bearer","token":"'"$token"'"},"devices":[{"externalDeviceId":"'"$(printf n%03d_lamp "$n")"'","commands":[
		{"component":"main","capability":"st.switch","command":"on","arguments":[]}]}]}'
	assert_output --partial '"deviceState"'
	it sh -c 'pgrep -x schema-webhook -P "$(pgrep -d, -x schema-webhook)"'
	it gatehouse nodeserver delete "$n" --user kim >/dev/null
}
@test "who waits has a stand-in" { each stands_in; }

killed() {
	local pid name
	for name in gatehouse@token gatehouse@schema-webhook gatehouse-courier; do
		# (What is killed may be gone by itself, once its supervisor is: the supervisor alone must have been there.)
		it sh -c "main=\$(systemctl show -P MainPID $name) && workers=\$(pgrep -P \$main || true) && kill -KILL \$main && { kill -KILL \$workers 2>/dev/null || true; }"
		run road discover "$(cat "$W/$WEB.token")"
		assert_output '["hall-switch","kitchen-dimmer"]'
	done
	# One worker alone: its supervisor starts another.
	it sh -c 'kill -KILL $(pgrep -u gatehouse -x health | head -n 1)'
	run get /health
	assert_output '{"status":"ok"}'
	until_true doctor
}
@test "kill -9 of workers, supervisors and the courier: they come back, and nobody notices" { each killed; }

secrets() {
	local log
	it sh -c 'journalctl --sync; journalctl -o cat >/root/w/journal; sleep 5; cp -R /var/log/nginx /var/log/lighttpd /root/w/ 2>/dev/null || true'
	it test -s "/root/w/$WEB/gatehouse.access.log"
	while read -r secret; do
		[ "${#secret}" -ge 16 ] || { echo "no secret: $secret"; return 1; }
		run it grep -rlF -- "$secret" /root/w/journal /root/w/nginx /root/w/lighttpd
		assert_output ''
	done < <(it cat /root/w/secrets)
	it grep -q '"GET /oauth/callback" ' "/root/w/$WEB/gatehouse.access.log"
}
@test "no code, token or password stands in a log" { each secrets; }

reboot() {
	machine_again "$WEB"
	until_true get /health
	run road discover "$(cat "$W/$WEB.token")"
	assert_output '["hall-switch","kitchen-dimmer"]'
	well
}
@test "after a reboot all is there again, by itself" { each reboot; }

faults() {
	it rm /run/gatehouse/token.sock
	mended sockets 'token.sock is missing'
	it chgrp root /run/gatehouse/console.sock
	mended sockets "$WEB may not ask"
	it chmod 666 /run/gatehouse/health.sock
	mended sockets 666
	it systemctl stop gatehouse@authorize.socket gatehouse@authorize.service
	mended sockets 'authorize.sock is missing'
	it systemctl stop gatehouse-courier
	mended courier 'courier does not run'
	it systemctl stop "$WEB"
	mended web "$WEB does not run"
	it chmod 755 /var/lib/gatehouse/secret
	mended rights 'secret'
	it chown -R root: /var/lib/gatehouse/store
	mended rights 'store'
	it chmod 600 /etc/gatehouse/gatehouse.json
	it chgrp root /etc/gatehouse/gatehouse.json
	mended rights 'cannot be read by the user gatehouse'
	if [ "$WEB" = nginx ]; then it rm /etc/nginx/sites-enabled/gatehouse; else it rm /etc/lighttpd/conf-enabled/90-gatehouse.conf; fi
	mended web 'does not know Gatehouse'
	# Somebody else has the port.
	it systemctl stop "$WEB"
	it systemd-run -q --unit=squatter openssl s_server -accept 443 -cert /root/w/site.crt -key /root/w/site.key -quiet
	mended ports '443 is taken by openssl'
	# A certificate that expires soon, then another that nobody was told of, then a key of something else.
	road certificate short 5
	it cp /root/w/site.crt /root/w/kept.crt
	it cp /root/w/site.key /root/w/kept.key
	it cp /root/w/short.crt /root/w/site.crt
	it cp /root/w/short.key /root/w/site.key
	it systemctl reload "$WEB"
	ill certificate 'expires on'
	it cp /root/w/kept.crt /root/w/NEW.crt
	it cp /root/w/kept.key /root/w/NEW.key
	it sh -c "cd /root/w && $mend"
	well
	road certificate other 60
	it cp /root/w/other.crt /root/w/NEW.crt
	it cp /root/w/other.key /root/w/NEW.key
	mended certificate 'shows another certificate'
	it cp /root/w/kept.key /root/w/NEW.key
	ill certificate 'not that of'
	it cp /root/w/other.key /root/w/NEW.key
	# A config that is wrong stops nobody who runs, but whoever starts.
	it sed -i 's/"code_ttl"/"code_tl"/' /etc/gatehouse/gatehouse.json
	ill config 'code_tl: no such key'
	[[ $mend == *sudoedit*gatehouse.json* ]]
	run install_again
	assert_failure 1
	it sed -i 's/"code_tl"/"code_ttl"/' /etc/gatehouse/gatehouse.json
	# The name leads nowhere.
	it cp /etc/hosts /root/w/hosts
	it sh -c 'echo 127.0.0.1 localhost >/etc/hosts'
	ill public 'not known to DNS'
	it cp /root/w/hosts /etc/hosts
	# No room.
	it mount -t tmpfs -o size=1m tmpfs /var/backups/gatehouse
	ill disk 'MB'
	it umount /var/backups/gatehouse
	well
}
@test "doctor: each fault is named, and the command that it names mends it" { each faults; }

renewed() {
	# The same files with new content: at the second time the web server has been reloaded already, and is root no more.
	local time
	for time in first second; do
		road certificate renewed 80
		it sh -c 'cd /root/w && cp renewed.crt NEW.crt && cp renewed.key NEW.key'
		ill certificate 'shows another certificate'
		run road under_load /root/gatehouse/deploy.sh install
		assert_success
		assert_line --partial 'all are up to date'
		# An HTTP/2 connection that has just begun is ended by a lighttpd that is reloaded: one a client, who asks again.
		if [ "$WEB" = nginx ]; then none_lost; else [ "$(grep -c '^load [1-9][0-9]* [01]$' <<<"$output")" = 3 ]; fi
		well
	done
	[ "$(it systemctl show -P NRestarts "$WEB")" = 0 ]
	[ "$WEB" = nginx ] || it sh -c 'limits=/proc/$(systemctl show -P MainPID lighttpd)/limits; files=$(sed -n "s/^server.max-fds := //p" /etc/lighttpd/conf-available/90-gatehouse.conf)
		[ "$files" -gt 4096 ] && grep -q "^Max open files *$files *$files " $limits'
}
@test "a certificate that was renewed where it lies is shown by the next install, and nobody is sent away" { each renewed; }

upgraded() {
	local before
	before=$(it systemctl show -P MainPID gatehouse@token)
	run install_again
	assert_success
	assert_line --partial 'all are up to date'
	[ "$(it systemctl show -P MainPID gatehouse@token)" = "$before" ]
	it sh -c 'for p in /root/gatehouse/build/*; do [ -d $p ] || [ ! -x $p ] || printf x >>$p; done'
	run road under_load /root/gatehouse/deploy.sh install
	assert_success
	none_lost
	[ "$(it systemctl show -P MainPID gatehouse@token)" != "$before" ]
	it cmp /root/gatehouse/build/token /usr/lib/gatehouse/token
	well
}
@test "an upgrade under load loses no request; without anything new it starts nothing" { each upgraded; }

broken() {
	it cp -p /root/gatehouse/build/token /root/w/token
	# It does not start: nothing is touched.
	it sh -c 'printf "#!/bin/sh\nexit 3\n" >/root/gatehouse/build/token'
	run road under_load /root/gatehouse/deploy.sh install
	assert_failure 1
	assert_line --partial 'nothing was touched'
	none_lost
	it cmp /root/w/token /usr/lib/gatehouse/token
	# It starts, and fails where it matters: the former one comes back.
	it sh -c 'printf "#!/bin/sh\n[ -S /proc/self/fd/0 ] && exit 1\nprintf \"Status: 404 Not Found\\\\r\\\\n\\\\r\\\\n\"\n" >/root/gatehouse/build/token'
	run road under_load /root/gatehouse/deploy.sh install
	assert_failure 1
	assert_line --partial 'the former one is back'
	none_lost
	it cmp /root/w/token /usr/lib/gatehouse/token
	it cp -p /root/w/token /root/gatehouse/build/token
	well
	run road discover "$(cat "$W/$WEB.token")"
	assert_output '["hall-switch","kitchen-dimmer"]'
}
@test "an upgrade that does not work is taken back, and loses no request" { each broken; }

backup() {
	local saved
	it systemctl start gatehouse-backup
	saved=$(it sh -c 'ls -d /var/backups/gatehouse/2*' | tail -n 1)
	it gatehouse device rename hall-switch 'Other name' --user kim
	# As docs/install.md has it.
	it sh -c "systemctl stop gatehouse.target && mv /var/lib/gatehouse/store /var/lib/gatehouse/store.bad &&
		cp -a $saved/store $saved/secret /var/lib/gatehouse/ && systemctl start gatehouse.target"
	run it gatehouse device show hall-switch --user kim --json
	assert_output --partial 'Hall light'
	run road discover "$(cat "$W/$WEB.token")"
	assert_output '["hall-switch","kitchen-dimmer"]'
	well
	it systemctl start gatehouse-compact
	# The oldest go: seven stay.
	it sh -c 'for i in 1 2 3 4 5 6 7 8; do mkdir -p /var/backups/gatehouse/2020-01-0$i; done'
	it systemctl start gatehouse-backup
	[ "$(it sh -c 'ls /var/backups/gatehouse | wc -l')" = 7 ]
}
@test "a backup is made, and brings back what was there" { each backup; }

uninstalled() {
	run it gatehouse-deploy uninstall
	assert_success
	run it curl -qs -m 5 -k -o /dev/null "https://$DOMAIN/health"
	assert_failure
	it test ! -e /usr/lib/gatehouse
	it test ! -e /usr/bin/gatehouse
	it test -s /var/lib/gatehouse/secret/server.key
	run it systemctl is-active "$WEB"	# as it was found: there, and not running
	assert_failure
	# The same data again.
	run install_again
	assert_success
	run road discover "$(cat "$W/$WEB.token")"
	assert_output '["hall-switch","kitchen-dimmer"]'
	it gatehouse-deploy uninstall --purge
	run road traces
	assert_output ''
}
@test "uninstall keeps config and data, a later install finds them, and --purge leaves nothing" { each uninstalled; }

certbot() {
	it sh -c 'printf "<h1>mine</h1>" >/var/www/html/index.html'
	it systemctl start "$WEB"
	road certbot
	run on "$WEB" /root/gatehouse/deploy.sh install --domain "$DOMAIN" --web "$WEB" --certbot
	assert_success
	run get /health
	assert_output '{"status":"ok"}'
	it test -x /etc/letsencrypt/renewal-hooks/deploy/gatehouse
	well
	run it gatehouse-deploy uninstall --purge
	assert_success
	# A web server that was there before goes on with what it had.
	run it systemctl is-active "$WEB"
	assert_output active
	run it curl -qs http://localhost/index.html
	assert_output '<h1>mine</h1>'
}
@test "a certificate by certbot; the web server's own site is not touched" { each certbot; }
