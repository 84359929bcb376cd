# pages.bash: forms as a browser without script would send them. For tests that load helper too.

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
