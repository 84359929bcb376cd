#!/usr/bin/env bats
# Whose address a request has behind proxies: that which a trusted one says, and what a client says of itself changes nothing.
# Loopback has many addresses: 127.0.0.2, 127.0.0.3 and all that begins with 127.1 are the trusted proxies here.

load instance

SERVERS='nginx lighttpd'
TRUSTED='127.0.0.2 127.0.0.3/32 127.1.0.0/16 fd00::/8 2001:DB8:0::7'

setup_file() {
	bats_require_minimum_version 1.5.0
	local address args=()
	for address in $TRUSTED; do args+=(--trusted-proxy "$address"); done
	begin_servers proxy --workers 1 "${args[@]}"
}

teardown_file() {
	[ ! -f "$W/front.pid" ] || kill "$(cat "$W/front.pid")"
	end_servers
}

setup() {
	load /usr/lib/bats/bats-support/load
	load /usr/lib/bats/bats-assert/load
}

# from ADDRESS [CURL ARGS...]: sets $code, and $seen to the address that the program believes such a request to come from.
from() {
	local address=$1 log=$W/$SERVER/log/token.log
	shift
	code=$(curl -qs -m 20 --interface "$address" -o /dev/null -w '%{http_code}' "$@" "$URL/token" \
		-d 'grant_type=authorization_code&code=x&client_id=nobody&client_secret=x')
	seen=$(sed -n 's/.* client_refused remote=//p' "$log" | tail -n 1)
}

# is ADDRESS: what was just seen.
is() { [ "$code $seen" = "401 $1" ] || { echo "$SERVER: wanted $1, got $code $seen"; return 1; }; }

@test "nobody else's X-Forwarded-For changes anything" {
	local header
	for web in $SERVERS; do
		use "$web"
		for header in 'X-Forwarded-For: 203.0.113.5' 'X-Forwarded-For: 127.0.0.2' 'X-Forwarded-For: 203.0.113.5, 127.0.0.2' \
			'X-Real-IP: 203.0.113.5' 'X_Forwarded_For: 203.0.113.5' 'Forwarded: for=203.0.113.5' 'CF-Connecting-IP: 203.0.113.5' \
			'X-Forwarded-For: garbage' 'X-Forwarded-For:'; do
			from 127.0.0.1 -H "$header"
			is 127.0.0.1
			from 127.0.0.4 -H "$header"
			is 127.0.0.4
		done
	done
}

@test "what a trusted proxy says is believed, of a chain up to the first stranger" {
	local row
	for web in $SERVERS; do
		use "$web"
		from 127.0.0.2
		is 127.0.0.2
		while read -r row want; do
			from 127.0.0.2 -H "X-Forwarded-For: ${row//;/, }"
			is "$want" || { echo "$row"; return 1; }
			from 127.1.200.3 -H "X-Forwarded-For: ${row//;/,}"
			is "$want" || { echo "$row"; return 1; }
		done <<-END
			203.0.113.5 203.0.113.5
			2001:db8::5 2001:db8::5
			203.0.113.5;127.0.0.3 203.0.113.5
			203.0.113.5;127.1.2.3;127.0.0.3 203.0.113.5
			203.0.113.5;fd12::1;127.0.0.3 203.0.113.5
			203.0.113.5;2001:db8::7 203.0.113.5
			6.6.6.6;203.0.113.5 203.0.113.5
			6.6.6.6;127.0.0.2;203.0.113.5;127.0.0.3 203.0.113.5
			6.6.6.6;127.0.0.4;127.0.0.3 127.0.0.4
		END
		# Each proxy may add a header of its own.
		from 127.0.0.2 -H 'X-Forwarded-For: 6.6.6.6' -H 'X-Forwarded-For: 203.0.113.5, 127.0.0.3'
		is 203.0.113.5
	done
}

@test "what is no address is not believed, whoever says it" {
	local header
	for web in $SERVERS; do
		use "$web"
		for header in garbage 203.0.113.5x 203.0.113 ::: '<script>' '"' unix: localhost -1 '6.6.6.6, garbage' '6.6.6.6 garbage' '6.6.6.6;' \
			'6.6.6.6, unknown' "6.6.6.6, '; drop" '6.6.6.6, 300.1.1.1' '6.6.6.6, dead' '6.6.6.6, _hidden' '6.6.6.6, 203.0.113.5:99999' $'6.6.6.6, \xff\xfe'; do
			from 127.0.0.2 -H "X-Forwarded-For: $header"
			[[ $code == 40[01] && $seen != *6.6.6.6* && $seen =~ ^[0-9.:a-f]+$ ]] || { echo "$web: $header: $code $seen"; return 1; }
		done
	done
}

@test "a very long chain ends where it should, and one that is too long is refused" {
	local long hop
	long=$(for hop in $(seq 400); do printf '127.1.%d.%d, ' $((hop / 250)) $((hop % 250)); done)
	for web in $SERVERS; do
		use "$web"
		from 127.0.0.2 -H "X-Forwarded-For: 6.6.6.6, 203.0.113.5, ${long%, }"
		is 203.0.113.5
		from 127.0.0.2 -H "X-Forwarded-For: $long$long$long$long$long$long 203.0.113.5"
		[[ $code == 4[03][01] ]]
	done
}

@test "scheme and host that a header names are in no URL that we make" {
	local said
	for web in $SERVERS; do
		use "$web"
		for said in 127.0.0.1 127.0.0.2; do
			run curl -qs --interface "$said" -H 'X-Forwarded-For: 203.0.113.5' -H 'X-Forwarded-Proto: https' -H 'X-Forwarded-Port: 444' \
				-H 'X-Forwarded-Host: evil.example' -H 'Forwarded: for=203.0.113.5;proto=https;host=evil.example' -H 'Host: evil.example' \
				"$URL/.well-known/oauth-authorization-server" -i "$URL/authorize?client_id=smartthings&response_type=code" "$URL/devices"
			assert_output --partial "\"issuer\":\"$URL\""
			refute_output --partial evil.example
			refute_output --partial https://127
		done
	done
}

# log_in FROM FORWARDED: one try with a wrong password for a name of its own; sets $code.
log_in() {
	local jar=$W/jar csrf
	csrf=$(curl -qs -c "$jar" "$URL/login" | sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' | head -n 1)
	code=$(curl -qs -b "$jar" --interface "$1" -H "X-Forwarded-For: $2" -o /dev/null -w '%{http_code}' "$URL/login" \
		-d "csrf=$csrf" -d "username=nobody-$RANDOM$RANDOM" -d password=wrong)
}

# throttled FROM FORWARDED: after how many tries one has to wait; 40 if never. (20 are free; then it is a second first, which may be over.)
throttled() {
	for ((tries = 0; tries < 40; tries++)); do
		log_in "$1" "$2$tries"
		[ "$code" = 403 ] || break
	done
	[[ $code == 403 || $code == 429 ]]
}

@test "throttles count by the browser's address, which no header of its own changes" {
	for web in $SERVERS; do
		use "$web"
		throttled 127.0.0.5 203.0.113.
		((tries >= 20 && tries <= 23)) || { echo "$web: $tries $code"; return 1; }
		# One proxy's clients do not wait for each other, but all of one IPv6 network do.
		log_in 127.0.0.2 203.0.113.5
		[ "$code" = 403 ]
		throttled 127.0.0.2 '6.6.6.6, 2001:db8:1:2::'
		((tries >= 20 && tries <= 23)) || { echo "$web: $tries $code"; return 1; }
		log_in 127.0.0.2 2001:db8:1:3::1
		[ "$code" = 403 ]
		"$W/$web/gatehouse" --json activity | jq -es 'any(.remote == "127.0.0.5") and any(.remote == "2001:db8:1:2::7") and
			all(.remote | tostring | test("^6[.]") | not)' >/dev/null
	done
}

@test "behind an nginx that adds the address, each browser has its own, in every log" {
	local front
	front=$(free_port)
	cat >"$W/front.conf" <<-END
		pid $W/front.pid; error_log stderr error; worker_processes 1;
		events { worker_connections 64; }
		http {
		  access_log off; client_body_temp_path $W/t1; proxy_temp_path $W/t2; fastcgi_temp_path $W/t3; uwsgi_temp_path $W/t4; scgi_temp_path $W/t5;
		  server {
		    listen 127.0.0.1:$front;
		    proxy_bind 127.0.0.2;
		    proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
		    proxy_set_header Host \$host;
		    proxy_read_timeout 30s;
		    location /nginx/ { proxy_pass http://127.0.0.1:$(cat "$W/nginx.port")/; }
		    location /lighttpd/ { proxy_pass http://127.0.0.1:$(cat "$W/lighttpd.port")/; }
		  }
		}
	END
	nginx -c "$W/front.conf" -e stderr
	for web in $SERVERS; do
		use "$web"
		URL=http://127.0.0.1:$front/$web
		from 127.0.0.7
		is 127.0.0.7
		from 127.0.0.7 -H 'X-Forwarded-For: 6.6.6.6'
		is 127.0.0.7
		[ "$web" = nginx ] || deploy stop --root "$W/$web" >/dev/null	# lighttpd writes its log in blocks
		grep -q '^127[.]0[.]0[.]7 .*POST /token" 401' "$W/$web/log/access.log"
		run ! grep -r '6[.]6[.]6[.]6' "$W/$web/log"
	done
}
