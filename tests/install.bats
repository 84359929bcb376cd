#!/usr/bin/env bats
# What deploy.sh install makes, as far as it can be seen without a machine of its own: arguments, units, the site before real programs,
# and the doctor of a demo. make install-check does the rest, in a container that boots.
# long because: one instance serves all of it.

load instance

setup_file() {
	bats_require_minimum_version 1.5.0
	W=$(mktemp -d /tmp/gatehouse-install.XXXXXX)
	export W R=$W/run PORT
	PORT=$(free_port)
	deploy --root "$R" --port "$PORT" >"$W/out" || { cat "$W/out"; return 1; }
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=home.example.org \
		-addext subjectAltName=DNS:home.example.org -keyout "$W/site.key" -out "$W/site.crt" 2>/dev/null
}

teardown_file() {
	local f
	for f in "$W"/*.webpid; do [ ! -e "$f" ] || kill "$(cat "$f")" 2>/dev/null || true; done
	deploy stop --root "$R" >/dev/null || true
	rm -rf "$W"
}

setup() {
	load /usr/lib/bats/bats-support/load
	load /usr/lib/bats/bats-assert/load
}

# parts COMMAND...: run it where the functions of deploy.sh are, with the settings of an install for home.example.org.
parts() {
	(
		SRC=$TOP SELF=deploy.sh COMMAND=install ROOT=$W LOGIN_RATE=5 API_RATE=200 ENGINE=gdbm WORKERS=2 MQTT='' WEB=${WEB:-nginx}
		AGAIN='' UMASK=022 TRUSTED_PROXIES='' NOW=() GIVEN=() MISSING=() ASK=()
		TABLE=$(sed -n "/^TABLE='/,/^'/p" "$TOP/deploy.sh" | sed '1d;$d')
		for f in "$TOP"/conf/deploy/*.sh; do . "$f"; done
		DOMAIN=home.example.org CERT=$W/site.crt KEY=$W/site.key
		built_programs "$TOP/build"
		without_simulator
		"$@"
	)
}

@test "what cannot be installed is refused with 2, before anything is touched" {
	refused() {
		run --separate-stderr deploy "$@"
		[ "$status" = 2 ] && [[ $stderr == *why:*next:* ]] || { echo "$* gave $status: $stderr"; return 1; }
	}
	refused install
	[[ $stderr == *--domain* ]]
	refused install --domain home.example.org
	[[ $stderr == *--certbot* ]]
	for domain in https://x.org x.org/path X.org localhost -x.org x-.org 'x.org;id' '*.x.org' "$(printf 'a%.0s' {1..64}).org" .; do
		refused install "--domain=$domain" --certbot
	done
	refused install --domain x.org --cert "$W/site.crt"
	refused install --domain x.org --cert "$W/site.crt" --key "$W/site.key" --certbot
	refused install --domain x.org --port 9000
	refused install --domain x.org --certbot --workers 0
	refused install --domain x.org --certbot --web apache
	refused install --domain x.org --certbot --engine sqlite
	refused install --domain x.org --certbot --database-url mysql://x/y
	refused install --domain x.org --certbot --database-url /nonexistent
	refused install --domain x.org --certbot --engine gdbm --database-url postgresql://x/y
	[[ $stderr != *postgresql://x/y* ]]
	refused up --domain x.org
	refused uninstall --domain x.org
	refused doctor --purge
	refused status --purge
	refused instal
	[[ $stderr == *install* ]]
	run deploy install --domain x.example.org --cert "$W/site.crt" --key "$W/site.key" --dry-run
	assert_success
	assert_line --partial 'Nothing was done'
}

@test "a certificate that is not right is told of: key, name, date, form" {
	run parts certificate_fault "$W/site.crt" "$W/site.key" home.example.org
	assert_success
	openssl ecparam -name prime256v1 -genkey -noout -out "$W/other.key"
	run parts certificate_fault "$W/site.crt" "$W/other.key" home.example.org
	assert_failure
	assert_output --partial 'not that of'
	run parts certificate_fault "$W/site.crt" "$W/site.key" other.example.org
	assert_output --partial 'is not for other.example.org'
	run parts certificate_fault "$W/none" "$W/site.key" home.example.org
	assert_output --partial 'cannot be read'
	run parts certificate_fault "$W/site.key" "$W/site.key" home.example.org
	assert_output --partial 'no certificate'
	openssl req -x509 -key "$W/site.key" -days 30 -subj /CN=home.example.org -not_before 20200101000000Z -not_after 20200201000000Z \
		-out "$W/old.crt" 2>/dev/null || faketime_certificate
	run parts certificate_fault "$W/old.crt" "$W/site.key" home.example.org
	assert_output --partial 'has expired'
	run deploy install --domain home.example.org --cert "$W/site.crt"
	assert_failure 2
}

# OpenSSL 3.0 takes dates only where it acts as an authority.
faketime_certificate() {
	openssl req -new -key "$W/site.key" -subj /CN=home.example.org -addext subjectAltName=DNS:home.example.org -out "$W/old.csr" 2>/dev/null
	: >"$W/index"
	printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\nserial=%s/serial\nnew_certs_dir=%s\ndefault_md=sha256\npolicy=p\ncopy_extensions=copy\n[p]\ncommonName=supplied\n' \
		"$W" "$W" "$W" >"$W/ca.cnf"
	echo 01 >"$W/serial"
	openssl ca -config "$W/ca.cnf" -batch -selfsign -keyfile "$W/site.key" -in "$W/old.csr" -startdate 20200101000000Z \
		-enddate 20200201000000Z -out "$W/old.crt" -notext 2>/dev/null
}

@test "every unit is shut in: 1.5 at most, 0.5 without network; sockets are 0660 of the web server's group" {
	command -v systemd-analyze >/dev/null || skip 'systemd is not here'
	parts tree_into "$W/tree"
	local unit score n=0
	for unit in "$W"/tree/lib/systemd/system/*.service gatehouse@token.service gatehouse@health.service gatehouse@authorize.service; do
		unit=$(basename "$unit")
		case $unit in gatehouse@.service) unit=gatehouse@console.service ;; gatehouse-nodeserver@.service) unit=gatehouse-nodeserver@x.service ;; esac
		score=$(systemd-analyze security --offline=yes --root="$W/tree" --no-pager "$unit" 2>/dev/null | sed -n 's/.*exposure level for [^:]*: \([0-9.]*\) .*/\1/p')
		[ -n "$score" ] || { echo "$unit: no score"; return 1; }
		case $unit in gatehouse@token* | gatehouse@health* | gatehouse@authorize*) most=0.5 ;; *) most=1.5 ;; esac
		awk -v s="$score" -v m=$most 'BEGIN { exit s > m }' || { echo "$unit: $score"; return 1; }
		n=$((n + 1))
	done
	[ "$n" -ge 9 ]
	grep -qx SocketMode=0660 "$W/tree/lib/systemd/system/gatehouse@.socket"
	grep -qx SocketGroup=www-data "$W/tree/lib/systemd/system/gatehouse@.socket"
	run ! grep -rlE '@(COMMON|SANDBOX)@' "$W/tree/lib"
	# Nothing in the tree is writable for others, or readable for root alone.
	[ -z "$(find "$W/tree" \( -perm /022 -o ! -perm -444 \) ! -type l)" ]
	run ! test -e "$W/tree/usr/lib/gatehouse/simulator"
}

# database URL OWN-OR-GIVEN: the units of the tree, where the records are there. (Called by parts.)
database() {
	ETC=$W/etc DATABASE=$2
	mkdir -p "$ETC"
	echo '{"store":{"engine":"postgresql","url_file":"'"$ETC"'/database"}}' >"$ETC/gatehouse.json"
	echo "$1" >"$ETC/database"
	database_units "$W/tree/lib/systemd/system"
}

# most SCORE UNIT...: so exposed at most.
most() {
	local most=$1 unit score
	shift
	for unit; do
		score=$(systemd-analyze security --offline=yes --root="$W/tree" --no-pager "$unit" 2>/dev/null | sed -n 's/.*exposure level for [^:]*: \([0-9.]*\) .*/\1/p')
		awk -v s="${score:-10}" -v m="$most" 'BEGIN { exit s > m }' || { echo "$unit: $score"; return 1; }
	done
}

@test "PostgreSQL by its socket gives no program more network; elsewhere, those without have its addresses and nothing else" {
	command -v systemd-analyze >/dev/null || skip 'systemd is not here'
	local quiet=(gatehouse@{token,health,authorize}.service gatehouse-{backup,compact}.service) units=$W/tree/lib/systemd/system
	[ -d "$units" ] || parts tree_into "$W/tree"
	parts database 'postgresql://gatehouse@/gatehouse?host=%2Fvar%2Frun%2Fpostgresql' own
	most 0.5 "${quiet[@]}"
	grep -qx After=postgresql.service "$units/gatehouse@.service.d/database.conf"
	run find "$units" -name remote.conf
	assert_output ''
	parts database 'postgresql://g:pw@192.0.2.7,[2001:db8::1]:5433/x?sslmode=verify-full' given
	most 1.5 "${quiet[@]}"
	grep -qx 'IPAddressAllow=192.0.2.7 2001:db8::1' "$units/gatehouse-backup.service.d/remote.conf"
	run find "$units" -name remote.conf
	assert_equal "${#lines[@]}" 5
	run ! grep -r pw "$units"
	# A server somewhere, by a socket: nothing is needed.
	parts database 'postgresql://g@%2Ftmp%2Fx/y' given
	run find "$units" -name remote.conf -o -name database.conf
	assert_output ''
}

@test "the hosts of a database's address are found as libpq finds them" {
	local url want
	while read -r url want; do
		run parts database_hosts "$url"
		[ "${output//$'\n'/ }" = "$want" ] || { echo "$url: $output, not $want"; return 1; }
	done <<-END
		postgresql://db.example.org/x db.example.org
		postgres://u:p%40w@db:5433/x db
		postgresql://u@db1,db2:5433,[::1]:99/x?target_session_attrs=any db1 db2 ::1
		postgresql:///x /
		postgresql://u@/x?host=%2Fvar%2Frun%2Fpostgresql&port=5433 /var/run/postgresql
		postgresql://%2Frun%2Fpg/x /run/pg
		postgresql://db/x?hostaddr=192.0.2.1,192.0.2.2 192.0.2.1 192.0.2.2
		postgresql://u:p@db?sslmode=require db
	END
}

@test "a program without network has nothing that calls" {
	# It may be linked with what could: that it opens no store of links and no sender is what counts.
	local name
	. "$TOP/conf/deploy/tree.sh"
	for name in $WITHOUT_NETWORK; do
		run ! grep -qE 'APP_LINKS|fetch_' "$TOP/cgi-bin/$name.c"
	done
}

# site SERVER: the site of home.example.org before the programs of the demo, on two free ports; sets $tls and $plain.
site() {
	local log=$W/$1.log
	tls=$(free_port) plain=$(free_port)
	mkdir -p "$log" "$W/acme/.well-known/acme-challenge"
	echo token.thumb >"$W/acme/.well-known/acme-challenge/token"
	# What is the system's is put elsewhere; the rest is the very text.
	WEB=$1 parts write_site "$W/$1.site"
	sed -i "s|/run/gatehouse/|$R/sock/|g; s|/usr/share/gatehouse|$R/share|g; s|/var/log/$1|$log|g; s|/var/lib/gatehouse-acme|$W/acme|g; s|/etc/lighttpd/gatehouse/|$W/|g
		/\[::\]/{/listen/d}; s|:443\"|:$tls\"|; s|listen 443|listen 127.0.0.1:$tls|; s|listen 80|listen 127.0.0.1:$plain|" "$W/$1.site"
	if [ "$1" = nginx ]; then
		printf '%s\n' "$([ "$(id -u)" != 0 ] || echo 'user root;')" "pid $W/nginx.pid; error_log $log/error.log; daemon off;" \
			'events { }' 'http {' "client_body_temp_path $W/t1; fastcgi_temp_path $W/t2; proxy_temp_path $W/t3; uwsgi_temp_path $W/t4; scgi_temp_path $W/t5;" \
			"include $W/nginx.site; }" >"$W/nginx.conf"
		nginx -e stderr -p "$W" -c "$W/nginx.conf" 3>&- 4>&- >"$log/out" 2>&1 &
	else
		# Debian's own options; IPv6 lines go where they cannot be had twice.
		sed -i '/^\$SERVER\["socket"\] == "\[::\]/,/^}/d' "$W/lighttpd.site"
		{
			sed -n '/^server.http-parseopts/,/^)/p' /etc/lighttpd/lighttpd.conf
			printf '%s\n' 'server.modules = ( "mod_access" )' 'server.document-root = "/nonexistent"' 'server.bind = "127.0.0.1"' \
				"server.port = $plain" "server.errorlog = \"$log/error.log\"" "server.upload-dirs = ( \"$W\" )" "include \"$W/lighttpd.site\""
		} >"$W/lighttpd.conf"
		lighttpd -D -f "$W/lighttpd.conf" 3>&- 4>&- >"$log/out" 2>&1 &
	fi
	echo $! >"$W/$1.webpid"
	until_true eval "(exec 5<>/dev/tcp/127.0.0.1/$tls)" || { cat "$log"/out "$log"/error.log; return 1; }
}

# ask PATH [CURL ARGS...]: sets $code, $head and $body.
ask() {
	local path=$1
	shift
	code=$(curl -qs -m 20 --noproxy '*' --cacert "$W/site.crt" --resolve "home.example.org:$tls:127.0.0.1" -D "$W/head" -o "$W/body" -w '%{http_code}' \
		"$@" "https://home.example.org:$tls$path") || true
	head=$(tr -d '\r' <"$W/head") body=$(cat "$W/body")
}

# How often a header stands in the answer.
count() { grep -ci "^$1:" <<<"$head" || true; }

the_site() {
	local path version='' secret=s3cr3t-$RANDOM$RANDOM
	site "$1"
	ask /health
	[ "$code $body" = '200 {"status":"ok"}' ]
	[[ $head == HTTP/2* ]]
	# Pages, JSON, files, and errors of both kinds: HSTS and nosniff once each, no version of the server.
	for path in /login /health /.well-known/jwks.json /static/style.css /nowhere /token/nowhere /api/smartapps /; do
		ask "$path"
		[ "$(count strict-transport-security)" = 1 ] || { echo "$path: $head"; return 1; }
		[ "$(count x-content-type-options)" -le 1 ]
		[[ $head != *1.22* && $head != *1.4.69* ]]
	done
	ask /nowhere
	[[ $code$body == 404*'<html'* ]]
	ask /api/nowhere
	[ "$code" = 404 ]
	jq -e .error <<<"$body" >/dev/null
	ask /sim
	[ "$code" = 404 ]
	head -c 300000 /dev/zero >"$W/300k"
	# (By HTTP/2, lighttpd ends the stream before curl has read its answer.)
	[ "$1" = nginx ] || version=--http1.1
	ask /schema --data-binary "@$W/300k" $version
	[ "$code" = 413 ]
	jq -e .globalError <<<"$body" >/dev/null
	# TLS: 1.2 with forward secrecy and 1.3, nothing older, no tickets in 1.2.
	tls_of() { openssl s_client -connect "127.0.0.1:$tls" -servername home.example.org "$@" </dev/null 2>&1 | sed -n 's/^ *\(New, \)\?\(TLSv1[.0-9]*\), Cipher is \(.*\)/\2 \3/p'; }
	[[ $(tls_of -tls1_3) == TLSv1.3* ]]
	[[ $(tls_of -tls1_2) == TLSv1.2\ ECDHE* ]]
	[ "$(tls_of -tls1_1 -cipher DEFAULT@SECLEVEL=0)" = '' ] || [[ $(tls_of -tls1_1 -cipher DEFAULT@SECLEVEL=0) == *NONE* ]]
	[[ $(tls_of -tls1_2 -cipher AES128-SHA:AES256-GCM-SHA384) == '' || $(tls_of -tls1_2 -cipher AES128-SHA:AES256-GCM-SHA384) == *NONE* ]]
	# By http: on to https, but for what a certificate authority asks.
	run curl -qs -m 5 -o /dev/null -w '%{http_code} %{redirect_url}' -H 'Host: home.example.org' "http://127.0.0.1:$plain/login?x=1"
	assert_output '301 https://home.example.org/login?x=1'
	run curl -qs -m 5 -H 'Host: home.example.org' "http://127.0.0.1:$plain/.well-known/acme-challenge/token"
	assert_output token.thumb
	# Secrets in queries and paths are in no log, also where a program fails.
	ask "/authorize?code=$secret"
	ask "/api/token/$secret/x"
	ask "/oauth/callback?code=$secret"
	local workers
	mapfile -t workers < <(pgrep -P "$(cat "$R/pid/service-manager.pid")")
	kill -STOP "${workers[@]}"
	ask "/oauth/callback?code=$secret" -m 1
	kill -KILL "${workers[@]}"
	mv "$R/sock/service-manager.sock" "$R/sock/away"
	ask "/oauth/callback?code=$secret"
	mv "$R/sock/away" "$R/sock/service-manager.sock"
	[[ $code == 50[23] ]]
	kill -TERM "$(cat "$W/$1.webpid")"
	wait "$(cat "$W/$1.webpid")" || true
	rm "$W/$1.webpid"
	grep -q '"GET /oauth/callback" 50[23]' "$W/$1.log/gatehouse.access.log"
	run ! grep -r "$secret" "$W/$1.log"
}

@test "nginx: the site over TLS, in front of real programs" { the_site nginx; }

@test "lighttpd: the site over TLS, in front of real programs" { the_site lighttpd; }

# --- the doctor, on a demo ---

doctor() { GATEHOUSE_CLOCK_SOURCE=${SOURCE-} deploy doctor --root "$R"; }

# ill CHECK TEXT: the doctor names this check, with this text, and fails; sets $mend to the command that it names.
ill() {
	run doctor
	assert_failure 1
	assert_line --regexp "^BAD  $1 .*$2"
	mend=$(grep -A1 "^BAD  $1 " <<<"$output" | sed -n 's/^ *mend it: *//p' | head -n 1)
	[ -n "$mend" ]
}

@test "doctor: all is well, and says so with 0" {
	run doctor
	assert_success
	assert_line 'All is well.'
	run ! grep -q '^BAD' <<<"$output"
}

@test "doctor: the web server, the courier and a program that are down, mended by the command that it names" {
	kill -KILL "$(cat "$R/pid/web.pid")" "$(cat "$R/pid/courier.pid")"
	mv "$R/sock/token.sock" "$R/sock/token.away"
	ill web 'nginx does not run'
	ill courier 'courier does not run'
	ill programs 'token has no socket'
	rm -f "$R/sock/token.away"
	(cd "$TOP" && timeout 120 bash -c "$mend") >/dev/null
	run doctor
	assert_success
}

@test "doctor: a config that is wrong, a key that is gone, a store that cannot be opened" {
	cp "$R/gatehouse.json" "$W/config"
	sed -i 's/"code_ttl"/"code_tl"/' "$R/gatehouse.json"
	ill config 'code_tl: no such key; did you mean code_ttl'
	[[ $mend == *gatehouse.json* ]]
	cp "$W/config" "$R/gatehouse.json"
	mv "$R/secret/server.key" "$W/"
	ill keys 'server.key is not there'
	mv "$W/server.key" "$R/secret/"
	mv "$R/store" "$R/store.away"
	touch "$R/store"
	ill store "$R/store"
	rm "$R/store"
	mv "$R/store.away" "$R/store"
	run doctor
	assert_success
}

@test "doctor: a clock that is off, by what others' Date says" {
	date_of() { node -e "require('http').createServer((q, s) => { s.setHeader('Date', new Date(Date.now() + $1).toUTCString()); s.end() }).listen($2, '127.0.0.1')" 3>&- 4>&- & }
	local port other
	port=$(free_port) other=$(free_port)
	date_of 3600000 "$port"
	local one=$!
	date_of 1000 "$other"
	local two=$!
	until_true eval "(exec 5<>/dev/tcp/127.0.0.1/$port 6<>/dev/tcp/127.0.0.1/$other)"
	SOURCE=http://127.0.0.1:$port ill clock 'seconds off'
	[ "$mend" = 'timedatectl set-ntp true' ]
	SOURCE=http://127.0.0.1:$other run doctor
	kill "$one" "$two"
	assert_success
}

@test "doctor: a public address where somebody else answers, or nobody" {
	# Another instance is as healthy as ours: only the proof tells.
	local other=$W/other port
	port=$(free_port)
	deploy --root "$other" --port "$port" >/dev/null
	cp "$R/gatehouse.json" "$W/config"
	jq --arg url "http://127.0.0.1:$port" '.public_url = $url' "$W/config" >"$R/gatehouse.json"
	ill public 'somebody else answers'
	deploy stop --root "$other" >/dev/null
	ill public 'cannot be reached'
	cp "$W/config" "$R/gatehouse.json"
	run doctor
	assert_success
}

@test "health proves with a nonce that it is this instance, and says nothing of the key" {
	local one two
	one=$(curl -qs "http://127.0.0.1:$PORT/health?nonce=abc" | jq -r .proof)
	[ "${#one}" = 43 ]
	[ "$(curl -qs "http://127.0.0.1:$PORT/health?nonce=abc" | jq -r .proof)" = "$one" ]
	two=$(curl -qs "http://127.0.0.1:$PORT/health?nonce=abd" | jq -r .proof)
	[ "$two" != "$one" ]
	[ "$(curl -qs "http://127.0.0.1:$PORT/health")" = '{"status":"ok"}' ]
	[ "$(curl -qs "http://127.0.0.1:$PORT/health?nonce=$(printf 'a%.0s' {1..101})")" = '{"status":"ok"}' ]
	[ "$(curl -qs "http://127.0.0.1:$PORT/health?nonce=a&nonce=b")" = '{"status":"ok"}' ]
}

@test "the tool's wrapper: of an installed Gatehouse only root works, of another instance anybody" {
	[ ! -e /usr/lib/gatehouse/gatehouse ] || skip 'one is installed here'
	mkdir -p "$W/lib"
	ln -sf "$TOP/build/gatehouse" "$W/lib/gatehouse"
	sed "s|/usr/lib/gatehouse|$W/lib|g; s|/usr/share/gatehouse|$TOP|" "$TOP/conf/system/gatehouse" >"$W/wrapper"
	run sh "$W/wrapper" --root "$R" user list
	assert_success
	assert_line --partial demo
	GATEHOUSE_ROOT=$R run sh "$W/wrapper" user list
	assert_success
	if [ "$(id -u)" = 0 ]; then
		chmod 755 "$W" "$W/lib"
		cp "$TOP/build/gatehouse" "$W/lib/real" && mv "$W/lib/real" "$W/lib/gatehouse"
		run setpriv --reuid=65534 --clear-groups sh "$W/wrapper" user list
		assert_failure 1
		assert_line --partial 'next: sudo gatehouse user list'
	fi
}
