# demo.sh: the accounts of a demo instance.
# Read by deploy.sh, whose variables it uses.
# shellcheck shell=bash disable=SC2016,SC2154

tool() { "$ROOT/gatehouse" "$@"; }
new_secret() { head -c "$1" /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '='; }

demo_value() { [ ! -f "$ROOT/demo.env" ] || sed -n "s/^$1=//p" "$ROOT/demo.env"; }

# demo.env is there before the accounts are: a run that breaks off in between goes on with the same secrets.
write_demo_env() {
	local password secret
	password=$(demo_value PASSWORD) secret=$(demo_value CLIENT_SECRET)
	printf '%s=%q\n' URL "$URL" USER demo PASSWORD "${password:-$(new_secret 15)}" CLIENT_ID smartthings \
	    CLIENT_SECRET "${secret:-$(new_secret 33)}" REDIRECT_URI "$URL/sim/callback" ROOT "$ROOT" >"$ROOT/demo.env.new"
	mv "$ROOT/demo.env.new" "$ROOT/demo.env"
}

add_demo_client() {
	demo_value CLIENT_SECRET | tool client add smartthings --secret-stdin --name SmartThings --auth any --pkce optional \
	    --redirect-uri https://c2c-us.smartthings.com/oauth/callback \
	    --redirect-uri https://c2c-eu.smartthings.com/oauth/callback \
	    --redirect-uri https://c2c-ap.smartthings.com/oauth/callback \
	    --redirect-uri "$URL/sim/callback" --scope 'devices:read devices:control' "$@" >/dev/null
}

# Made once; what the operator deletes stays deleted. A new public URL moves the simulator's redirect URI.
make_demo() {
	local url
	[ -s "$ROOT/secret/server.key" ] || tool keys rotate >/dev/null
	url=$(demo_value URL)
	write_demo_env
	if [ "$DEMO" != made ]; then
		tool client show smartthings >/dev/null 2>&1 || add_demo_client
		tool device list --user demo >/dev/null 2>&1 ||
		    demo_value PASSWORD | tool user add demo --password-stdin --starter-devices >/dev/null
		tool user operator demo on >/dev/null
		# What SmartThings would give us when a connector is registered there: the simulator takes its place.
		[ -e "$ROOT/secret/smartthings" ] || new_secret 33 >"$ROOT/secret/smartthings"
		[ -e "$ROOT/secret/smartapp" ] || (umask 077 && new_secret 33 >"$ROOT/secret/smartapp")
		DEMO=made
		remember
	elif [ "$url" != "$URL" ] && tool client show smartthings >/dev/null 2>&1; then
		add_demo_client --replace
	fi
}
