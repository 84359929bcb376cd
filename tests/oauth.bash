# oauth.bash: what tests of the authorization server share, on top of helper.bash: forms, clocks, claims, signed assertions.
# shellcheck shell=bash disable=SC2154,SC2034

# form PATH [COOKIE [PROGRAM]]: the page's form; $cookie is what its next request must carry, $csrf its token.
form() {
	cgi "${3:-authorize}" GET "$1" '' HTTP_COOKIE="${2-}"
	cookie=${2:-$(cookies)}
	csrf=$(hidden csrf)
	[ -n "$csrf" ]
}

# post PATH FIELDS [NAME=VALUE...]: send the form of the last page. $PROGRAM may be another than authorize.
post() {
	local path=$1 fields=$2
	shift 2
	cgi "${PROGRAM:-authorize}" POST "$path" "csrf=$csrf&$fields" HTTP_COOKIE="$cookie" "$@"
}

# login USER PASSWORD [NAME=VALUE...]
login() {
	local user=$1 password=$2
	shift 2
	form /login "${KNOWN-}"
	[[ $cookie == *form* ]] || cookie="$cookie; $(cookies)"
	post /login "username=$(urlencode "$user")&password=$(urlencode "$password")" "$@"
}

# moving_clock: let tests move the instance's time, as a demo's can be.
moving_clock() {
	printf '{"public_url":"%s","insecure_loopback":true,"simulator":true}\n' "$PUBLIC" >"$ROOT/gatehouse.json"
	head -c 8 /dev/zero >"$ROOT/clock"
}

# claim NAME TOKEN: of a JWT.
claim() {
	jq -Rr --arg n "$1" 'split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | . + "==="[0:(4 - length % 4) % 4] | @base64d |
		fromjson[$n]' <<<"$2"
}

# issue USER CLIENT [MORE...]: tokens as if consented, in $access, $refresh_token and $sid.
issue() {
	local answer
	answer=$(gatehouse token issue --user "$1" --client "$2" "${@:3}")
	access=$(jq -r .access_token <<<"$answer") refresh_token=$(jq -r '.refresh_token // ""' <<<"$answer")
	sid=$(claim sid "$access")
}

# tk PATH BODY [NAME=VALUE...]: a request to an address that clients post to, by Basic unless another variable is given.
tk() {
	local path=$1 fields=$2
	shift 2
	[ $# -gt 0 ] || set -- "$(basic)"
	cgi token POST "$path" "$fields" "$@"
}

# j ERROR [STATUS]: refused in the form of RFC 6749 5.2.
j() {
	status "${2-400}"
	[ "$type" = application/json ]
	[ "$(header Cache-Control)" = no-store ]
	[ "$(json .error)" = "$1" ] || { echo "$body"; return 1; }
	[ "${2-400}" != 401 ] || [[ $(header WWW-Authenticate) == 'Basic realm="'* ]]
}

# inactive: the answer to introspection is that, and nothing else.
inactive() {
	status 200
	[ "$body" = '{"active":false}' ] || { echo "$body"; return 1; }
}

# introspect TOKEN [NAME=VALUE...]
introspect() { tk /introspect "token=$1" "${@:2}"; }

# schema TYPE TOKEN [MEMBERS]: a message to the Schema connector.
schema() {
	cgi schema-webhook POST /schema '{"headers":{"schema":"st-schema","version":"1.0","interactionType":"'"$1"'",
		"requestId":"R"},"authentication":{"tokenType":"Bearer","token":"'"$2"'"}'"${3-}"'}' CONTENT_TYPE=application/json
}

# opens TOKEN, closed TOKEN [ERROR]: does the Schema connector take it?
opens() {
	schema discoveryRequest "$1"
	json '.devices | length > 0' >/dev/null
}
closed() {
	schema discoveryRequest "$1"
	hasnt '"devices"'
	[ "$(json .globalError.errorEnum)" = "${2:-$(json .globalError.errorEnum)}" ] || { echo "$body"; return 1; }
}

# fast: the rest of this test uses the programs as they are built for use: it measures time, or makes many requests.
fast() { BUILD=${BUILD%/san}; }
