#!/usr/bin/env bats
# A vendor whose OAuth side nobody here wrote: oauth2-mock-server. Its tokens are RSA-signed JWTs, its refresh tokens change each time.

load helper
load pages
load connect

setup_file() {
	begin_connect "$BATS_FILE_TMPDIR"
	node "$TOP/tests/fake/oauth2.mjs" >"$BATS_FILE_TMPDIR/oauth2.out" 2>"$BATS_FILE_TMPDIR/oauth2.err" 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/oauth2.pid"
	until_true grep -q control "$BATS_FILE_TMPDIR/oauth2.out"
	OAUTH2=http://127.0.0.1:$(sed -n 's/^port //p' "$BATS_FILE_TMPDIR/oauth2.out")
	ASKED=http://127.0.0.1:$(sed -n 's/^control //p' "$BATS_FILE_TMPDIR/oauth2.out")
	export OAUTH2 ASKED
}

teardown_file() {
	kill "$(cat "$BATS_FILE_TMPDIR/oauth2.pid")" 2>/dev/null || true
	end_connect
}

# asked [CONTROL]: which grants the OAuth side was asked for since the last time.
asked() { curl -qsf --noproxy '*' "$ASKED" ${1:+-d "$1"} | jq -c .; }

@test "7 24 27 28 a link through an OAuth server of others: login, refreshes, a refused one, and a login that mends it" {
	connector ".oauth.authorizeUrl = \"$OAUTH2/authorize\" | .oauth.tokenUrl = \"$OAUTH2/token\" | .oauth.revokeUrl = \"$OAUTH2/revoke\"
		| .oauth.scope = \"openid\" | .oauth.tokenAuth = \"basic\""
	control '{"open":true}'
	log_in
	[ "$(asked)" = '["authorization_code"]' ]
	choose a1
	[ "$(value acme.a1 switch.switch)" = on ]
	control '{"expire":1}'
	command_to acme.a1 st.switch off
	said '.deviceState[0].states[0].value' off
	control '{"expire":1}'
	command_to acme.a1 st.switch on
	said '.deviceState[0].states[0].value' on
	[ "$(asked '{"refuse":1}')" = '["refresh_token","refresh_token"]' ]
	control '{"expire":1}'
	command_to acme.a1 st.switch off
	said '.deviceState[0].deviceError[0].errorEnum' DEVICE-OFFLINE
	[ "$(link_record .status)" = needs_login ]
	[ "$(asked)" = '["refresh_token"]' ]
	log_in
	[ "$(link_record .status)" = linked ]
	choose a1
	command_to acme.a1 st.switch off
	said '.deviceState[0].states[0].value' off
	[ "$(ours)" = '["acme.a1"]' ]
}
