#!/usr/bin/env bats
# Node servers, their access, messages and nodes, as plain CGI. The numbers are those of the acceptance checks, 1 to 23
# (docs/polyglot.md lists them). long because: it is one check after another.

load helper
load polyglot

setup_file() { polyglot_root; }
setup() { load_libs; }
teardown() { [ -z "${n-}" ] || api DELETE "/$n" >/dev/null; }

@test "1 a node server is created: its secrets are shown once, and the list has none" {
	create '{"name":"Ecobee","profileNum":7}'
	[ "$n" = 7 ]
	[ "${#worker}" -ge 22 ]
	[ "${#token}" -ge 40 ]
	[[ $pgurl == "$PUBLIC/api/sys/nsgetioturl?params="* ]]
	api GET ''
	status 200
	json '.nodeservers[] | select(.profileNum == 7) | .name == "Ecobee"'
	hasnt "$token"
	hasnt "${pgurl##*=}"
	api GET /7
	hasnt "$token"
	# nor does the store have them
	run gatehouse store dump
	refute_output --partial "$token"
	refute_output --partial "${pgurl##*=}"
}

@test "an operator does the same from the command line" {
	run gatehouse nodeserver add 'From a shell' --user ann --slot 9 --json
	assert_success
	worker=$(jq -r .worker <<<"$output") token=$(jq -r .token <<<"$output") pgurl=$(jq -r .pgurl <<<"$output")
	post '{"connected":true}'
	status 200
	cgi polyglot GET "${pgurl#"$PUBLIC"}"
	status 200
	run gatehouse nodeserver list --user ann
	assert_output --regexp 'From a shell +yes'
	refute_output --partial "$token"
	run gatehouse nodeserver add Other --user ann --slot 9
	assert_failure 1
	run gatehouse nodeserver rotate 9 --user ann
	assert_success
	refute_output --partial "$token"
	post '{"connected":true}'
	status 401
	run gatehouse nodeserver delete 9 --user ann
	assert_success
	run gatehouse nodeserver delete 9 --user ann
	assert_failure 1
	run gatehouse nodeserver rotate x --user ann
	assert_failure 1
	run gatehouse nodeserver add X --user ann --slot 26
	assert_failure 2
}

@test "4 certificates for MQTT: made anew each time, by an authority that is made once" {
	create
	cgi polyglot GET "${pgurl#"$PUBLIC"}"
	json '.iotHost == null and .iotCert == null and .stage == "pgc/'"$worker"'"'
	run gatehouse nodeserver cert "$n" --user ann
	assert_failure 1
	assert_output --partial 'nodeserver broker'
	jq '.mqtt.host = "home.example.org"' "$ROOT/gatehouse.json" >"$BATS_TEST_TMPDIR/config"
	cp "$ROOT/gatehouse.json" "$BATS_TEST_TMPDIR/former"
	cp "$BATS_TEST_TMPDIR/config" "$ROOT/gatehouse.json"
	gatehouse nodeserver broker
	local ca=$ROOT/secret/mqtt/ca.crt made
	made=$(<"$ca")
	gatehouse nodeserver broker --json
	[ "$(<"$ca")" = "$made" ]
	openssl verify -purpose sslserver -verify_hostname home.example.org -CAfile "$ca" "$ROOT/secret/mqtt/broker.crt"
	openssl verify -purpose sslclient -CAfile "$ca" "$ROOT/secret/mqtt/bridge.crt"
	[ "$(stat -c %a "$ROOT"/secret/mqtt "$ROOT"/secret/mqtt/*.key | sort -u | xargs)" = '600 700' ]
	gatehouse nodeserver cert "$n" --user ann --dir "$BATS_TEST_TMPDIR" --json >"$BATS_TEST_TMPDIR/said"
	[ "$(jq -r .iotPrivateKey "$BATS_TEST_TMPDIR/said")" = "$(<"$BATS_TEST_TMPDIR/private.key")" ]
	jq -e --arg s "pgc/$worker" '.stage == $s and .iotPort == 8883' "$BATS_TEST_TMPDIR/said"
	[ "$(openssl x509 -in "$BATS_TEST_TMPDIR/iot.crt" -noout -subject)" = "subject=CN = $worker" ]
	# the key in the file is the certificate's; the PGURL has another one each time
	[ "$(openssl pkey -in "$BATS_TEST_TMPDIR/private.key" -pubout)" = "$(openssl x509 -in "$BATS_TEST_TMPDIR/iot.crt" -noout -pubkey)" ]
	cgi polyglot GET "${pgurl#"$PUBLIC"}"
	json '.iotHost == "home.example.org" and .iotPort == 8883'
	[ "$(json .iotPrivateKey)" != "$(<"$BATS_TEST_TMPDIR/private.key")" ]
	json .iotCert >"$BATS_TEST_TMPDIR/other.crt"
	openssl verify -purpose sslclient -CAfile "$ca" "$BATS_TEST_TMPDIR/other.crt"
	openssl x509 -in "$BATS_TEST_TMPDIR/iot.crt" -noout -ext basicConstraints | grep -q CA:FALSE
	# a rotation is another name
	api POST "/$n/rotate"
	gatehouse nodeserver cert "$n" --user ann --json | jq -e --arg s "pgc/$worker.2" '.stage == $s'
	cp "$BATS_TEST_TMPDIR/former" "$ROOT/gatehouse.json"
	# settings by stage, for those that look there
	create '{"name":"x","oauth":{"prod":{"clientId":"p"},"test":{"clientId":"t"}}}'
	cgi polyglot GET "${pgurl#"$PUBLIC"}"
	json '.nodeServer.oauth["pgc/'"$worker"'"] == {"clientId":"p"} and .nodeServer.oauth.test.clientId == "t"'
	create '{"name":"x","oauth":{"clientId":"all"}}'
	cgi polyglot GET "${pgurl#"$PUBLIC"}"
	json '.nodeServer.oauth == {"clientId":"all","pgc/'"$worker"'":{"clientId":"all"}}'
}

@test "2 slots are 1 to 25, each once" {
	for bad in 0 26 '"x"' 1.5 -1; do
		api POST '' '{"name":"x","profileNum":'"$bad"'}'
		status 400
	done
	create '{"name":"x","profileNum":25}'
	api POST '' '{"name":"x","profileNum":25}'
	status 409
	for bad in '{}' '{"name":""}' '{"name":5}' '{"name":"x","oauth":[]}' '{"name":"x","nodedefs":{"A":{}}}'; do
		api POST '' "$bad"
		status 400
	done
	as=$bob
	local bob_csrf
	cgi polyglot GET /nodeservers '' HTTP_COOKIE="$bob"
	bob_csrf=$(hidden csrf)
	for i in {1..25}; do
		csrf=$bob_csrf api POST '' '{"name":"n'"$i"'"}'
		status 201
	done
	csrf=$bob_csrf api POST '' '{"name":"one more"}'
	status 409
}

@test "3 nobody without a session, nobody else's, no form of another site" {
	create
	as='' api GET ''
	status 401
	as='' api POST '' '{"name":"x"}'
	status 401
	cgi polyglot POST /polyglot/api/nodeservers '{"name":"x"}' CONTENT_TYPE=application/json HTTP_COOKIE="$session"
	status 403
	api GET /24
	status 404
	cgi polyglot GET /polyglot/api/nodeservers/"$n" '' HTTP_COOKIE="$bob"
	# bob has all 25 slots of his own: what he sees is his
	[ "$(json .worker)" != "$worker" ]
	for bad in 0 26 x 1/2/3 ''; do
		api GET "/$bad"
		status 404
	done
}

@test "4 the PGURL answers all that a program needs to start" {
	create
	cgi polyglot GET "${pgurl#"$PUBLIC"}"
	status 200
	[[ $(header Cache-Control) == no-store ]]
	json 'has("stage") and has("iotHost") and has("iotCert") and has("iotPrivateKey")'
	json '.nodeServer | .firstRun == true and .connected == false and .nodes == {} and .shortPoll == 60 and .longPoll == 120'
	local member
	for member in id profileNum userId worker name type nodes connected firstRun isyVersion isyUsername isyPassword shortPoll \
		longPoll customParams customData notices logBucket netInfo oauth url language version timeAdded timeStarted \
		lastDisconnect development pgUrl; do
		json ".nodeServer | has(\"$member\")"
	done
	json '.nodeServer.netInfo | has("publicIp") and has("publicPort") and (.httpsIngress | endswith("/"))'
	[ "$(json .token)" = "$token" ]
	[ "$(json .apiUrl)" = "$PUBLIC/polyglot/ns/$worker/messages" ]
}

@test "5 a PGURL that is not right says nothing, always in the same words" {
	create
	local params=${pgurl##*=} text said=''
	text=$(base64 -d <<<"$(tr _- /+ <<<"$params")==" 2>/dev/null || true)
	local wrong=("" "x" "$params=" "${params}A" "${params%??}" '!!!' "$(printf '{}' | base64 -w0)" "$(printf '[1' | base64 -w0)")
	wrong+=("$(jq -c '.profileNum = 25' <<<"$text" | tr -d '\n' | base64 -w0 | tr '/+' '_-' | tr -d =)")
	wrong+=("$(jq -c '.password = "x"' <<<"$text" | tr -d '\n' | base64 -w0 | tr '/+' '_-' | tr -d =)")
	wrong+=("$(jq -c '.id = "x"' <<<"$text" | tr -d '\n' | base64 -w0 | tr '/+' '_-' | tr -d =)")
	wrong+=("$(jq -c '.userId = "x"' <<<"$text" | tr -d '\n' | base64 -w0 | tr '/+' '_-' | tr -d =)")
	[ "$(jq -c '.' <<<"$text" | jq -r .profileNum)" = "$n" ]
	for text in "${wrong[@]}"; do
		cgi polyglot GET "/api/sys/nsgetioturl?params=$(urlencode "$text")"
		status 403
		[ -z "$said" ] || [ "$body" = "$said" ]
		said=$body
	done
	cgi polyglot GET /api/sys/nsgetioturl
	[ "$body" = "$said" ]
}

@test "6 a PGURL works again and again; a rotation and a new one in the slot end it" {
	create
	local old=$pgurl old_token=$token old_worker=$worker
	cgi polyglot GET "${old#"$PUBLIC"}"
	status 200
	cgi polyglot GET "${old#"$PUBLIC"}"
	status 200
	api POST "/$n/rotate"
	status 202
	[ "$(json .pgUrl)" != "$old" ]
	post '{"config":{}}' "$old_token"
	status 401
	post '{"config":{}}' "$(api POST "/$n/rotate" && json .token)"
	status 200
	cgi polyglot GET "${old#"$PUBLIC"}"
	status 403
	api DELETE "/$n"
	status 200
	create '{"name":"Test","profileNum":'"$n"'}'
	[ "$pgurl" != "$old" ]
	[ "$worker" != "$old_worker" ]
	cgi polyglot GET "${old#"$PUBLIC"}"
	status 403
}

@test "7 messages need the node server's own token" {
	create
	local mine=$worker mine_token=$token
	create
	worker=$mine
	post '{"config":{}}' "$token"
	status 401
	[[ $(header WWW-Authenticate) == Bearer* ]]
	for bad in '' x "$mine_token.x"; do
		post '{"config":{}}' "$bad"
		status 401
	done
	cgi polyglot POST "/polyglot/ns/$worker/messages" '{"config":{}}'
	status 401
	worker=nobody
	post '{"config":{}}' "$mine_token"
	status 401
	worker=$mine
	post '{"config":{}}' "$mine_token"
	status 200
	token=$mine_token
	get
	status 200
	cgi polyglot GET "/polyglot/ns/$worker/other" '' HTTP_AUTHORIZATION="Bearer $token"
	status 404
}

@test "8 what is no message is refused" {
	create
	for bad in '' '{' 5 '"x"' null '{}' '[]' '[5' '{"a":1,"a":2}'; do
		post "$bad"
		status 400
		json .error
	done
	post "[$(printf '{"config":{}},%.0s' {1..50}){\"config\":{}}]"
	status 413
	post '[{"config":{}},5]'
	status 200
	for bad in after=x after=-1 wait=21 wait=x; do
		cgi polyglot GET "/polyglot/ns/$worker/messages?$bad" '' HTTP_AUTHORIZATION="Bearer $token"
		status 400
	done
}

@test "9 an unknown word is said, the others of the message are done" {
	create
	post '{"userId":"x","id":"y","dance":{},"customparams":{"a":"1"}}'
	status 200
	json '.results[0].dance | .success == false and .statusCode == 400'
	json '.results[1].customparams.success'
	post '{"dance":{}}'
	status 400
}

@test "10 11 12 connected, the controller, and adding twice" {
	create
	post '{"connected":true}'
	status 200
	api GET "/$n"
	json '.connected and (.firstRun | not) and .timeStarted > 0'
	controller
	json '.results[0].addnode | .success and .address == "controller"'
	after='' fetch
	# the answer comes before the config that has the node
	[ "$(jq -rs '[.[].msg | keys[0]] | join(" ")' <<<"$messages")" = 'result config' ]
	told '.result.addnode | .success == true and .address == "controller"'
	config '.nodes.controller | .isPrimary and .timeAdded > 0 and .drivers.ST.value == "1"'
	local added
	added=$(config .nodes.controller.timeAdded)
	controller
	after='' fetch
	[ "$(config .nodes.controller.timeAdded)" = "$added" ]
	dimmer
	dimmer
	[ "$(gatehouse device list --user ann --json | jq '[.[] | select(.id | endswith("_lamp1"))] | length')" -ge 1 ]
	[ "$(gatehouse device list --user ann --json | jq "[.[] | select(.id == \"$(printf 'n%03d_lamp1' "$n")\")] | length")" = 1 ]
	post '{"connected":false}'
	api GET "/$n"	# a GET of its own would be a sign of life
	json '.nodes.controller.drivers.ST.value == "0" and (.connected | not) and .lastDisconnect > 0'
}

@test "13 another name or nodedef counts everywhere; what an owner called it stays" {
	running
	local id
	id=$(printf 'n%03d_lamp1' "$n")
	dimmer lamp1 'Reading lamp'
	schema discoveryRequest
	json ".devices[] | select(.externalDeviceId == \"$id\") | .friendlyName == \"Reading lamp\""
	gatehouse device rename "$id" Mine --user ann >/dev/null
	dimmer lamp1 'Reading lamp'
	gatehouse device show "$id" --user ann --json | jq -e '.name == "Mine"'
	post '{"addnode":{"address":"lamp1","name":"Relay","nodedefid":"RELAY","primary":"controller","drivers":[{"driver":"ST","value":"0","uom":2}]}}'
	schema discoveryRequest
	json ".devices[] | select(.externalDeviceId == \"$id\") | .deviceHandlerType == \"c2c-switch\" and .friendlyName == \"Relay\""
	fetch
	config '.nodes.lamp1 | .nodedefid == "RELAY" and .drivers.ST.uom == 2'
}

@test "14 15 16 nodes that are not right are refused, and nothing is told as a single failure" {
	running
	local whole='{"address":"a1","name":"A","nodedefid":"X","primary":"controller","drivers":[]}' v
	local -a bad=()
	for v in address name nodedefid primary drivers; do bad+=("{\"addnode\":$(jq -c "del(.$v)" <<<"$whole")}"); done
	for v in '.address="abcdefghijklmno"' '.address="A1"' '.address="a-1"' '.address="a/1"' '.address=""' '.address=5' '.name=""' \
		'.drivers=5' '.drivers=[5]' '.drivers=[{"driver":"ST","value":{}}]' '.primary="nobody"'; do
		bad+=("{\"addnode\":$(jq -c "$v" <<<"$whole")}")
	done
	refused 400 "${bad[@]}"
	post '{"addnode":5}'
	status 400
	fetch
	[ -z "${messages//[[:space:]]/}" ]
	post "{\"addnode\":$whole}"
	status 200
	post "{\"addnode\":$(jq -c '.primary = .address | .address = "b1" | .primary = "a1"' <<<"$whole")}"
	status 200
}

@test "17 18 a batch: one config, a result for each, and one bad item spoils nothing" {
	running
	local add stat
	add=$(jq -cn '[range(20) | {address: "s\(.)", name: "Switch \(.)", nodedefid: "S", primary: "controller", drivers: [{driver: "ST", value: "0", uom: 2}]}] | .[7].primary = "nobody"')
	stat=$(jq -cn '[range(20) | {address: "s\(.)", driver: "ST", value: "100"}] | .[3].driver = "GV9"')
	post "{\"batch\":{\"addnode\":$add,\"status\":$stat}}"
	status 200
	json '.results[0].batch | (.addnode | length) == 20 and (.status | length) == 20'
	json '.results[0].batch.addnode | [.[] | select(.success and .statusCode == 200)] | length == 19'
	json '.results[0].batch.addnode[7] | .success == false and .statusCode == 400'
	json '.results[0].batch.status | [.[] | select(.success)] | length == 18'
	fetch
	[ "$(jq -rs '[.[].msg | keys[0]] | join(" ")' <<<"$messages")" = 'result config' ]
	told '.result.addnode | length == 20 and .[0].success and .[0].statusCode == 200 and .[0].address == "s0"'
	config '[.nodes[] | select(.drivers.ST.value == "100")] | length == 18'
	gatehouse device show "$(printf 'n%03d_s19' "$n")" --user ann | grep -q 'on'
	post "{\"batch\":{\"addnode\":$(jq -c '. + .' <<<"$add")}}"
	status 400
	post '{"batch":{"removenode":[{"address":"s1"},{"address":"none"}]}}'
	json '.results[0].batch.removenode | all(.success)'
}

@test "19 20 mapped nodes are in discovery, the controller and what nothing maps are not" {
	running '{"name":"Mapped","nodedefs":{"FAN":{"handler":"c2c-switch","state":[{"driver":"GV1","capability":"st.switch","attribute":"switch","map":{"0":"off","*":"on"}}],"commands":{"st.switch/on":{"cmd":"FANON","value":"3","uom":"25"},"switch/off":{"cmd":"FANOFF"}}}}}'
	post '{"addnode":{"address":"fan","name":"Fan","nodedefid":"FAN","primary":"controller","drivers":{"GV1":{"value":2,"uom":25}}}}'
	status 200
	post '{"addnode":{"address":"odd","name":"Odd","nodedefid":"ODD","primary":"controller","drivers":[{"driver":"GV7","value":"1","uom":56}]}}'
	status 200
	schema discoveryRequest
	local p
	p=$(printf 'n%03d_' "$n")
	json "[.devices[].externalDeviceId] | (index(\"${p}lamp1\") != null) and (index(\"${p}fan\") != null) and (index(\"${p}controller\") == null) and (index(\"${p}odd\") == null)"
	fetch
	config '.nodes | has("odd")'
	schema stateRefreshRequest ",\"devices\":[{\"externalDeviceId\":\"${p}fan\"}]"
	json '[.deviceState[0].states[] | select(.capability == "st.switch")][0].value == "on"'
	command_to "${p}fan" switch on
	fetch
	told '.command | .cmd == "FANON" and .value == "3" and .uom == "25" and .address == "fan"'
	for bad in '{"handler":"c2c-nothing","state":[]}' '{"handler":"c2c-switch","state":[{"driver":"ST","capability":"nothing","attribute":"x"}]}' \
		'{"handler":"c2c-switch","state":[],"commands":{"switch/dance":{"cmd":"X"}}}' '{"handler":"c2c-switch","state":[],"commands":{"switch/on":{}}}'; do
		api POST '' "{\"name\":\"x\",\"nodedefs\":{\"A\":$bad}}"
		status 400
		has nodedefs.A
	done
}

@test "drivers mean what their units say" {
	running
	local p
	p=$(printf 'n%03d_' "$n")
	# driver, unit, value, then type and state as others see them
	local -a rows=('ST|100|255|c2c-dimmer|st.switchLevel|level|100' 'ST|78|100|c2c-switch|st.switch|switch|"on"'
		'CLITEMP|4|21.5|c2c-humidity|st.temperatureMeasurement|temperature|21.5' 'CLITEMP|17|70|c2c-humidity|st.temperatureMeasurement|temperature|70'
		'CLIHUM|22|44|c2c-humidity-2|st.relativeHumidityMeasurement|humidity|44' 'LUMIN|36|120|c2c-motion-4|st.illuminanceMeasurement|illuminance|120'
		'ST|11|100|c2c-lock-2|st.lock|lock|"locked"' 'ST|79|0|c2c-contact-3|st.contactSensor|contact|"open"')
	local row driver uom value type capability attribute want add='' i=0
	for row in "${rows[@]}"; do
		IFS='|' read -r driver uom value type capability attribute want <<<"$row"
		i=$((i + 1))
		add+=",{\"addnode\":{\"address\":\"d$i\",\"name\":\"D $i\",\"nodedefid\":\"D\",\"primary\":\"controller\",\"drivers\":[{\"driver\":\"$driver\",\"value\":\"$value\",\"uom\":\"$uom\"}]}}"
	done
	post "[${add#,}]"
	status 200
	json ".results | length == $i and all(.[]; .addnode.success)"
	schema discoveryRequest
	i=0
	for row in "${rows[@]}"; do
		IFS='|' read -r driver uom value type capability attribute want <<<"$row"
		i=$((i + 1))
		json ".devices[] | select(.externalDeviceId == \"${p}d$i\") | .deviceHandlerType == \"$type\""
	done
	schema stateRefreshRequest ",\"devices\":$(jq -nc --arg p "$p" --argjson n "$i" '[range($n) | {externalDeviceId: "\($p)d\(. + 1)"}]')"
	i=0
	for row in "${rows[@]}"; do
		IFS='|' read -r driver uom value type capability attribute want <<<"$row"
		i=$((i + 1))
		json ".deviceState[$i - 1].states[] | select(.capability == \"$capability\" and .attribute == \"$attribute\") | .value == $want" || { echo "$row"; return 1; }
	done
	# 17 is Fahrenheit
	schema stateRefreshRequest ",\"devices\":[{\"externalDeviceId\":\"${p}d4\"}]"
	json '.deviceState[0].states[] | select(.attribute == "temperature") | .unit == "F"'
	# what never was reported is not made up
	hasnt battery
	command_to "${p}d1" switchLevel setLevel '[40]'
	fetch
	told '.command | .cmd == "DON" and .value == "102" and .uom == "100"'
}

@test "21 22 23 values: told once, zero and nothing are values, unknown ones are refused" {
	running
	local id seq
	id=$(printf 'n%03d_lamp1' "$n")
	seq() { gatehouse store dump | jq -r 'select(.key | startswith("changes/")) | .value.seq' | sort -n | tail -1; }
	post '{"status":{"address":"lamp1","driver":"ST","value":"55","uom":51}}'
	status 200
	schema stateRefreshRequest ",\"devices\":[{\"externalDeviceId\":\"$id\"}]"
	json '[.deviceState[0].states[] | select(.attribute == "level")][0].value == 55'
	local before
	before=$(seq)
	post '{"status":{"address":"lamp1","driver":"ST","value":55,"uom":51}}'
	status 200
	[ "$(seq)" = "$before" ]
	post '{"status":{"address":"lamp1","driver":"ST","value":56,"uom":51}}'
	[ "$(seq)" -gt "$before" ]
	post '[{"status":{"address":"lamp1","driver":"ST","value":0}},{"status":{"address":"lamp1","driver":"ST","value":"0"}},
		{"status":{"address":"lamp1","driver":"ST","value":"","uom":51}}]'
	status 200
	json '.results | length == 3 and all(.[]; .status.success)'
	fetch
	config '.nodes.lamp1.drivers.ST.value == ""'
	before=$(seq)
	refused 404 '{"status":{"address":"nobody","driver":"ST","value":"1"}}' '{"status":{"address":"lamp1","driver":"GV1","value":"1"}}'
	refused 400 '{"status":{}}' '{"status":{"address":"lamp1","driver":"ST"}}' '{"status":{"address":"lamp1","driver":"ST","value":[]}}' '{"status":5}'
	[ "$(seq)" = "$before" ]
	# out of the attribute's range: kept as the driver's, not as the device's
	post '{"status":{"address":"lamp1","driver":"ST","value":"500"}}'
	json '.results[0].status | .success and (.note | length > 0)'
	# reports and commands of a node go by
	post '{"command":{"address":"lamp1","command":"DON"},"value":"1","uom":"2","report":{"requestId":"1","success":true}}'
	json '.results | length == 2 and all(.[]; .[].success)'
}
