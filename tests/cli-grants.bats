#!/usr/bin/env bats
# The command line tool: tokens, grants, activity and keys.

load helper
load cli

setup_file() {
	make_root "$BATS_FILE_TMPDIR/root"
}

setup() {
	load_libs
}

# --- token and grant ---

@test "token issue prints a token response with the claims that were asked for" {
	run -0 gatehouse token issue --user ann --client smartthings --device lamp --device lamp --scope devices:read \
		--expires-in 120
	assert_equal "$(jq -c '[.token_type, .expires_in, .scope]' <<<"$output")" '["Bearer",120,"devices:read"]'
	payload=$(claims "$(jq -r .access_token <<<"$output")")
	user=$(gatehouse user list --json | jq -r '.[] | select(.name == "ann") | .id')
	assert_equal "$(jq -c '[.iss, .sub, .client_id, .scope, .exp - .iat]' <<<"$payload")" \
		"[\"$PUBLIC\",\"$user\",\"smartthings\",\"devices:read\",120]"
	run -0 gatehouse grant show "$(jq -r .sid <<<"$payload")" --json
	assert_equal "$(jq -c '[.user, .user_id, .client, .scope, .devices, .state]' <<<"$output")" \
		"[\"ann\",\"$user\",\"smartthings\",\"devices:read\",[\"lamp\"],\"alive\"]"
}

@test "token issue without --device takes all devices, without --scope all that the client may" {
	sid=$(claims "$(gatehouse token issue --user ann --client smartthings | jq -r .access_token)" | jq -r .sid)
	assert_equal "$(gatehouse grant show "$sid" --json | jq -c '[.devices, .scope]')" \
		'[["lamp","door"],"devices:read devices:control"]'
}

@test "token issue says what is wrong, and makes no grant then" {
	before=$(gatehouse grant list --json | jq length)
	refused token issue --user ann --client nobody
	refused token issue --user nobody --client smartthings
	refused token issue --user ann --client smartthings --device nothing
	refused token issue --user ann --client smartthings --scope everything
	misused token issue --user ann --client smartthings --expires-in 0
	gatehouse user disable ann
	refused token issue --user ann --client smartthings
	gatehouse user enable ann
	assert_equal "$(gatehouse grant list --json | jq length)" "$before"
}

@test "grant choose changes the devices, at once" {
	local sid id
	sid=$(claims "$(gatehouse token issue --user ann --client smartthings | jq -r .access_token)" | jq -r .sid)
	run -0 gatehouse grant choose "$sid" --device door --device door --json
	assert_equal "$(jq -c '[.devices, .include_new, .left_out, .ends <= .expires, .state]' <<<"$output")" \
		'[["door"],false,null,true,"alive"]'
	run -0 gatehouse grant choose "$sid" --device door --include-new --json
	assert_equal "$(jq -c '[.devices, .include_new, .left_out]' <<<"$output")" '[["door"],true,["lamp"]]'
	assert_equal "$(gatehouse grant show "$sid" --json)" "$output"
	run -0 gatehouse grant choose "$sid" --include-new --json
	assert_equal "$(jq -c '[.devices, .left_out]' <<<"$output")" '[[],["lamp","door"]]'
	misused grant choose "$sid"
	refused grant choose "$sid" --device nothing
	refused grant choose nothing --device lamp
	assert_equal "$(gatehouse grant show "$sid" --json | jq -c .left_out)" '["lamp","door"]'
	gatehouse grant revoke "$sid"
	refused grant choose "$sid" --device lamp
	says 'is revoked'
}

@test "activity: what happened, the latest last, a user at a time, and on" {
	local sid kim pid
	gatehouse user add kim >/dev/null
	kim=$(gatehouse user list --json | jq -r '.[] | select(.name == "kim") | .id')
	gatehouse device add --user kim --type c2c-switch --id s --name S >/dev/null
	run -0 gatehouse activity --user kim
	assert_output 'nothing has happened yet'
	run -0 gatehouse activity list --user kim --json
	assert_output ''
	sid=$(claims "$(gatehouse token issue --user kim --client smartthings | jq -r .access_token)" | jq -r .sid)
	gatehouse grant revoke "$sid"
	run ! sign_in kim wrong-password
	run -0 gatehouse activity --user kim
	assert_line --index 0 --regexp "^20[0-9-]{8} [0-9:]{8}  authn_token_revoked +kim  client=smartthings  grant=$sid  why=operator$"
	assert_line --index 1 --regexp '  authn_login_fail +kim  from=192.0.2.7$'
	run -0 gatehouse activity --user "$kim" --json
	assert_equal "$(jq -c '[.event, .user, .user_id == "'"$kim"'", .remote]' <<<"$output")" \
		$'["authn_token_revoked","kim",true,null]\n["authn_login_fail","kim",true,"192.0.2.7"]'
	run -0 gatehouse activity --limit 1 --user kim
	assert_equal "${#lines[@]}" 1
	assert_line --partial authn_login_fail
	misused activity --limit 0
	misused activity lst
	says 'no such verb of activity; did you mean list?'
	refused activity --user nobody
	"$BUILD/gatehouse" --root "$ROOT" activity --follow --limit 1 --json >"$BATS_TEST_TMPDIR/followed" 3>&- &
	pid=$!
	until_true test -s "$BATS_TEST_TMPDIR/followed"
	run ! sign_in ann wrong-password
	until_is 2 eval 'wc -l <"$BATS_TEST_TMPDIR/followed"'
	sleep 1.5
	kill "$pid"
	wait "$pid" || true
	assert_equal "$(jq -sc 'map(.user)' "$BATS_TEST_TMPDIR/followed")" '["kim","ann"]'
	gatehouse user delete kim
	run -0 gatehouse activity
	refute_output --partial kim
	refute_output --partial "$kim"
}

@test "grant revoke ends the tokens at once, and twice is fine" {
	answer=$(gatehouse token issue --user ann --client smartthings)
	sid=$(claims "$(jq -r .access_token <<<"$answer")" | jq -r .sid)
	assert_equal "$(gatehouse grant list --user ann --json | jq -r --arg id "$sid" '.[] | select(.id == $id) | .state')" alive
	gatehouse grant revoke "$sid"
	gatehouse grant revoke "$sid"
	assert_equal "$(gatehouse grant show "$sid" --json | jq -r '.state, .revoked')" 'revoked
operator'
	cgi token POST /token "grant_type=refresh_token&refresh_token=$(jq -r .refresh_token <<<"$answer")&client_id=smartthings&client_secret=$SECRET"
	assert_equal "$code $(json .error)" '400 invalid_grant'
	refused grant show nothing
	refused grant revoke nothing
	refused grant list --user nobody
}

# --- keys ---

@test "keys: none, then the first, then more that are published before they sign" {
	ROOT=$BATS_TEST_TMPDIR/fresh
	mkdir "$ROOT"
	echo '{}' >"$ROOT/gatehouse.json"
	refused keys list
	[[ ${stderr_lines[1]} == *'keys rotate' ]]
	run -0 gatehouse keys rotate --json
	assert_equal "$(jq -c '[length, .[0].current]' <<<"$output")" '[1,true]'
	kid=$(jq -r '.[0].kid' <<<"$output")
	assert_equal "$(stat -c %a "$ROOT/secret/jwt-$kid.pem" "$ROOT/secret/server.key")" $'600\n600'
	sum=$(sha256sum "$ROOT"/secret/*)
	run -0 gatehouse keys rotate --json
	assert_equal "$(jq -c --arg kid "$kid" '[length, .[0].kid == $kid, .[0].current, .[1].current,
		.[1].signs_from - .[1].created > 3600]' <<<"$output")" '[2,true,true,false,true]'
	assert_equal "$(sha256sum $(cut -d' ' -f3 <<<"$sum"))" "$sum"
	run -0 gatehouse keys rotate --now --json
	assert_equal "$(jq -c '[length, map(.current), .[2].signs_from == .[2].created]' <<<"$output")" '[3,[false,false,true],true]'
	assert_equal "$(gatehouse keys list --json)" "$output"
	for i in 4 5 6 7 8; do gatehouse keys rotate; done >/dev/null
	refused keys rotate
	says '8 keys count already'
	assert_equal "$(ls "$ROOT/secret" | wc -l)" 9
	echo broken >"$ROOT/secret/jwt-$kid.pem"
	refused keys list
	refused keys rotate
}
