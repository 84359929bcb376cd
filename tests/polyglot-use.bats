#!/usr/bin/env bats
# What goes on between node servers, owners and the outside, as plain CGI: acceptance checks 24 to 44 (docs/polyglot.md).
# long because: it is one check after another.

load helper
load polyglot

setup_file() { polyglot_root; }
setup() { load_libs; }
teardown() { [ -z "${n-}" ] || api DELETE "/$n" >/dev/null; }

@test "24 25 a command arrives once a number, and again until it is acknowledged" {
	running
	local id next
	id=$(printf 'n%03d_lamp1' "$n")
	command_to "$id" switch on
	get "$after"
	json '.messages | length == 1'
	json '.messages[0].msg.command | .address == "lamp1" and .cmd == "DON" and (has("value") | not)'
	next=$(json .next)
	get "$after"
	json '.messages | length == 1'
	get "$next" 0
	json '.messages == []'
	get "$after" 0
	json '.messages == []'	# dropped: it said that it had it
	after=$next
	command_to "$id" switchLevel setLevel '[40]'
	fetch
	told '.command | .cmd == "DON" and .value == "40" and .uom == "51"'
	command_to "$id" switchLevel setLevel '[400]'
	json '.deviceState[0].deviceError[0].errorEnum == "RESOURCE-CONSTRAINT-VIOLATION"'
	command_to "$id" refresh refresh
	fetch
	told '.query.address == "lamp1"'
}

@test "24 the command's answer has what the node server reports meanwhile" {
	running
	local id start
	id=$(printf 'n%03d_lamp1' "$n")
	(
		cgi polyglot GET "/polyglot/ns/$worker/messages?wait=10&after=$after" '' HTTP_AUTHORIZATION="Bearer $token"
		post '{"status":{"address":"lamp1","driver":"ST","value":"100","uom":51}}'
	) 3>&- &
	mkdir -p "$BATS_TEST_TMPDIR/here"
	BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/here
	start=$(date +%s%3N)
	command_to "$id" switch on
	[ $(($(date +%s%3N) - start)) -lt 2900 ]
	json '.deviceState[0].states[] | select(.attribute == "switch") | .value == "on"'
	wait
}

@test "26 43 a node server that is silent or away: devices are offline at once" {
	running
	local id start
	id=$(printf 'n%03d_lamp1' "$n")
	post '{"connected":false}'
	start=$(date +%s%3N)
	command_to "$id" switch on
	[ $(($(date +%s%3N) - start)) -lt 2900 ]
	json '.deviceState[0].deviceError[0].errorEnum == "DEVICE-OFFLINE"'
	fetch
	run ! told .command
	# fetching is a sign of life, too
	api GET "/$n"
	json .connected
	command_to "$id" switch on
	json '.deviceState[0] | has("deviceError") | not'
}

@test "27 a GET waits for news, not longer than it says" {
	running
	local start
	start=$(date +%s%3N)
	get "$after" 1
	status 200
	json '.messages == []'
	start=$(($(date +%s%3N) - start))
	[ "$start" -ge 900 ]
	[ "$start" -lt 10000 ]
	(sleep 0.5; api POST "/$n/query" >/dev/null) 3>&- &
	mkdir -p "$BATS_TEST_TMPDIR/here"
	BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/here
	start=$(date +%s%3N)
	get "$after" 20
	json '.messages[0].msg.query.address == "all"'
	[ $(($(date +%s%3N) - start)) -lt 10000 ]
	wait
}

@test "28 29 30 what it keeps here is replaced whole, in limits, and survives" {
	running
	local what member
	for what in customdata:customData customparams:customParams notices:notices; do
		member=${what#*:}
		post "{\"${what%:*}\":{\"a\":1}}"
		post "{\"${what%:*}\":{\"b\":{\"deep\":[\"\\u00e4\\ud83d\\ude00\",null,1.5]}}}"
		status 200
		fetch
		config ".$member == {\"b\":{\"deep\":[\"ä😀\",null,1.5]}}"
		refused 400 "{\"${what%:*}\":"{5,[],'"x"',null}\}
	done
	post "{\"customdata\":{\"a\":\"$(head -c 70000 /dev/zero | tr '\0' x)\"}}"
	status 413
	post "{\"customparams\":{\"a\":\"$(head -c 17000 /dev/zero | tr '\0' x)\"}}"
	status 413
	post "{\"customdata\":{\"a\":\"$(head -c 60000 /dev/zero | tr '\0' x)\"}}"
	status 200
	post '{"customdata":{"token":"secret-of-a-vendor"}}'
	run gatehouse store dump
	refute_output --partial secret-of-a-vendor
	# compare and set
	fetch
	local version
	version=$(config .customDataVersion)
	post '{"customdata":{"n":1},"ifVersion":'"$version"'}'
	status 200
	post '{"customdata":{"n":2},"ifVersion":'"$version"'}'
	status 409
	fetch
	config '.customData == {"n":1}'
}

@test "31 the owner's changes reach it; polls must make sense" {
	local -a all=()
	running
	api PATCH "/$n" '{"customParams":{"host":"10.0.0.7"},"polls":{"shortPoll":5,"longPoll":60}}'
	status 200
	fetch
	told '.polls == {"shortPoll":5,"longPoll":60}'
	config '.shortPoll == 5 and .longPoll == 60 and .customParams.host == "10.0.0.7"'
	for bad in '{"shortPoll":60,"longPoll":60}' '{"shortPoll":0,"longPoll":60}' '{"shortPoll":-5,"longPoll":60}' '{"shortPoll":5}' 7 '{"shortPoll":5,"longPoll":9999999}'; do
		api PATCH "/$n" "{\"polls\":$bad}"
		status 400
		all+=("{\"polls\":$bad}")
	done
	refused 400 "${all[@]}"
	api PATCH "/$n" '{}'
	status 400
	api PATCH "/$n" '{"name":"x"}'
	status 400
}

@test "31 maps and OAuth settings are changed after creation, by the API and the page" {
	running
	local id fan='{"VNODE_DIMMER":{"handler":"c2c-switch","state":[{"driver":"ST","capability":"switch","attribute":"switch","map":{"0":"off","*":"on"}}],"commands":{"switch/on":{"cmd":"FANON"}}}}'
	id=$(printf 'n%03d_lamp1' "$n")
	post '{"status":{"address":"lamp1","driver":"ST","value":"7"}}'
	api PATCH "/$n" '{"nodedefs":'"$fan"',"oauth":{"prod":{"clientSecret":"sec-ret"}}}'
	status 200
	hasnt sec-ret
	# the node is another device at once, with the value that it had
	run gatehouse device show "$id" --user ann --json
	[ "$(jq -r .type <<<"$output")" = c2c-switch ]
	fetch
	config '.oauth.prod.clientSecret == "sec-ret" and .nodes.lamp1.drivers.ST.value == "7"'
	command_to "$id" switch on
	fetch
	told '.command.cmd == "FANON"'
	for bad in '{"nodedefs":{"A":{}}}' '{"nodedefs":5}' '{"oauth":[]}' '{"oauth":{"a":"'"$(head -c 17000 /dev/zero | tr '\0' x)"'"}}'; do
		api PATCH "/$n" "$bad"
		status 400
	done
	form() { cgi polyglot POST "/nodeservers/$n" "csrf=$csrf&action=develop&$1" HTTP_COOKIE="$session" HTTP_ORIGIN="$PUBLIC"; }
	form 'nodedefs=%7B%7D&oauth='
	status 303
	[ "$(gatehouse device show "$id" --user ann --json | jq -r .type)" = c2c-dimmer ]
	form 'nodedefs=%7B%22A%22&oauth='
	status 400
	has 'This is not JSON: nodedefs'
	has '{&quot;A&quot;</textarea>'
	form 'oauth=%7B%22clientId%22%3A%22new%22%7D'
	cgi polyglot GET "/nodeservers/$n" '' HTTP_COOKIE="$session"
	has 'Settings are there and are not shown'
	hasnt clientId
	fetch
	config '.oauth.clientId == "new" and (.oauth | has("prod") | not)'
}

@test "its messages are noted while the owner wants that, secrets by their size alone" {
	running
	page() { cgi polyglot GET "/nodeservers/$n" '' HTTP_COOKIE="$session"; }
	post '{"status":{"address":"lamp1","driver":"ST","value":"11"}}'
	page
	has 'have its messages noted for 15 minutes'
	api POST "/$n/watch"
	status 202
	post '{"status":{"address":"lamp1","driver":"ST","value":"12"},"userId":"demo"}'
	post '{"status":{"address":"none","driver":"ST","value":"<b>"},"customdata":{"token":"sec-ret"}}'
	api POST "/$n/query"
	cgi polyglot GET "/ns/$worker/hook?key=sec-ret"
	page
	has 'status {&quot;address&quot;:&quot;lamp1&quot;,&quot;driver&quot;:&quot;ST&quot;,&quot;value&quot;:&quot;12&quot;}</code>'
	has 'status: there is no node none'
	has 'customdata (19 bytes)'
	has 'query {&quot;address&quot;:&quot;all&quot;}'
	has 'webhook ('
	has 'to it'
	hasnt '<b>'
	hasnt sec-ret
	hasnt 'value&quot;:&quot;11'
	for i in {1..65}; do echo '{"status":{"address":"lamp1","driver":"ST","value":"v'"$i"'"}}'; done | split -l 33 --filter='jq -sc . >"$FILE"' - "$BATS_TEST_TMPDIR/many"
	for i in "$BATS_TEST_TMPDIR"/many*; do post "$(<"$i")"; done
	page
	has 'v65&quot;'
	hasnt 'v5&quot;'
}

@test "32 a notice's script is text, its links are links" {
	running
	post '{"notices":{"a":"<script>alert(1)</script> click <a href=\"https://vendor.example/auth?state=1&x=2\" onclick=\"x()\">here</a>","b":"<img src=x onerror=alert(1)>","c":"javascript:alert(1)"}}'
	cgi polyglot GET "/nodeservers/$n" '' HTTP_COOKIE="$session"
	status 200
	has 'href="https://vendor.example/auth?state=1&amp;x=2"'
	hasnt '<script>alert'
	hasnt onerror
	hasnt onclick
	hasnt 'href="javascript'
	has 'click here'
}

@test "33 34 35 an OAuth answer goes to the owner's node server alone, and nothing of it stays" {
	running
	callback() { cgi polyglot GET "/api/oauth/callback?$1" '' HTTP_COOKIE="${2-$session}"; }
	callback "code=c0de-of-a-vendor&state=$worker&extra=1"
	status 303
	[ "$location" = "/nodeservers/$n?done=oauth" ]
	run gatehouse store dump
	refute_output --partial c0de-of-a-vendor
	hasnt c0de-of-a-vendor
	fetch
	told '.oauth == {"code":"c0de-of-a-vendor","state":"'"$worker"'","extra":"1"}'
	get "$after" 0
	run gatehouse store dump
	refute_output --partial '"sealed"'
	callback "error=access_denied&state=$worker"
	status 303
	fetch
	told '.oauth.error == "access_denied" and (.oauth | has("code") | not)'
	callback "code=x&state=$worker" "$bob"
	status 403
	callback "code=x&state=$worker" ''
	status 403
	callback "code=x&state=nobody"
	status 403
	callback "code=x"
	status 400
	callback "state=$worker"
	status 400
	callback "code=x&state=$worker&state=$worker"
	status 400
	get "$after" 0
	json '.messages == []'
}

@test "35 with a token endpoint the code is exchanged here; what came of it is told once" {
	running
	ask() {
		node -e 'const s = require("node:http").createServer((q, r) => { let b = ""; q.on("data", (d) => b += d).on("end", () => {
			console.log(JSON.stringify({ type: q.headers["content-type"], form: Object.fromEntries(new URLSearchParams(b)) }));
			if (b.includes("bad")) r.writeHead(400, { "content-type": "application/json" }).end("{\"error\":\"invalid_grant\"}");
			else r.end("{\"access_token\":\"acc-ess\",\"expires_in\":60}"); }); }).listen(0, "127.0.0.1", () => console.log(s.address().port));' >"$BATS_TEST_TMPDIR/vendor" 3>&- &
		vendor=$!
		until_true test -s "$BATS_TEST_TMPDIR/vendor"
	}
	callback() { cgi polyglot GET "/api/oauth/callback?$1&state=$worker" '' HTTP_COOKIE="$session"; status 303; }
	ask
	api PATCH "/$n" '{"oauth":{"token_endpoint":"http://127.0.0.1:'"$(head -n 1 "$BATS_TEST_TMPDIR/vendor")"'/token","client_id":"me","client_secret":"hush &","token_parameters":{"audience":"x"}}}'
	callback code=c0de-of-a-vendor
	callback code=bad
	callback error=access_denied
	run gatehouse store dump
	refute_output --partial c0de-of-a-vendor
	refute_output --partial hush
	env GATEHOUSE_ROOT="$ROOT" "$BUILD/courier" 2>"$BATS_TEST_TMPDIR/courier" 3>&- &
	local courier=$!
	until_is 3 eval 'wc -l <"$BATS_TEST_TMPDIR/vendor"'
	local all='' i
	for i in {1..50}; do after='' fetch; all+=$messages; [[ $all != *invalid_grant* ]] || break; done
	messages=$all
	told '.oauth == {"state":"'"$worker"'","access_token":"acc-ess","expires_in":60}'
	told '.oauth == {"state":"'"$worker"'","error":"invalid_grant"}'
	told '.oauth == {"state":"'"$worker"'","error":"access_denied"}'
	kill "$courier" "$vendor"
	wait "$courier"
	sed -n 2p "$BATS_TEST_TMPDIR/vendor" | jq -e '.type == "application/x-www-form-urlencoded" and .form == {"grant_type":"authorization_code",
		"code":"c0de-of-a-vendor","redirect_uri":"'"$PUBLIC"'/api/oauth/callback","client_id":"me","client_secret":"hush &","audience":"x"}'
	run gatehouse store dump
	refute_output --partial acc-ess
	run gatehouse store check
	assert_success
}

@test "36 37 38 query, stop, start, restart" {
	running
	local id
	id=$(printf 'n%03d_lamp1' "$n")
	api POST "/$n/query"
	status 202
	api POST "/$n/query" '{"address":"lamp1"}'
	status 202
	api POST "/$n/query" '{"address":"nobody"}'
	status 404
	fetch
	told '.query.address == "all"'
	told '.query.address == "lamp1"'
	api POST "/$n/dance"
	status 404
	api POST "/$n/stop"
	status 202
	fetch
	told '.stop'
	api GET "/$n"
	json '.connected == false and .stopped'
	command_to "$id" switch on
	json '.deviceState[0].deviceError[0].errorEnum == "DEVICE-OFFLINE"'
	get "$after" 0	# it goes on asking; that does not start it
	api GET "/$n"
	json '.connected == false'
	api POST "/$n/start"
	status 202
	get "$after" 0
	api GET "/$n"
	json '.connected and (.stopped | not)'
	schema stateRefreshRequest ",\"devices\":[{\"externalDeviceId\":\"$id\"}]"
	json '.deviceState[0].states[] | select(.attribute == "healthStatus") | .value == "online"'
	post '{"restart":{}}'
	status 200
	fetch
	told '.stop'
	post '{"connected":true}'
	api GET "/$n"
	json .connected
	post '{"stop":{}}'
	api GET "/$n"
	json '.stopped'
	# whoever starts it by its PGURL has started it
	cgi polyglot GET "${pgurl#"$PUBLIC"}"
	api GET "/$n"
	json '.stopped == false'
}

@test "39 a node that is removed is gone everywhere; children keep it" {
	running
	post '{"removenode":{"address":"controller"}}'
	status 409
	post '{"removenode":{"address":"lamp1"}}'
	status 200
	fetch
	config '.nodes | has("lamp1") | not'
	schema discoveryRequest
	hasnt "$(printf 'n%03d_lamp1' "$n")"
	post '{"removenode":{"address":"lamp1"}}'
	status 200
	post '{"removenode":{}}'
	status 400
	dimmer
	schema discoveryRequest
	has "$(printf 'n%03d_lamp1' "$n")"
}

@test "40 deleted: told once, then nothing is left; devices stay only if they are kept" {
	running
	local id p slot=$n
	id=$(printf 'n%03d_lamp1' "$n")
	post '{"uploadProfile":{"type":"nls","filename":"en_us.txt","payload":"eA=="}}'
	api DELETE "/$n"
	status 200
	get
	status 200
	json '.messages[0].msg | has("delete")'
	get
	status 401
	post '{"config":{}}'
	status 401
	run gatehouse store dump
	refute_output --regexp "\"(nodeserver|nodes|node|nodeserver-profile|nodeserver-profiles)/[^\"/]*/$slot(/[^\"]*)?\""
	refute_output --regexp "(inbox|message|presence|worker)/$worker"
	run gatehouse device show "$id" --user ann
	assert_failure
	create '{"name":"Again","profileNum":'"$slot"'}'
	[ "$n" = "$slot" ]
	after='' fetch
	[ "$(jq -rs '[.[].msg | keys[0]] | join(" ")' <<<"$messages")" = config ]
	config '.nodes == {} and .customData == {} and .notices == {}'
	nodes
	p=$worker
	api DELETE "/$n?keepDevices=1"
	status 200
	gatehouse device show "$id" --user ann --json | jq -e '.name == "Desk lamp"'
	command_to "$id" switch on
	json '.deviceState[0].deviceError[0].errorEnum == "DEVICE-OFFLINE"'
	# the next of this slot takes over what it names
	create '{"name":"Third","profileNum":'"$slot"'}'
	nodes
	schema stateRefreshRequest ",\"devices\":[{\"externalDeviceId\":\"$id\"}]"
	json '.deviceState[0].states[] | select(.attribute == "healthStatus") | .value == "online"'
	[ "$p" != "$worker" ]
}

@test "41 profile files are kept under plain names" {
	local -a all=()
	running
	post '{"uploadProfile":{"type":"nodedef","filename":"nodedefs.xml","payload":"'"$(printf '<a/>\n' | base64)"'"}}'
	status 200
	api GET "/$n"
	json '.profile == ["nodedef/nodedefs.xml"]'
	api GET "/$n/profile/nodedef/nodedefs.xml"
	status 200
	[ "$body" = '<a/>' ]
	[ "$(header Content-Disposition)" = 'attachment; filename="nodedefs.xml"' ]
	[ "$type" = application/octet-stream ]
	for bad in '"type":"image","filename":"a","payload":""' '"type":"nls","filename":"../x","payload":""' '"type":"nls","filename":".x","payload":""' \
		'"type":"nls","filename":"a/b","payload":""' '"type":"nls","filename":"a","payload":"%%%"' '"type":"nls","filename":"","payload":""' '"type":"nls"'; do
		all+=("{\"uploadProfile\":{$bad}}")
	done
	refused 400 "${all[@]}"
	post '{"uploadProfile":{"type":"nls","filename":"big","payload":"'"$(head -c 140000 /dev/zero | base64 -w0)"'"}}'
	status 413
	api GET "/$n/profile/nodedef/other"
	status 404
}

@test "42 a webhook is handed on whole, cookies apart" {
	running
	cgi polyglot POST "/ns/$worker/event/x?a=1&b=%C3%A4" '{"on":true}' CONTENT_TYPE=application/json HTTP_X_SIGNATURE=abc \
		HTTP_COOKIE="$session" HTTP_USER_AGENT=vendor
	status 202
	fetch
	told '.webhook | .method == "POST" and .path == "/event/x" and .query == {"a":"1","b":"ä"} and .body == "{\"on\":true}"'
	told '.webhook.headers | .["x-signature"] == "abc" and .["content-type"] == "application/json" and (has("cookie") | not)'
	cgi polyglot GET "/ns/$worker/"
	status 202
	cgi polyglot GET /ns/nobody/event
	status 404
	cgi polyglot POST "/ns/$worker/x" "$(head -c 70000 /dev/zero | tr '\0' x)"
	status 413
	# who does not read is told no more; the exact number is tried in tests/unit/nodeserver.c
	post "[$(printf '{"restart":{}},%.0s' {1..49}){\"restart\":{}}]"
	status 200
	cgi polyglot GET "/ns/$worker/more"
	status 429
}

@test "44 forty values in a row are few configs" {
	running
	local i configs=0 start=$SECONDS
	for i in {4..40..4}; do
		post "[$(for v in 3 2 1 0; do echo "{\"status\":{\"address\":\"lamp1\",\"driver\":\"ST\",\"value\":\"$((i - v))\"}},"; done | sed '$s/,$//')]"
		get "$after" 0
		configs=$((configs + $(json '[.messages[].msg | select(has("config"))] | length')))
		after=$(json .next)
	done
	# one each 350 ms at most, whatever the pace
	[ "$configs" -le $(((SECONDS - start + 2) * 3)) ]
	fetch
	config '.nodes.lamp1.drivers.ST.value == "40"' || { get; json '.messages == []'; }
}

@test "store check knows the lists of node servers and of their nodes" {
	running
	gatehouse store check
	local other=$BATS_TEST_TMPDIR/other
	mkdir "$other"
	cp "$ROOT/gatehouse.json" "$other/"
	cp -R "$ROOT/secret" "$other/"
	gatehouse store dump | sed -e 's/"addresses":\["controller","lamp1"\]/"addresses":["controller","lamp2"]/' -e 's/"slots":\['"$n"'\]/"slots":[24]/' |
		"$BUILD/gatehouse" --root "$other" store load /dev/stdin
	run "$BUILD/gatehouse" --root "$other" store check
	assert_failure 1
	assert_output --regexp "nodes/[^ ]*/$n: it lists lamp2, which is not there"
	assert_output --regexp "node/[^ ]*/$n/lamp1: it is not listed in nodes/"
	assert_output --regexp 'nodeservers/[^ ]*: it lists 24, which is not there'
	assert_output --regexp "nodeserver/[^ ]*/$n: it is not listed in nodeservers/"
}

@test "an account's end is that of its node servers" {
	printf '%s' "$PASSWORD" | gatehouse user add eve --password-stdin >/dev/null
	sign_in eve "$PASSWORD"
	cgi polyglot GET /nodeservers '' HTTP_COOKIE="$session"
	csrf=$(hidden csrf)
	create
	nodes
	gatehouse user delete eve >/dev/null
	post '{"config":{}}'
	status 401
	run gatehouse store dump
	refute_output --partial "presence/$worker"
}
