#!/usr/bin/env bats
# The simulator as SmartThings' end of callbacks: tokens issued and checked, events believed or refused, wrong on purpose.

load helper
load sim

# granted: a linked home whose callback tokens are in $ACCESS and $REFRESH.
granted() {
	link_home
	USED=$(peer_log '.[-1].body.callbackAuthentication.code' | tr -d '"')
	token_call accessTokenRequest "\"grantType\":\"authorization_code\",\"code\":\"$USED\""
	status 200
	json '.headers.interactionType == "accessTokenResponse" and .headers.requestId == "r-1" and .callbackAuthentication.expiresIn == 86400'
	ACCESS=$(jq -r .callbackAuthentication.accessToken <<<"$body") REFRESH=$(jq -r .callbackAuthentication.refreshToken <<<"$body")
}

token_call() {
	callback /sim/callback/token "{\"headers\":{\"schema\":\"st-schema\",\"version\":\"1.0\",\"interactionType\":\"$1\",\"requestId\":\"r-1\"},
		\"callbackAuthentication\":{\"clientId\":\"${ID:-st-app}\",\"clientSecret\":\"${OWN:-st-own-secret}\",$2}}"
}

event() {
	callback /sim/callback/event "{\"headers\":{\"schema\":\"st-schema\",\"version\":\"1.0\",\"interactionType\":\"$1\",\"requestId\":\"e-1\"},
		\"authentication\":{\"tokenType\":\"Bearer\",\"token\":\"${TOKEN:-$ACCESS}\"}${2:+,$2}}"
}

changed() { echo "\"deviceState\":[{\"externalDeviceId\":\"lamp\",\"states\":[{\"component\":\"main\",\"capability\":\"st.switchLevel\",\"attribute\":\"level\",\"value\":$1,\"timestamp\":1796000000123}]}]"; }

@test "callback tokens: a code once, our own credentials alone, a refresh token again and again" {
	granted
	token_call accessTokenRequest "\"grantType\":\"authorization_code\",\"code\":\"$USED\""
	status 400
	json '.globalError.errorEnum == "INVALID-CODE"'
	OWN=other-secret token_call refreshAccessTokens "\"grantType\":\"refresh_token\",\"refreshToken\":\"$REFRESH\""
	status 400
	json '.globalError.errorEnum == "INVALID-CLIENT-SECRET"'
	ID=other token_call refreshAccessTokens "\"grantType\":\"refresh_token\",\"refreshToken\":\"$REFRESH\""
	status 400
	json '.globalError.errorEnum == "INVALID-CLIENT"'
	token_call refreshAccessTokens "\"grantType\":\"authorization_code\",\"refreshToken\":\"$REFRESH\""
	json '.globalError.errorEnum == "UNSUPPORTED-GRANT-TYPE"'
	token_call refreshAccessTokens "\"grantType\":\"refresh_token\",\"refreshToken\":\"$REFRESH\""
	status 200
	json ".callbackAuthentication.refreshToken == \"$REFRESH\" and .callbackAuthentication.accessToken != \"$ACCESS\""
	event stateCallback "$(changed 41)"
	status 401
	TOKEN=$(jq -r .callbackAuthentication.accessToken <<<"$(token_call refreshAccessTokens "\"grantType\":\"refresh_token\",\"refreshToken\":\"$REFRESH\""; echo "$body")") \
		event stateCallback "$(changed 41)"
	status 200
}

@test "events: states, offline and back, a new name, a device that is gone, the end of the link" {
	granted
	event stateCallback "$(changed 41)"
	status 200
	assert_equal "$body" '{}'
	sim GET /sim/api/home
	json '[.devices[0].values[] | select(.name == "level") | .value] == ["41"]'
	event stateCallback '"deviceState":[{"externalDeviceId":"lamp","deviceError":[{"errorEnum":"DEVICE-OFFLINE","detail":"x"}]}]'
	sim GET /sim/api/home
	json '.devices[0].offline'
	event stateCallback '"deviceState":[{"externalDeviceId":"lamp","states":[{"component":"main","capability":"st.healthCheck","attribute":"healthStatus","value":"online"}]}]'
	sim GET /sim/api/home
	json '.devices[0].offline == false'
	event discoveryCallback '"devices":[{"externalDeviceId":"lamp","friendlyName":"<b>New</b>","deviceHandlerType":"c2c-dimmer","manufacturerInfo":{"manufacturerName":"W","modelName":"L"}},
		{"externalDeviceId":"two","friendlyName":"Two","deviceHandlerType":"c2c-switch","manufacturerInfo":{"manufacturerName":"W","modelName":"L"}}]'
	status 200
	sim GET /sim/api/home
	json '[.devices[].name] == ["<b>New</b>","Two"] and (.devices[0].values | length > 0)'
	sim GET /sim
	has '&lt;b&gt;New&lt;/b&gt;'
	event stateCallback '"deviceState":[{"externalDeviceId":"two","deviceError":[{"errorEnum":"DEVICE-DELETED","detail":"x"}]}]'
	sim GET /sim/api/home
	json '[.devices[].id] == ["lamp"]'
	event discoveryCallback '"globalError":{"errorEnum":"INTEGRATION-DELETED","detail":"x"}'
	status 200
	sim GET /sim/api/home
	json '.link == "ended" and .devices == []'
	json '[.checks.tells[], .checks.ends[] | select(.at) | .id] == ["told","offline","online","found","deleted","unlinked"]'
	event stateCallback "$(changed 1)"
	status 401
}

@test "what is wrong with an event is said, and changes nothing" {
	granted
	callback /sim/callback/event 'not json'
	status 400
	callback /sim/callback/event '[]'
	status 400
	callback /sim/callback/event '{}'
	status 401
	event stateCallback '"deviceState":{}'
	status 400
	json '.globalError.errorEnum == "BAD-REQUEST"'
	event stateCallback '"deviceState":[{"externalDeviceId":"lamp","states":[{"component":"main"}]}]'
	status 400
	event commandRequest
	status 400
	callback /sim/callback/event "{\"authentication\":{\"token\":\"$ACCESS\"},$(changed 99)}"
	status 400
	sim GET /sim/api/home
	json '[.devices[0].values[] | select(.name == "level") | .value] == ["40"]'
}

@test "a token of nobody leaves no trace, one of a home that is wrong leaves a refusal" {
	granted
	local before
	sim GET /sim/api/home
	before=$(json .seq)
	TOKEN=nobody.secret event stateCallback "$(changed 1)"
	status 401
	TOKEN='../x' event stateCallback "$(changed 1)"
	status 401
	TOKEN=${ACCESS%.*}.wrong event stateCallback "$(changed 1)"
	status 401
	sim GET /sim/api/home
	json ".seq == $before + 1 and .wire[0].status == 401 and .wire[0].inbound"
	sim POST "/sim/wire/$(json '.wire[0].seq')"
	status 409
}

@test "callbacks are answered wrong as often as was asked" {
	granted
	act 'action=callbacks&way=500&times=2'
	json '[.ways[] | select(.now) | .way] == ["500"]'
	local want
	for want in 500 500 200; do
		event stateCallback "$(changed 42)"
		status "$want"
	done
	act 'action=callbacks&way=429&times=1'
	event stateCallback "$(changed 42)"
	status 429
	act 'action=callbacks&way=token_refused&times=-1'
	event stateCallback "$(changed 42)"
	status 200
	token_call refreshAccessTokens "\"grantType\":\"refresh_token\",\"refreshToken\":\"$REFRESH\""
	status 401
	act 'action=callbacks&way=slow&times=1'
	SECONDS=0
	event stateCallback "$(changed 43)"
	status 200
	((SECONDS >= 2))
	sim POST /sim/do 'action=callbacks&way=loud'
	status 400
	sim POST /sim/do 'action=callbacks&way=500&times=many'
	status 400
}
