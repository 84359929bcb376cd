#!/usr/bin/env bats
# Linking a vendor's cloud from a page of a SmartApp: an OAUTH setting that names a connector begins the login, OAUTH_CALLBACK ends it.
# Requests are signed; the vendor is a double; the courier brings the devices.
# long because: every way to come back wrongly has its case, on top of the same few helpers.

load helper
load pages
load courier
load smartapp
load connect

OTHER=5a5a5a5a-0002-4002-8003-000000000002

setup_file() {
	begin_connect "$BATS_FILE_TMPDIR"
	with_clock
	start_keyserver "$BATS_FILE_TMPDIR/keys"
	jq -c --arg keys "$KEYSERVER" --arg ca "$KEYS/server.crt" '. + {ca_file: $ca, smartapp: {definition: "app.json", keyserver_url: $keys,
		api_url: "http://127.0.0.1:9/st"}}' "$ROOT/gatehouse.json" >"$ROOT/new" && mv "$ROOT/new" "$ROOT/gatehouse.json"
	definition .
}

teardown_file() {
	stop_keyserver
	end_connect
}

setup() {
	COURIER_LOG=$BATS_FILE_TMPDIR/courier.log
	AHEAD=0
	ahead 0
	vendor_reset
	no_links
}
teardown() { stop_courier; }

# definition FILTER: of the app, whose first page has the login.
definition() {
	jq "$1" >"$ROOT/app.json" <<-'END'
	{ "id": "app", "name": "App", "description": "An app", "targetUrl": "https://home.example.org/smartapp", "permissions": [],
		"configPages": [ { "pageName": "Acme", "sections": [ { "name": "Account", "settings": [
			{ "type": "TEXT", "id": "note", "name": "Note" },
			{ "type": "OAUTH", "id": "acme", "name": "Log in at Acme", "description": "Once.", "required": true, "browser": true,
				"connector": "acme", "user": "Ann", "linked": "It is linked.", "again": "Go to" } ] } ] } ] }
	END
}

# no_links: ann has none.
no_links() {
	local id
	for id in $(gatehouse store dump | jq -r 'select((.key // "") | startswith("links/")) | .value.ids[]'); do
		manager POST "/connect/$id/uninstall"
		status 303
	done
}

# page [INSTALLED-APP]: what the app shows now; $setting is the setting. open_page [INSTALLED-APP]: and go to the vendor, who sends the
# browser on to $back.
page() {
	send "$(message CONFIGURATION configurationData "{\"installedAppId\":\"${1:-$APP}\",\"phase\":\"PAGE\",\"pageId\":\"1\",\"previousPageId\":\"\",\"config\":{}}")"
	status 200
	setting=$(json '.configurationData.page.sections[0].settings[1]' | jq -c .)
}
open_page() {
	page "${1:-$APP}"
	[ "$(jq -r .type <<<"$setting")" = OAUTH ] || { echo "$setting"; return 1; }
	away=$(jq -r .urlTemplate <<<"$setting")
	back=$(curl -qsf --noproxy '*' -o /dev/null -w '%{redirect_url}' "$away")
	back=${back#http://127.0.0.1:9/st}
}

# come_back [URL-PATH [INSTALLED-APP [MEMBER]]]: SmartThings tells it.
callback() { message OAUTH_CALLBACK "${3:-oAuthCallbackData}" "$(jq -nc --arg i "${2:-$APP}" --arg u "${1:-$back}" '{installedAppId: $i, urlPath: $u}')"; }
come_back() { send "$(callback "$@")"; }

# app_links [INSTALLED-APP]: a link that it has made.
app_links() {
	open_page "${1:-$APP}"
	come_back "$back" "${1:-$APP}"
	status 200
	[ "$(link_record .status)" = linked ]
	LINK=$(gatehouse store dump | jq -rc 'select((.key // "") | startswith("links/")) | .value.ids[0]' | head -n 1)
}

# paragraph TEXT: the setting is a text now.
paragraph() {
	[ "$(jq -rc '[.type, .id, .name, .defaultValue, .required, .urlTemplate] | map(tostring) | join("|")' <<<"$setting")" = "PARAGRAPH|acme|Log in at Acme|$1|false|null" ] ||
		{ echo "$setting"; return 1; }
	[[ $setting != *'"connector"'* && $setting != *'"user"'* && $setting != *'"again"'* ]]
}

# nothing_kept: there is neither link nor token.
nothing_kept() { [ -z "$(gatehouse store dump | jq -rc '.key // "" | select(test("^link(s|-token)?/"))')" ]; }

# exchanges: how many codes the vendor was asked about since control.
exchanges() { vendor_log '[.[] | select(.what == "authorization_code")] | length'; }

@test "a page begins a login: SmartThings' address to come back to, a challenge, a state of its own, and no secret" {
	page
	[ "$(jq -c '[.type, .id, .name, .description, .required, .browser]' <<<"$setting")" = '["OAUTH","acme","Log in at Acme","Once.",true,true]' ]
	[[ $setting != *'"connector"'* && $setting != *'"user"'* && $setting != *'"linked"'* && $setting != *'"again"'* ]]
	[ "$(json '.configurationData.page.sections[0].settings[0].type')" = TEXT ]
	away=$(jq -r .urlTemplate <<<"$setting")
	[[ $away == "$VENDOR/authorize?"*"redirect_uri=$(urlencode http://127.0.0.1:9/st/oauth/callback)&"* ]]
	[[ $away == *response_type=code* && $away == *client_id=gate%3Ahouse* && $away == *scope=read%20control* ]]
	[[ $away == *code_challenge=* && $away == *code_challenge_method=S256* && $away != *secret* && $away != *s%2Bcret* ]]
	local first=$away state
	page
	away=$(jq -r .urlTemplate <<<"$setting")
	state=$(sed 's/.*state=\([^&]*\).*/\1/' <<<"$away")
	[ "${#state}" -ge 32 ]
	[ "$(sed 's/.*state=\([^&]*\).*/\1/' <<<"$first")" != "$state" ]
	# a look at a page makes no link, and neither state nor verifier could be read out of the login's key
	nothing_kept
	nobody_asked
	[ -z "$(gatehouse store dump | jq -rc '.key // ""' | grep -F "$state")" ]
	local left=$(($(gatehouse store dump | jq -r 'select((.key // "") | startswith("link-login/")) | .expires' | sort -n | tail -n 1) - $(date +%s)))
	[ "$left" -gt 570 ]
	[ "$left" -le 600 ]
}

@test "coming back links the user: one exchange, all devices by the next look, and the page says so" {
	open_page
	control '{}'
	come_back
	[ "$code $body" = '200 {"oAuthCallbackData":{}}' ] || { echo "$code $body"; cat "$BATS_TEST_TMPDIR/cgi.err"; return 1; }
	[ "$(vendor_log '[.[] | .what]')" = '["authorization_code","/me"]' ]
	[ "$(vendor_log '.[0].body | test("code=code-") and test("code_verifier=") and test("redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fst%2Foauth%2Fcallback(&|$)")')" = true ]
	run ! grep -E 'code-[0-9]|(access|refresh)-[0-9]' "$BATS_TEST_TMPDIR/cgi.err"
	[ "$(link_record '[.status, .through, .all, .values.home]' | jq -c .)" = "[\"linked\",\"$APP\",true,\"h-1\"]" ]
	page
	paragraph 'It is linked.'
	# the owner's pages have it like any other
	manager GET /connect
	status 200
	has 'Acme &lt;Cloud&gt;'
	has 'Linked, no devices chosen'
	start_courier
	until_is '["acme.HASHED","acme.a1","acme.c3"]' hashed_ours
	[ "$(value acme.a1 switchLevel.level)" = 40 ]
	[ "$(link_record .all)" = null ]
	[ "$(gatehouse --json activity --user ann | jq -s '[.[] | select(.event == "link_made")] | length')" -ge 1 ]
	manager GET /connect
	hasnt 'Linked, no devices chosen'
	command_to acme.a1 st.switch off
	said '.deviceState[0].states[] | select(.attribute == "switch") | .value' off
}
hashed_ours() { ours | sed 's/acme\.[A-Za-z0-9_-]\{22\}/acme.HASHED/'; }

@test "a state counts once, for ten minutes, for the installed app that asked for it; the vendor hears of no other" {
	local state
	# another installed app's: it is void after that for its own, too
	open_page
	control '{}'
	come_back "$back" "$OTHER"
	refused 400 BadRequestError 'none of this installed app'
	come_back
	refused 400 BadRequestError
	# none, an unknown one, twice in the address, none at all
	for state in '/oauth/callback?code=x' '/oauth/callback?code=x&state=nobodys' '/oauth/callback?code=x&state=a&state=b' /oauth/callback '/oauth/callback?code=%zz&state=a' '' '?'; do
		send "$(message OAUTH_CALLBACK oauthCallbackData "$(jq -nc --arg i "$APP" --arg u "$state" '{installedAppId: $i, urlPath: $u}')")"
		status 400
	done
	nobody_asked
	nothing_kept
	# used
	open_page
	control '{}'
	come_back
	status 200
	come_back
	refused 400 BadRequestError
	[ "$(exchanges)" = 1 ]
	# too old; one that is not goes through with the same clock
	no_links
	open_page
	control '{}'
	ahead 601
	DATE=$(http_date $(($(date +%s) + 601))) come_back
	refused 400 BadRequestError
	nobody_asked
	ahead -601
	open_page
	ahead 590
	DATE=$(http_date $(($(date +%s) + 590))) come_back
	status 200
}

@test "a browser's state is no installed app's, and an installed app's is no browser's" {
	start
	at_vendor
	control '{}'
	come_back "$back"
	refused 400 BadRequestError
	open_page
	control '{}'
	manager GET "$back"
	status 403
	manager GET "$back"
	status 400
	come_back
	refused 400 BadRequestError
	nobody_asked
	[ "$(link_record .status)" = new ]
}

@test "the same signed request again is answered as before, and the vendor is asked once; two at the same moment, too" {
	open_page
	control '{"slow":300}'
	local m
	m=$(callback)
	sign "$m"
	(deliver "$m" && printf '%s' "$code $body" >"$BATS_TEST_TMPDIR/twin") &
	local twin=$!
	BATS_TEST_TMPDIR=$(mktemp -d "$BATS_TEST_TMPDIR/own.XXXX") deliver "$m"
	[ "$code $body" = '200 {"oAuthCallbackData":{}}' ]
	wait $twin
	[ "$(<"$BATS_TEST_TMPDIR/twin")" = '200 {"oAuthCallbackData":{}}' ]
	deliver "$m"
	[ "$code $body" = '200 {"oAuthCallbackData":{}}' ]
	[ "$(exchanges)" = 1 ]
	control '{"slow":0}'
}

@test "who says no at the vendor is answered as usual, and nothing is linked; that state is used up" {
	local error
	for error in access_denied server_error '%3Cscript%3E%0Aforged%3D1'; do
		open_page
		control '{}'
		back=$(sed "s/code=[^&]*/error=$error/" <<<"$back")
		come_back
		[ "$code $body" = '200 {"oAuthCallbackData":{}}' ]
		run ! grep -aE '^forged|<script' "$BATS_TEST_TMPDIR/cgi.err"
		come_back
		refused 400 BadRequestError
		nobody_asked
	done
	nothing_kept
	open_page	# it can be tried again
}

@test "a vendor that gives no tokens is an internal error, nothing is kept, and the page still offers the login" {
	local answer
	for answer in '{"status":400,"body":"{\"error\":\"invalid_grant\"}"}' '{"status":500,"body":"oops"}' \
		'{"status":200,"body":"{\"token_type\":\"bearer\"}"}' '{"hang":true}'; do
		open_page
		control "{\"token\":$answer}"
		come_back
		refused 500 InternalError 'the vendor gave nothing'
		control '{"token":null}'
		nothing_kept
	done
	open_page
	control '{"api":{"status":403,"body":"{}"}}'
	come_back
	refused 500 InternalError
	control '{"api":null}'
	[ "$(link_record .status)" = new ]
	app_links
}

@test "what is linked already nobody else replaces: its owner does, or the installed app that linked it" {
	local own theirs
	# made by its owner: a text, and a login that was begun before is void
	open_page
	own=$back
	log_in
	control '{}'
	come_back "$own"
	refused 500 InternalError
	[ "$(link_record .through)" = null ]
	page
	paragraph 'It is linked.'
	no_links
	# two installed apps begin; the first to come back has it
	open_page
	own=$back
	open_page "$OTHER"
	theirs=$back
	come_back "$own"
	status 200
	local token
	token=$(gatehouse store dump | jq -rc 'select((.key // "") | startswith("link-token/")) | .value')
	come_back "$theirs" "$OTHER"
	refused 500 InternalError
	[ "$(gatehouse store dump | jq -rc 'select((.key // "") | startswith("link-token/")) | .value')" = "$token" ]
	[ "$(link_record .through)" = "$APP" ]
	page "$OTHER"
	paragraph 'It is linked.'
}

@test "a link that needs a login gets it where it was made, or from its owner, and keeps its devices" {
	app_links
	choose a1
	status 303
	needs_login
	page "$OTHER"
	paragraph "Go to $PUBLIC/connect"
	control '{"devices":[{"id":"a1","label":"Porch","kind":"bulb","connected":true,"power":"on"},{"id":"n9","label":"New","kind":"bulb","connected":true}]}'
	app_links
	[ "$(link_record '[.status, .all, (.chosen | keys)]' | jq -c .)" = '["linked",null,["a1"]]' ]
	# its owner's login takes it over
	needs_login
	manager POST "/connect/$LINK/start"
	initialize=$location
	at_vendor
	manager GET "$back"
	status 200
	[ "$(link_record '[.status, .through, (.chosen | keys)]' | jq -c .)" = '["linked",null,["a1"]]' ]
	needs_login
	page
	paragraph "Go to $PUBLIC/connect"
	# who wanted none of its devices has none afterwards
	no_links
	app_links
	choose
	status 303
	needs_login
	app_links
	[ "$(link_record '[.status, .all, (.chosen | keys)]' | jq -c .)" = '["linked",null,[]]' ]
}
# needs_login: the vendor has refused the tokens.
needs_login() {
	control '{"expire":1,"token":{"status":400,"body":"{\"error\":\"invalid_grant\"}"}}'
	manager GET "/connect/$LINK/devices"
	status 502
	control '{"expire":0,"token":null}'
	[ "$(link_record .status)" = needs_login ]
}

@test "what its owner chooses before the first look is what counts" {
	app_links
	choose a1
	status 303
	start_courier
	looked
	[ "$(ours)" = '["acme.a1"]' ]
	choose a1 c3
	looked
	[ "$(ours)" = '["acme.a1","acme.c3"]' ]
	# as JSON, and none at all
	stop_courier
	no_links
	app_links
	api_choose '[]'
	[ "$(link_record .all)" = null ]
}
api_choose() {
	manager GET /connect/acme
	local csrf
	csrf=$(hidden csrf)
	cgi service-manager PUT "/api/links/$LINK/devices" "{\"devices\":$1}" CONTENT_TYPE=application/json HTTP_COOKIE="$session" HTTP_X_CSRF_TOKEN="$csrf"
	status 200
}

@test "more devices than a link can have: as many as there may be; a vendor in trouble is looked at again" {
	connector '.maxDevices = 2'
	app_links
	control '{"api":{"status":503,"body":"busy"}}'
	start_courier
	until_is 1 look .failures
	[ "$(ours)" = '[]' ]
	[ "$(link_record .all)" = true ]
	control '{"api":null}'
	looked
	[ "$(ours | jq length)" = 2 ]
	[ "$(link_record .all)" = null ]
}

@test "several links a user: each installed app has its own, and finds it again" {
	connector '.singleInstance = false'
	app_links
	[ "$(link_record .place)" = acme ]
	app_links "$OTHER"
	[ "$(gatehouse store dump | jq -c 'select((.key // "") | startswith("links/")) | .value.ids | length')" = 2 ]
	[ "$(gatehouse store dump | jq -rc 'select((.key // "") | startswith("link/")) | .value | .through + " " + .place' | sort | paste -sd,)" = "$APP acme,$OTHER acme-2" ]
	page "$OTHER"
	paragraph 'It is linked.'
	page 5a5a5a5a-0003-4002-8003-000000000003
	[ "$(jq -r .type <<<"$setting")" = OAUTH ]
}

@test "a user who is not there, or not any more, gets no link" {
	definition '.configPages[0].sections[0].settings[1].user = "carl"'
	send "$(message CONFIGURATION configurationData "{\"installedAppId\":\"$APP\",\"phase\":\"PAGE\",\"pageId\":\"1\",\"previousPageId\":\"\",\"config\":{}}")"
	refused 500 InternalError 'the user carl'
	printf %s "$PASSWORD" | gatehouse user add carl --password-stdin >/dev/null
	open_page
	gatehouse user disable carl >/dev/null
	come_back
	refused 500 InternalError
	gatehouse user enable carl >/dev/null
	open_page
	gatehouse user delete carl >/dev/null
	come_back
	refused 500 InternalError
	nothing_kept
	definition .
}

@test "an app that has logins of other kinds beside it may know a state that we do not" {
	definition '.configPages[0].sections[0].settings += [{"type":"OAUTH","id":"else","name":"Else","urlTemplate":"https://else.example/?r=__SmartThingsOAuthCallback__"}]'
	come_back '/oauth/callback?code=x&state=theirs'
	[ "$code $body" = '200 {"oAuthCallbackData":{}}' ]
	app_links
	page
	[ "$(json '.configurationData.page.sections[0].settings[2].urlTemplate')" = 'https://else.example/?r=__SmartThingsOAuthCallback__' ]
	definition .
}

@test "a definition that is not right, and a connector that there is not, are told of before anything runs" {
	local filter said
	while IFS='|' read -r filter said; do
		definition ".configPages[0].sections[0].settings[1] |= ($filter)"
		run -1 gatehouse smartapp check "$ROOT/app.json"
		[[ $output == *"app.json:"*"configPages.0.sections.0.settings.1"*"$said"* ]] || { echo "$filter: $output"; return 1; }
	done <<-'END'
	.urlTemplate = "https://a.example/"|one of them is meant
	del(.connector)|lacks urlTemplate or connector
	del(.user)|lacks user
	.conector = "x"|did you mean connector
	.connector = "a b"|may hold letters
	del(.connector) + {"urlTemplate": "https://a.example/"}|belongs to a connector
	END
	definition '.configPages[0].sections[0].settings[1].connector = "acne"'
	run -1 gatehouse config check
	[[ $output == *"smartapp.definition: "*"the setting acme names the connector acne"* ]] || { echo "$output"; return 1; }
	run -1 env GATEHOUSE_ROOT="$ROOT" GATEHOUSE_SHARE="$TOP" REQUEST_METHOD=POST REQUEST_URI=/smartapp "$BUILD/smartapp-lifecycle"
	[[ $output == *'the setting acme names the connector acne, which there is not'* ]]
	definition .
	gatehouse config check
	# the one that comes with it
	cp "$TOP/conf/apps/other-cloud.yaml" "$ROOT/other.yaml"
	gatehouse smartapp check "$ROOT/other.yaml"
}
