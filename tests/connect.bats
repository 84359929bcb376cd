#!/usr/bin/env bats
# Linking a vendor's cloud: the login there and back, connector files. The numbers are those of the acceptance checks that the
# service manager answers to.

load helper
load pages
load connect

setup_file() { begin_connect "$BATS_FILE_TMPDIR"; }
teardown_file() { end_connect; }
setup() { vendor_reset; }

@test "1 initialize names the parameter that is missing" {
	start
	local name
	for name in appId access_token apiServerUrl; do
		manager GET "/oauth/initialize?$(sed "s/.*?//; s/&\{0,1\}$name=[^&]*//; s/^&//" <<<"$initialize")"
		status 400
		has "$name"
	done
	manager GET "$initialize&appId=twice"
	status 400
	nobody_asked
}

@test "2 initialize with a wrong token, or another link's, is refused without a redirect" {
	start
	for bad in x "$(sed -n 's/.*access_token=\([^&]*\).*/\1/p' <<<"$initialize")x"; do
		manager GET "$(sed "s/access_token=[^&]*/access_token=$bad/" <<<"$initialize")"
		status 403
		[ -z "$location" ]
	done
	manager GET "$(sed 's/appId=[^&]*/appId=link-other/' <<<"$initialize")"
	status 403
	[ -z "$location" ]
}

@test "3 initialize for another server is refused" {
	start
	for bad in https%3A%2F%2Fevil.example "$(urlencode "$PUBLIC").evil.example" "$(urlencode "$PUBLIC/")"; do
		manager GET "$(sed "s|apiServerUrl=[^&]*|apiServerUrl=$bad|" <<<"$initialize")"
		status 400
		[ -z "$location" ]
	done
}

@test "4 initialize sends the browser to the vendor, with everything but the secret" {
	start
	at_vendor
	[[ $away == "$VENDOR/authorize?"* ]]
	[[ $away == *response_type=code* && $away == *client_id=gate%3Ahouse* && $away == *scope=read%20control* && $away == *state=* ]]
	[[ $away == *"redirect_uri=$(urlencode "$PUBLIC/oauth/callback")"* ]]
	[[ $away == *code_challenge_method=S256* ]]
	[[ $away != *s%2Bcret* && $away != *client_secret* ]]
}

@test "5 two logins have two states, and either may be finished" {
	start
	at_vendor
	local first=$back one=$away
	manager GET "$initialize"
	[ "$(sed 's/.*state=\([^&]*\).*/\1/' <<<"$one")" != "$(sed 's/.*state=\([^&]*\).*/\1/' <<<"$location")" ]
	manager GET "$first"
	status 200
}

@test "6 further parameters of initialize are kept with the state" {
	start
	# not more than there is room for
	manager GET "$initialize&more=$(printf '%02100d' 0)"
	status 400
	[ -z "$location" ]
	initialize+='&lang=ko&room=a%20b'
	at_vendor
	[ "$(gatehouse store dump | jq -rc 'select((.key // "") | startswith("link-login/")) | .value.extra | select(.lang == "ko") | .room')" = 'a b' ]
}

@test "7 8 9 a state is good once: one token request, and the page says connected" {
	start
	at_vendor
	control '{}'
	manager GET "$(sed 's/state=[^&]*/state=wrong/' <<<"$back")"
	status 400
	nobody_asked
	manager GET "$back"
	status 200
	[ "$type" = 'text/html; charset=utf-8' ]
	has connected
	[ "$(vendor_log '[.[] | .what]')" = '["authorization_code","/me"]' ]
	[ "$(vendor_log '.[0].body | test("code=code-") and test("code_verifier=") and test("redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Foauth%2Fcallback(&|$)")')" = true ]
	manager GET "$back"
	status 400
	[ "$(vendor_log length)" = 2 ]
	! gatehouse store dump | grep -E '"(access|refresh)-[0-9]'
}

@test "10 a state ends after ten minutes" {
	start
	at_vendor
	local left=$(($(gatehouse store dump | jq -r 'select((.key // "") | startswith("link-login/")) | .expires' | sort -n | tail -n 1) - $(date +%s)))
	[ "$left" -gt 570 ]
	[ "$left" -le 600 ]
}

@test "11 a callback in another user's session, or in none, ties nothing to anybody" {
	local cookie
	for cookie in "$bob" ''; do
		start
		at_vendor
		control '{}'
		manager GET "$back" '' "$cookie"
		status 403
		nobody_asked
		manager GET "$back"
		status 400
	done
	start
	manager GET "$initialize" '' "$bob"
	status 403
	[ -z "$location" ]
	[ -z "$(gatehouse store dump | jq -rc --arg u "$(gatehouse --json user list | jq -r '.[] | select(.name == "bob") | .id')" 'select((.key // "") | startswith("link/\($u)/")) | .value')" ]
}

@test "a code that comes from a server of another name goes to nobody" {
	local iss
	connector '.oauth.issuer = "https://acme.example"'
	for iss in '' '&iss=' '&iss=https%3A%2F%2Fother.example' '&iss=https%3A%2F%2Facme.example%2F'; do
		start
		at_vendor
		control '{}'
		manager GET "$back$iss"
		status 400
		nobody_asked
	done
	start
	at_vendor
	manager GET "$back&iss=https%3A%2F%2Facme.example"
	status 200
	connector .
}

@test "12 14 who declines comes back to a page that says so, and nothing of the vendor's text becomes markup" {
	control '{"deny":"access_denied"}'
	start
	at_vendor
	control '{"deny":null}'
	manager GET "$back"
	status 400
	has declined
	nobody_asked
	# also where a code stands beside it
	start
	at_vendor
	control '{}'
	manager GET "$back&error=access_denied"
	status 400
	has declined
	nobody_asked
	start
	at_vendor
	manager GET "$(sed 's/code=[^&]*/error=%3Cscript%3Ealert(1)%3C%2Fscript%3E\&error_description=%3Cscript%3E/' <<<"$back")"
	status 400
	hasnt '<script>alert'
	manager GET '/oauth/callback?state=%3Cscript%3E&code=%3Cscript%3E'
	status 400
	hasnt '<script>'
	manager GET /connect/acme
	has 'Acme &lt;Cloud&gt;'
}

@test "13 a token endpoint that fails leaves a failure page and nothing stored" {
	local before answer
	before=$(gatehouse store dump | jq -rc 'select((.key // "") | startswith("link-token/"))' | sort)
	for answer in '{"status":400,"body":"{\"error\":\"invalid_grant\"}"}' '{"status":500,"body":"oops"}' \
		'{"status":200,"body":"<html>hello</html>","type":"text/html"}' '{"status":200,"body":"{\"token_type\":\"bearer\"}"}' \
		'{"status":200,"body":"{\"access_token\":\"a b\\r\\nX: y\"}"}' '{"status":302,"body":""}' \
		'{"status":200,"body":"{\"access_token\":\"abc\",\"token_type\":\"mac\"}"}'; do
		start
		at_vendor
		control "{\"token\":$answer}"
		manager GET "$back"
		status 400
		has 'There was an error connecting your account'
		control '{"token":null}'
	done
	[ "$(gatehouse store dump | jq -rc 'select((.key // "") | startswith("link-token/"))' | sort)" = "$before" ]
}

@test "an account that does not say what later requests need makes no link" {
	manager POST "/connect/$(link_id)/uninstall"
	connector '.account.values.more = "/home/more"'
	start
	at_vendor
	manager GET "$back"
	status 400
	has 'did not say what we need'
	[ "$(link_record .status)" = new ]
	# nor is there anything to choose from before somebody has logged in
	control '{}'
	manager GET "/connect/$LINK/devices"
	status 303
	manager POST "/connect/$LINK/devices" device=a1
	status 303
	[ "$(ours)" = '[]' ]
	nobody_asked
}
link_id() { gatehouse store dump | jq -rc 'select((.key // "") | startswith("links/")) | .value.ids[0]' | head -n 1; }

@test "21 22 one link a user where the connector says so, and each user a link of their own" {
	start
	local first=$LINK
	start
	[ "$LINK" = "$first" ]
	start "$bob"
	[ "$LINK" != "$first" ]
	manager GET "/connect/$first" '' "$bob"
	status 404
	manager POST "/connect/$first/uninstall" '' "$bob"
	status 404
	connector '.singleInstance = false'
	start
	[ "$LINK" != "$first" ]
	manager POST "/connect/$LINK/uninstall"
	status 303
}

@test "the ways in which a client proves itself" {
	local way
	for way in basic post none; do
		connector ".oauth.tokenAuth = \"$way\""
		control "{\"auth\":\"$way\"}"
		log_in
		[ "$(vendor_log '[.[] | select(.what == "authorization_code") | .body | contains("client_secret")] | .[0]')" = "$([ $way = post ] && echo true || echo false)" ]
	done
	connector '.oauth.tokenParams = "query"'
	control '{"auth":"post"}'
	log_in
	[ "$(vendor_log '[.[] | select(.method == "POST") | .body] | .[0]')" = '""' ]
}

@test "forms without their token, and strangers, change nothing" {
	cgi service-manager POST /connect/acme/start 'csrf=x' HTTP_COOKIE="$session"
	status 403
	cgi service-manager GET /connect
	status 303
	cgi service-manager GET /connect/nothing '' HTTP_COOKIE="$session"
	status 404
	cgi service-manager GET /connect/acme/start '' HTTP_COOKIE="$session"
	status 405
}

@test "a connector that is not right stops the program with file, line and member" {
	local filter
	while IFS='|' read -r filter said; do
		connector "$filter"
		run -1 env GATEHOUSE_ROOT="$ROOT" GATEHOUSE_SHARE="$TOP" REQUEST_METHOD=GET REQUEST_URI=/connect "$BUILD/service-manager"
		[[ $output == *"connectors/acme.json:"*"$said"* ]] || { echo "$filter: $output"; return 1; }
	done <<-'END'
	.ouath = {}|ouath: no such member; did you mean oauth
	.oauth.tokenUrl = "ftp://x"|oauth.tokenUrl: must be a URL
	del(.oauth.clientSecretFile)|clientSecretFile is missing
	.list.type[0].handler = "c2c-dimer"|list.type.0.handler: there is no device type
	.list.items = "devices"|list.items: must be a JSON pointer
	.state["c2c-dimmer"][0].attribute = "swich"|there is no attribute swich
	.commands["c2c-dimmer"]["switch/onn"] = {"url": "https://a"}|there is no command switch/onn
	.poll.every = 1|poll.every: must be a whole number
	del(.list.id)|list: id is missing
	END
}

@test "a hook that is not right stops the program with file, line and member" {
	local filter said
	while IFS='|' read -r filter said; do
		connector "$HOOK | $filter"
		run -1 env GATEHOUSE_ROOT="$ROOT" GATEHOUSE_SHARE="$TOP" REQUEST_METHOD=GET REQUEST_URI=/connect "$BUILD/service-manager"
		[[ $output == *"connectors/acme.json:"*"$said"* ]] || { echo "$filter: $output"; return 1; }
	done <<-'END'
	.hook.subscrib = {}|hook.subscrib: no such member; did you mean subscribe
	del(.hook.subscribe)|hook: subscribe is missing
	.hook.subscribe.url = 7|hook.subscribe.url
	.hook.subscribe.subscription = "id"|hook.subscribe.subscription: must be a JSON pointer
	.hook.renew = 1|hook.renew: must be a whole number
	.hook.items = "events"|hook.items: must be a JSON pointer
	del(.hook.id)|hook: state needs id
	.hook.hmac = {}|hook.hmac
	.hook.hmac = {"header": "X", "algo": "md5", "secret": "/s"}|hook.hmac.algo: is "sha256"
	.hook.hmac = {"header": "X", "encoding": "hax", "secret": "/s"}|hook.hmac.encoding: is "hex" or "base64"
	.hook.hmac = {"header": "X", "secret": "/s", "secretFile": "s"}|not both
	.hook.unsubscribe = {"url": "https://a", "subscription": "/x"}|hook.unsubscribe.subscription: no such member
	END
}
