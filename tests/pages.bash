# pages.bash: forms as a browser without script would send them. For tests that load helper too.
# shellcheck shell=bash disable=SC2034,SC2154

# pages_root: an instance with ann and bob, both signed in: $session is ann's cookie, $bob is bob's.
pages_root() {
	make_root "$BATS_FILE_TMPDIR/root"
	printf %s "${PASSWORD:?}" | gatehouse user add bob --password-stdin >/dev/null
	gatehouse device add --user bob --type c2c-switch --id bobs --name "Bob's switch" >/dev/null
	sign_in bob "$PASSWORD"
	bob=$session
	sign_in ann "$PASSWORD"
	export session bob
}

# form PATH [COOKIE]: the page's form; $cookie is what its next request must carry, $csrf its token.
form() {
	cgi authorize GET "$1" '' HTTP_COOKIE="${2-}"
	cookie=${2:-$(cookies)}
	csrf=$(hidden csrf)
	[ -n "$csrf" ]
}

# post PATH FIELDS [NAME=VALUE...]: send the form of the last page.
post() {
	local path=$1 fields=$2
	shift 2
	cgi authorize POST "$path" "csrf=$csrf&$fields" HTTP_COOKIE="$cookie" "$@"
}

# login USER PASSWORD [NAME=VALUE...]: both percent-encoded already.
login() {
	local user=$1 password=$2
	shift 2
	form /login
	post /login "username=$user&password=$password" "$@"
}

# register USER PASSWORD [NAME=VALUE...]: both percent-encoded already.
register() {
	local user=$1 password=$2
	shift 2
	form /register
	post /register "username=$user&password=$password" "$@"
}

# ask [MORE]: the consent page as ann; $fields is what its form sends, but for devices and decision.
ask() {
	form "$(authorize_uri "${1-}")" "$session"
	fields="request=$(hidden request)"
	has 'name="decision"'
}

# signed_out COOKIE: nobody is signed in by it.
signed_out() {
	cgi authorize GET "$(authorize_uri)" '' HTTP_COOKIE="$1"
	status 200
	has 'name="password"'
}

# A name that would be markup, break out of an attribute either way, or turn round what stands beside it. (No slash: accounts
# have none.)
BAD=$'"><script>a<b>\' onfocus=\'a\' x="\u202egnp'

# named [TEXT]: the last page shows the name, or TEXT of it, and it is nothing but a name: no markup, no attribute, and what stands
# beside it in a line is not turned round: it is <bdi>, or all that its block says, or kept apart inside a sentence.
named() {
	has "${1-&quot;&gt;&lt;script&gt;a&lt;b&gt;&#39; onfocus=&#39;a&#39; x=&quot;}"
	hasnt '<script>a'
	hasnt "' onfocus"
	hasnt '"><script'
	local left
	left=$(perl -CSD -0777 -pe '
		s/\x{2068}[^\x{2069}]*\x{2069}//g;
		s/="[^"]*"/=""/g;
		s/<bdi>[^<]*<.bdi>//g;
		s/<(h\d|p|dd|td|li|option|title|pre|legend|label|summary|textarea|h1)( [^>]*)?>\s*(<(a|strong|code|span|button)( [^>]*)?>)*[^<]*(<.(a|strong|code|span|button)>)*\s*<.\1>//g;' <<<"$body" |
		grep $'\u202e') || true
	[ -z "$left" ] || { echo "turned round: $left"; return 1; }
}
