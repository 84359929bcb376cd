#!/usr/bin/env bats
# The site that deploy.sh install gives the system's web server, behind TLS: versions, headers, what happens over http.
# TLS_SCAN=1 (make tls) also has testssl.sh look for what is known to be wrong with TLS servers.
load tls

setup_file() {
	load tls
	begin_tls "$BATS_FILE_TMPDIR"
}

teardown_file() {
	load tls
	ROOT=$BATS_FILE_TMPDIR/run
	deploy stop --root "$ROOT" >/dev/null 2>&1 || true
	gone "$ROOT"
}

teardown() { end_site; }

# ask URL [OPTIONS...]: sets $head and $code.
ask() {
	local url=$1
	shift
	head=$(curl -qsi -m 20 --noproxy '*' --cacert "$FOLDER/ca.pem" --resolve "gatehouse.test:$SECURE:127.0.0.1" --resolve "gatehouse.test:$PLAIN:127.0.0.1" "$@" "$url" | tr -d '\r')
	code=$(sed -n '1s/^[^ ]* \([0-9]*\).*/\1/p' <<<"$head")
}

# answers OPTION: a handshake with that version of TLS.
answers() { openssl s_client -connect "127.0.0.1:$SECURE" -servername gatehouse.test "$@" </dev/null 2>&1 | grep -q '^ *Cipher *: *[A-Z]\|Cipher is [A-Z]'; }

versions() {
	answers -tls1_3
	answers -tls1_2
	run answers -tls1_1 -cipher 'ALL:@SECLEVEL=0'
	[ "$status" != 0 ]
	run answers -tls1_2 -cipher 'AES128-SHA:AES256-GCM-SHA384'
	[ "$status" != 0 ]
}

headers() {
	local path
	for path in / /login /token /schema /health /static/style.css /nowhere '/%zz' /.well-known/jwks.json; do
		ask "https://gatehouse.test:$SECURE$path"
		[ "$(grep -ci '^strict-transport-security: max-age=31536000; includeSubDomains$' <<<"$head")" = 1 ] || { echo "$path: $head"; return 1; }
		[ "$(grep -ci '^strict-transport-security:' <<<"$head")" = 1 ]
	done
}

plain() {
	local path
	for path in / /login '/authorize?client_id=x' /links/x /nowhere; do
		ask "http://gatehouse.test:$PLAIN$path"
		[ "$code" = 301 ] || { echo "$path: $head"; return 1; }
		grep -qiF "location: https://gatehouse.test$path" <<<"$head"
	done
	for path in /token /schema /smartapp /api/smartapps/endpoints /api/links /ns/x/y /introspect /polyglot/ns/x/messages; do
		ask "http://gatehouse.test:$PLAIN$path" -d a=b
		[ "$code" = 403 ] || { echo "$path: $head"; return 1; }
		run grep -i '^location:' <<<"$head"
		[ "$status" != 0 ]
	done
}

# Everything that testssl.sh holds for worse than a hint.
scanned() {
	[ -n "${TLS_SCAN-}" ] || return 0
	rm -f "$FOLDER/scan.json"
	testssl --quiet --color 0 --warnings off --add-ca "$FOLDER/ca.pem" --ip 127.0.0.1 --jsonfile "$FOLDER/scan.json" \
		"gatehouse.test:$SECURE" >"$FOLDER/scan.out" 2>&1 || true
	# What a certificate of two days by an authority of our own cannot have: revocation, transparency, a long life; and the order of
	# ciphers is the client's on purpose (conf/nginx/site.conf.in).
	gojq -c '.[] | select(.id | test("^(cert_|OCSP|DNS_CAA|cipher_order|HTTP_status_code|security_headers|engine_problem|scanTime|overall)") | not) |
		select(.severity | test("LOW|MEDIUM|HIGH|CRITICAL"))' "$FOLDER/scan.json" | tee "$FOLDER/findings"
	gojq -e 'any(.[]; .id == "TLS1_3") and any(.[]; .id == "heartbleed")' "$FOLDER/scan.json" >/dev/null || {	# it came to its end
		tail -n 20 "$FOLDER/scan.out"
		return 1
	}
	[ ! -s "$FOLDER/findings" ]
}

all() {
	site "$1"
	versions
	headers
	plain
	scanned
}

@test "nginx: TLS 1.2 and 1.3 with good ciphers, HSTS on every answer, pages led to https, programs refused" { all nginx; }

@test "lighttpd: TLS 1.2 and 1.3 with good ciphers, HSTS on every answer, pages led to https, programs refused" { all lighttpd; }
