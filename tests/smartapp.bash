# smartapp.bash: keys, a key server double, and lifecycle requests signed as SmartThings signs them, with openssl alone.
# shellcheck disable=SC2034,SC2154
APP=5a5a5a5a-0001-4002-8003-000000000001
LOCATION=10c00000-0001-4002-8003-000000000001
export APP LOCATION

# make_key NAME [DAYS [OPTIONS]]: a key and its certificate, in $KEYS.
make_key() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$KEYS/$1.key" -out "$KEYS/key/$1.pem" -days "${2:-30}" \
		-subj "/O=SmartThings/CN=key.smartthings.com" "${@:3}" 2>/dev/null
}

# start_keyserver: in $KEYS, on $KEYSERVER; stop_keyserver ends it.
start_keyserver() {
	export KEYS=$1 KEYSERVER
	mkdir -p "$KEYS/key"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$KEYS/server.key" -out "$KEYS/server.crt" -days 30 \
		-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null
	make_key good
	node "$TOP/tests/fake/keyserver.mjs" "$KEYS" >"$KEYS/port" 3>&- &
	echo $! >"$KEYS/pid"
	until_true test -s "$KEYS/port"
	read -r _ KEYSERVER <"$KEYS/port"
	KEYSERVER=https://127.0.0.1:$KEYSERVER
}
stop_keyserver() { kill "$(<"$KEYS/pid")" 2>/dev/null || true; }

# asked: the keys that the double was asked for, as JSON.
asked() { curl -s --cacert "$KEYS/server.crt" "$KEYSERVER/log"; }

# configure MORE: gatehouse.json with the SmartApp in file app.json or app.yaml; MORE are members of "smartapp" as JSON.
configure() {
	jq -n --arg url "${PUBLIC:-http://127.0.0.1:8080}" --arg keys "$KEYSERVER" --arg ca "$KEYS/server.crt" --argjson more "${1:-{\}}" \
		'{public_url: $url, insecure_loopback: true, ca_file: $ca,
			smartapp: ({definition: "app.json", keyserver_url: $keys} + $more)}' >"$ROOT/gatehouse.json"
}

# move SECONDS: the clock of the instance is so far ahead (simulator: true).
move() { clock $(($1 * 1000)); }

http_date() { LC_ALL=C date -u -d "@$1" '+%a, %d %b %Y %H:%M:%S UTC'; }

# sign BODY: sets $headers, an array of CGI variables. What is signed can be bent by: DATE DIGEST SIGNED (the list of names)
# METHOD TARGET KEYID KEY (a private key's file) ALGORITHM HASH; AUTH is then put in place of the whole header if it is set.
sign() {
	local date=${DATE-$(http_date "$(date +%s)")} digest string='' name sep='' signature
	digest=${DIGEST-SHA256=$(printf '%s' "$1" | openssl dgst -sha256 -binary | base64 -w0)}
	for name in ${SIGNED-(request-target) digest date}; do
		case $name in
		'(request-target)') string+="$sep$name: ${METHOD-post} ${TARGET-/smartapp}" ;;
		digest) string+="$sep$name: $digest" ;;
		date) string+="$sep$name: $date" ;;
		*) string+="$sep$name: ${OTHER-x}" ;;
		esac
		sep=$'\n'
	done
	signature=$(printf '%s' "$string" | openssl dgst "-${HASH-sha256}" -sign "${KEY-$KEYS/good.key}" | base64 -w0)
	auth="Signature keyId=\"${KEYID-/pl/useast1/good}\",signature=\"$signature\",headers=\"${SIGNED-(request-target) digest date}\",algorithm=\"${ALGORITHM-rsa-sha256}\""
	headers=("HTTP_AUTHORIZATION=${AUTH-$auth}" "HTTP_DATE=$date" "HTTP_DIGEST=$digest" CONTENT_TYPE=application/json
		HTTP_X_ST_CORRELATION=c0ffee-1)
}

# stay: the program runs from now on, in $ROOT, so that a test that sets STAYS need not start it for each request. Its config and
# definition are those of now. gone: it ends, and has found nothing wrong with itself.
stay() {
	spawn-fcgi -n -s "$ROOT/fcgi" -- "$BUILD/smartapp-lifecycle" 2>>"$ROOT/fcgi.log" 3>&- &
	echo $! >"$ROOT/fcgi.pid"
	until_true test -S "$ROOT/fcgi"
}
gone() {
	local pid
	read -r pid <"$ROOT/fcgi.pid"
	kill "$pid" 2>/dev/null || { echo "it was gone before:"; cat "$ROOT/fcgi.log"; return 1; }
	until_gone "$pid"
	! grep -a Sanitizer "$ROOT/fcgi.log"
}

# deliver BODY [NAME=VALUE...]: with what sign has set; as CGI, or where STAYS is set, to the program that runs. Sets what cgi sets;
# what was logged stands in cgi.err of the test's folder.
deliver() {
	local data=$1 dir=$BATS_TEST_TMPDIR out program=("$BUILD/smartapp-lifecycle") rc=0
	shift
	[ -z "${STAYS-}" ] || { program=(cgi-fcgi -bind -connect "$ROOT/fcgi"); : >"$ROOT/fcgi.log"; }
	LC_ALL=C
	printf '%s' "$data" | env -i PATH="$PATH" ASAN_OPTIONS="$ASAN_OPTIONS" GATEHOUSE_ROOT="$ROOT" GATEHOUSE_SHARE="$TOP" \
		REQUEST_METHOD=POST REQUEST_URI=/smartapp CONTENT_LENGTH="${#data}" REMOTE_ADDR=192.0.2.7 "${headers[@]}" "$@" \
		"${program[@]}" >"$dir/cgi.out" 2>"$dir/cgi.err" || rc=$?
	LC_ALL=C.UTF-8
	[ -z "${STAYS-}" ] || printf '%s\n' "$(<"$ROOT/fcgi.log")" >>"$dir/cgi.err"
	[ $rc = 0 ] || { cat "$dir/cgi.err"; return 1; }
	out=$(<"$dir/cgi.out")
	head=${out%%$'\r\n\r\n'*} body=${out#*$'\r\n\r\n'}
	code=$(header Status)
}

# full_disk: builds what is to be preloaded so that the disk takes nothing; prints the variables that do it.
full_disk() {
	[ -e "$BATS_FILE_TMPDIR/full.so" ] || gcc -D_GNU_SOURCE -I"$TOP/cgi-bin" -shared -fPIC -o "$BATS_FILE_TMPDIR/full.so" "$TOP/tests/fake/full-disk.c"
	printf '%s\n' "LD_PRELOAD=$BATS_FILE_TMPDIR/full.so" "ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0"
}

# send BODY: sign and deliver.
send() {
	sign "$1"
	deliver "$1"
}

# refused STATUS ERROR [TEXT]: the last answer says just that; TEXT stands in the log, and not in the answer.
refused() {
	status "$1"
	[[ $body =~ ^\{\"error\":\"$2\"(,\"correlationId\":\"[^\"]*\")?\}$ ]] || { echo "not just $2: $body"; return 1; }
	[ -z "${3-}" ] || grep -qF -- "$3" "$BATS_TEST_TMPDIR/cgi.err" || { echo "not in the log: $3"; cat "$BATS_TEST_TMPDIR/cgi.err"; return 1; }
}

# message PHASE MEMBER DATA: a lifecycle request; each with an executionId of its own. (Texts are put together by the shell alone:
# starting jq for each took more time than what is tested.)
message() {
	local id
	read -r id </proc/sys/kernel/random/uuid
	printf '{"lifecycle":"%s","executionId":"%s","locale":"en","version":"0.1.0","settings":{},"%s":%s}' "$1" "$id" "$2" "$3"
}

# installed CONFIG: the installedApp member.
installed() { printf '{"installedAppId":"%s","locationId":"%s","config":%s,"permissions":["r:devices:*"]}' "$APP" "$LOCATION" "${1:-{\}}"; }

# install CONFIG, update CONFIG, uninstall, events CONFIG EVENT...: whole messages.
install() { message INSTALL installData "{\"authToken\":\"at-1\",\"refreshToken\":\"rt-1\",\"installedApp\":$(installed "$1")}"; }
update() {
	message UPDATE updateData "{\"authToken\":\"at-2\",\"refreshToken\":\"rt-2\",\"installedApp\":$(installed "$1"),\"previousConfig\":{},\"previousPermissions\":[]}"
}
uninstall() { message UNINSTALL uninstallData "{\"installedApp\":$(installed)}"; }
events() {
	local config=$1 IFS=,
	shift
	message EVENT eventData "{\"authToken\":\"et-1\",\"installedApp\":$(installed "$config"),\"events\":[$*]}"
}

# device_setting ID...: the value of a DEVICE setting. text_setting TEXT.
device_setting() {
	local IFS=, list=() id
	for id in "$@"; do list+=("{\"valueType\":\"DEVICE\",\"deviceConfig\":{\"deviceId\":\"$id\",\"componentId\":\"main\"}}"); done
	printf '[%s]' "${list[*]}"
}
text_setting() { printf '[{"valueType":"STRING","stringConfig":{"value":"%s"}}]' "$1"; }

# device_event DEVICE CAPABILITY ATTRIBUTE VALUE(JSON)
device_event() {
	printf '{"eventTime":"2026-01-02T03:04:05Z","eventType":"DEVICE_EVENT","deviceEvent":{"eventId":"e1","locationId":"%s","deviceId":"%s","componentId":"main","capability":"%s","attribute":"%s","value":%s,"stateChange":true,"subscriptionName":"motion_0"}}' \
		"$LOCATION" "$1" "$2" "$3" "$4"
}
