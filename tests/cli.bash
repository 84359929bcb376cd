# cli.bash: how tests of the command line tool look at it.
# shellcheck shell=bash disable=SC2154

# refused ARGS...: ends with 1, nothing on stdout, what and why and the next step on stderr.
refused() {
	run -1 --separate-stderr gatehouse "$@"
	assert_equal "$output" ''
	[[ ${stderr_lines[0]} == 'gatehouse: '* ]]
	[[ ${stderr_lines[1]} == 'next: '?* ]]
	assert_equal "${#stderr_lines[@]}" 2
}

# misused ARGS...: ends with 2, nothing on stdout, the usage on stderr.
misused() {
	run -2 --separate-stderr gatehouse "$@"
	assert_equal "$output" ''
	[[ ${stderr_lines[0]} == 'gatehouse: '* ]]
	[[ ${stderr_lines[1]} == 'usage: gatehouse '* ]]
}

# says TEXT: on the first line of stderr.
says() {
	[[ ${stderr_lines[0]} == *"$1"* ]] || { echo "want: $1"; echo "got:  ${stderr_lines[0]}"; return 1; }
}

# sign_in NAME PASSWORD: by the page; fails if it is refused.
sign_in() {
	cgi authorize GET /login
	send_login "username=$1&password=$(jq -rn --arg p "$2" '$p | @uri')"
}

# follow_link URL: open a one-time link and say yes; fails if it is refused.
follow_link() {
	cgi authorize GET "${1#"$PUBLIC"}"
	[ "$code" = 200 ] || return 1
	send_login "link=${1#*link=}"
}

# send_login FIELDS: the form of the page that was just got.
send_login() {
	local cookie csrf
	cookie=$(header Set-Cookie | cut -d';' -f1)
	csrf=$(grep -o 'name="csrf" value="[^"]*"' <<<"$body" | head -n 1 | cut -d'"' -f4)
	cgi authorize POST /login "csrf=$csrf&$1" "HTTP_COOKIE=$cookie" HTTP_ORIGIN="$PUBLIC"
	[[ $code == 30[23] ]]
}

# token_error CLIENT SECRET: what /token says to a code that it does not know.
token_error() {
	cgi token POST /token "grant_type=authorization_code&code=x&redirect_uri=https%3A%2F%2Fa.example%2Fx&client_id=$1&client_secret=$2&code_verifier=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	json .error
}

# The claims of a JWT.
claims() {
	jq -R 'split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | . + "=" * ((4 - length % 4) % 4) | @base64d | fromjson' <<<"$1"
}
