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
	until [ -s "$KEYS/port" ]; do sleep 0.05; done
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

# move SECONDS: the clock of the instance is so far ahead (simulator: true); in place, as running programs have it mapped.
move() {
	printf '%016x' $((($1) * 1000)) | sed 's/\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)/\\x\8\\x\7\\x\6\\x\5\\x\4\\x\3\\x\2\\x\1/' |
		xargs -0 printf '%b' | dd of="$ROOT/clock" conv=notrunc status=none
}

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

# deliver BODY [NAME=VALUE...]: as CGI, with what sign has set. Sets what cgi sets.
deliver() {
	local data=$1 dir=$BATS_TEST_TMPDIR out
	shift
	LC_ALL=C
	printf '%s' "$data" | env -i PATH="$PATH" ASAN_OPTIONS="$ASAN_OPTIONS" GATEHOUSE_ROOT="$ROOT" GATEHOUSE_SHARE="$TOP" \
		REQUEST_METHOD=POST REQUEST_URI=/smartapp CONTENT_LENGTH="${#data}" REMOTE_ADDR=192.0.2.7 "${headers[@]}" "$@" \
		"$BUILD/smartapp-lifecycle" >"$dir/cgi.out" 2>"$dir/cgi.err" || { cat "$dir/cgi.err"; return 1; }
	LC_ALL=C.UTF-8
	out=$(<"$dir/cgi.out")
	head=${out%%$'\r\n\r\n'*} body=${out#*$'\r\n\r\n'}
	code=$(header Status)
}

# send BODY: sign and deliver.
send() {
	sign "$1"
	deliver "$1"
}

# refused STATUS ERROR [TEXT]: the last answer says just that; TEXT stands in the log, and not in the answer.
refused() {
	status "$1"
	assert_equal "$(jq -r .error <<<"$body")" "$2"
	assert_equal "$(jq -r 'keys - ["correlationId", "error"] | length' <<<"$body")" 0
	[ -z "${3-}" ] || grep -qF -- "$3" "$BATS_TEST_TMPDIR/cgi.err" || { echo "not in the log: $3"; cat "$BATS_TEST_TMPDIR/cgi.err"; return 1; }
}

# message PHASE MEMBER DATA: a lifecycle request; each with an executionId of its own.
message() {
	jq -nc --arg phase "$1" --arg member "$2" --argjson data "$3" --arg id "$(cat /proc/sys/kernel/random/uuid)" \
		'{lifecycle: $phase, executionId: $id, locale: "en", version: "0.1.0", settings: {}, ($member): $data}'
}

# installed CONFIG: the installedApp member.
installed() {
	jq -nc --arg app "$APP" --arg location "$LOCATION" --argjson config "${1:-{\}}" \
		'{installedAppId: $app, locationId: $location, config: $config, permissions: ["r:devices:*"]}'
}

# install CONFIG, update CONFIG, uninstall, events CONFIG EVENT...: whole messages.
install() { message INSTALL installData "$(jq -nc --argjson a "$(installed "$1")" '{authToken: "at-1", refreshToken: "rt-1", installedApp: $a}')"; }
update() { message UPDATE updateData "$(jq -nc --argjson a "$(installed "$1")" '{authToken: "at-2", refreshToken: "rt-2", installedApp: $a, previousConfig: {}, previousPermissions: []}')"; }
uninstall() { message UNINSTALL uninstallData "$(jq -nc --argjson a "$(installed)" '{installedApp: $a}')"; }
events() {
	local config=$1
	shift
	message EVENT eventData "$(jq -nc --argjson a "$(installed "$config")" '{authToken: "et-1", installedApp: $a, events: [$ARGS.positional[] | fromjson]}' --args "$@")"
}

# device_setting ID...: the value of a DEVICE setting. text_setting TEXT.
device_setting() { jq -nc '[$ARGS.positional[] | {valueType: "DEVICE", deviceConfig: {deviceId: ., componentId: "main"}}]' --args "$@"; }
text_setting() { jq -nc --arg v "$1" '[{valueType: "STRING", stringConfig: {value: $v}}]'; }

# device_event DEVICE CAPABILITY ATTRIBUTE VALUE(JSON)
device_event() {
	jq -nc --arg d "$1" --arg c "$2" --arg a "$3" --argjson v "$4" --arg l "$LOCATION" \
		'{eventTime: "2026-01-02T03:04:05Z", eventType: "DEVICE_EVENT", deviceEvent: {eventId: "e1", locationId: $l, deviceId: $d,
			componentId: "main", capability: $c, attribute: $a, value: $v, stateChange: true, subscriptionName: "motion_0"}}'
}
