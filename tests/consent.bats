#!/usr/bin/env bats
# The page where owners choose devices and say Allow or Deny, under attack: only what was sealed into it counts. Titles
# begin with the rows of the attack checklist.

setup_file() {
	load helper
	load pages
	pages_root
}

setup() {
	load helper
	load pages
}

@test "B17 consent without a session, without the form's token" {
	ask
	cgi authorize POST /authorize "csrf=$csrf&$fields&device=lamp&decision=allow"
	status 403
	[ -z "$location" ]
	cgi authorize POST /authorize "$fields&device=lamp&decision=allow" HTTP_COOKIE="$session"
	status 403
	post /authorize "$fields&device=lamp&decision=allow" HTTP_ORIGIN=http://evil.test
	status 403
	post /authorize "device=lamp&decision=allow"
	status 403
	# A form token of somebody who is not signed in is none here.
	form /login
	post /authorize "$fields&device=lamp&decision=allow"
	status 403
	[ -z "$location" ]
}

@test "the page says when the link ends by itself, and when it is not used" {
	ask
	status 200
	has 'in 730 days'
	has 'in 180 days'
}

@test "B18 one page, one code" {
	ask
	post /authorize "$fields&device=lamp&decision=allow"
	status 303
	[[ $location == *code=* ]]
	post /authorize "$fields&device=lamp&decision=allow"
	status 400
	[ -z "$location" ]
}

@test "B19 the page of another's session, a page whose request was changed" {
	form "$(authorize_uri)" "$bob"
	local theirs
	theirs=$(hidden request)
	ask
	post /authorize "request=$theirs&device=lamp&decision=allow"
	status 403
	[ -z "$location" ]
	post /authorize "${fields}x&device=lamp&decision=allow"
	status 403
	# What login pages carry is no consent page.
	form "$(authorize_uri)"
	local carried
	carried=$(hidden request)
	ask
	post /authorize "request=$carried&device=lamp&decision=allow"
	status 403
}

@test "B20 B21 scope, redirect_uri, state and client in the form are nothing" {
	ask '&scope=devices:read'
	post /authorize "$fields&device=lamp&decision=allow&scope=devices:control&redirect_uri=http%3A%2F%2Fevil.test&state=evil&client_id=evil"
	status 303
	[[ $location == "$REDIRECT?code="*"&state=st-1&iss="* ]]
	hasnt evil
	granted=$(sed -n 's/.*[?&]code=\([^&]*\).*/\1/p' <<<"$location")
	exchange "$granted"
	[ "$(json .scope)" = devices:read ]
}

@test "B22 somebody else's device" {
	ask
	post /authorize "$fields&device=lamp&device=bobs&decision=allow"
	status 403
	[ -z "$location" ]
	grep -q malicious_direct_reference "$BATS_TEST_TMPDIR/cgi.err"
	post /authorize "$fields&device=..%2Flamp&decision=allow"
	status 403
}

@test "B23 no device, ten thousand, the same one twice" {
	ask
	post /authorize "$fields&decision=allow"
	status 400
	has 'role="alert"'
	has 'name="decision"'
	fields="request=$(hidden request)"
	post /authorize "$fields&decision=allow$(printf '&device=lamp%.0s' {1..3000})"
	status 400
	[ -z "$location" ]
	post /authorize "$fields&device=lamp&device=lamp&device=lamp&decision=allow"
	status 303
	granted=$(sed -n 's/.*[?&]code=\([^&]*\).*/\1/p' <<<"$location")
	exchange "$granted"
	local sid
	sid=$(json .access_token | jq -Rr 'split(".") | .[1] | gsub("-";"+") | gsub("_";"/") | . + "==="[0:(4 - length % 4) % 4] |
		@base64d | fromjson.sid')
	gatehouse grant show "$sid" --json | jq -e '.devices == ["lamp"]'
}

@test "B24 B31 deny; and a decision is asked for every time" {
	ask
	post /authorize "$fields&device=lamp&decision=deny"
	status 303
	[[ $location == "$REDIRECT?error=access_denied&"*"&state=st-1&iss="* ]]
	[[ $location != *code=* ]]
	ask
	post /authorize "$fields&device=lamp"
	status 400
	[ -z "$location" ]
	post /authorize "$fields&device=lamp&decision=maybe"
	status 400
	ask
	[ -z "$location" ]
}
