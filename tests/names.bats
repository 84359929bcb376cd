#!/usr/bin/env bats
# Names of others on every page: accounts, devices, rooms, clients, apps and their questions, connectors, node servers, nodes,
# notices. Each is text, whatever it says, and turns nothing round but itself.

setup_file() {
	load helper
	load pages
	make_root "$BATS_FILE_TMPDIR/root"
	mkdir -p "$ROOT/apps" "$ROOT/connectors" "$ROOT/sock"
	jq --arg n "$BAD" '.displayName = $n | .about = $n | .preferences.pages[0].sections[0] |= (.title = $n | .paragraph = $n |
		.inputs[0] += {title: $n, description: $n}) | .preferences.pages[0].title = $n | .preferences.pages[1].sections[0].inputs += [
		{name: "which", type: "enum", title: $n, options: [$n], required: false}, {name: "yes", type: "bool", title: $n, required: false}]' \
		"$TOP/conf/apps/devices.json" >"$ROOT/apps/devices.json"
	jq --arg n "$BAD" '.name = $n | .about = $n' "$TOP/conf/connectors/gatehouse.json" >"$ROOT/connectors/other.json"
	printf %s "$PASSWORD" | gatehouse user add "$BAD" --password-stdin >/dev/null
	gatehouse user operator "$BAD" on >/dev/null
	gatehouse device add --user "$BAD" --type c2c-switch --id x --name "$BAD" --room "$BAD" >/dev/null
	printf %s "$SECRET" | gatehouse client add evil --secret-stdin --name "$BAD" --redirect-uri "$REDIRECT" --pkce optional \
		--scope "devices:read devices:control" >/dev/null
	gatehouse token issue --user "$BAD" --client evil >/dev/null
	gatehouse device rename x --user "$BAD" "$BAD" >/dev/null
	gatehouse device set x --user "$BAD" st.switch.switch=on >/dev/null
	sign_in "$BAD" "$PASSWORD"
	export session BAD
}

setup() {
	load helper
	load pages
}

# see PROGRAM PATH...: a page of the owner's, in both languages.
see() {
	local program=$1 path language
	shift
	for path in "$@"; do
		for language in en ko; do
			echo "# $path $language"
			cgi "$program" GET "$path" '' HTTP_COOKIE="$session" HTTP_ACCEPT_LANGUAGE="$language"
			status 200
			named
		done
	done
}

@test "devices, links, activity, account, operator" {
	local link
	link=$(gatehouse grant list --user "$BAD" --json | jq -r '.[0].id')
	see console / /devices/x /devices/x/delete "/devices?q=$(urlencode "${BAD:0:9}")" /links "/links/$link" /activity /account /operator
}

@test "sign-in, registration and consent, of a client and of an app with pages" {
	local who
	who="client_id=evil&redirect_uri=$(urlencode "$REDIRECT")&response_type=code&state=s"
	see authorize "/authorize?$who"
	session='' see authorize "/authorize?$who"
	see authorize "/oauth/authorize?client_id=devices&response_type=code&scope=app&state=s&redirect_uri=$(urlencode http://localhost:4567/oauth/callback)"
	local asked
	asked="csrf=$(hidden csrf)&request=$(hidden request)"
	cgi authorize POST /authorize "$asked&input-devices=x&decision=next" HTTP_COOKIE="$session"
	status 200
	named
	asked="csrf=$(hidden csrf)&request=$(hidden request)"
	cgi authorize POST /authorize "$asked&input-nickname=$(urlencode "$BAD")&decision=allow" HTTP_COOKIE="$session"
	status 303
	gatehouse token issue --user "$BAD" --client devices >/dev/null
	see console "/links/$(gatehouse grant list --user "$BAD" --json | jq -r '.[] | select(.client == "devices").id')"
}

@test "connectors" {
	see service-manager /connect /connect/other
}

@test "node servers, their nodes and notices" {
	cgi polyglot GET /nodeservers '' HTTP_COOKIE="$session"
	cgi polyglot POST /nodeservers "csrf=$(hidden csrf)&name=$(urlencode "$BAD")" HTTP_COOKIE="$session"
	status 201
	named
	local here token worker
	here=$(sed -n 's/.*action="\(\/nodeservers\/[0-9]*\)".*/\1/p' <<<"$body" | head -n 1)
	token=$(sed -n 's/.*id="token" value="\([^"]*\)".*/\1/p' <<<"$body")
	[ -n "$token" ]
	worker=$(gatehouse nodeserver list --user "$BAD" --json | jq -r '.[0].worker')
	cgi polyglot POST "/polyglot/ns/$worker/messages" "$(jq -nc --arg n "$BAD" '[{connected: true},
		{addnode: {address: "controller", name: $n, nodedefid: "controller", primary: "controller", drivers: [{driver: "ST", value: 1, uom: 2}]}},
		{addnode: {address: "lamp", name: $n, nodedefid: "LAMP", primary: "controller", drivers: [{driver: "ST", value: 40, uom: 51}]}},
		{notices: {one: $n, two: "<a href=\"javascript:alert(1)\">here</a>"}}]')" CONTENT_TYPE=application/json HTTP_AUTHORIZATION="Bearer $token"
	status 200
	see polyglot /nodeservers "$here"
	hasnt 'href="javascript:'
}
