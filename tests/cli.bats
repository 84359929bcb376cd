#!/usr/bin/env bats
# The command line tool: words, options, what it ends with; and the accounts.

load helper
load cli

setup_file() {
	make_root "$BATS_FILE_TMPDIR/root"
}

setup() {
	load_libs
}

# --- words and options ---

@test "a wrong command line ends with 2, the usage and a guess" {
	misused
	misused usr list
	says 'usr: no such noun; did you mean user?'
	misused user
	says 'the verb is missing'
	misused user lst
	says 'lst: no such verb of user; did you mean list?'
	misused client add x --redirct-uri https://a.example/
	says '--redirct-uri: no such option; did you mean --redirect-uri?'
	misused user add
	misused user add a b
	misused user list a
	says 'takes no words'
	misused user list -x
	misused token issue --user ann
	says '--client C is missing'
	misused device list --user ann --user ann
	says '--user stands twice'
	misused device list --user
	says '--user needs its U'
	misused device list --user=
	misused user list --json=yes
	misused --user ann device list
	says 'no such option before the verb'
	misused user list --frobnicate
	misused user add $'\xff'
	says 'not UTF-8'
}

@test "every verb refuses an option that it does not have, and shows its usage" {
	gatehouse help --json | jq -r '.[] | .noun as $n | .verbs[] | "\($n) \(.verb)"' >"$BATS_TEST_TMPDIR/verbs"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/verbs")" -ge 29 ]
	while read -r noun verb; do
		misused "$noun" "$verb" --nonsense
		[[ ${stderr_lines[1]} == "usage: gatehouse $noun $verb"* ]]
	done <"$BATS_TEST_TMPDIR/verbs"
}

@test "every verb has help" {
	while read -r noun verb; do
		run -0 --separate-stderr gatehouse help "$noun" "$verb"
		assert_line --partial "usage: gatehouse $noun $verb"
		assert_equal "$stderr" ''
		assert_equal "$(gatehouse "$noun" "$verb" -h)" "$output"
	done < <(gatehouse help --json | jq -r '.[] | .noun as $n | .verbs[] | "\($n) \(.verb)"')
}

@test "every example of the help is a right command line" {
	cd "$BATS_TEST_TMPDIR"
	make_root "$PWD/run"
	ln -s "$TOP/conf" conf
	echo 'a long enough one' >password.txt
	{ gatehouse help; for noun in $(gatehouse help --json | jq -r '.[].noun'); do gatehouse help "$noun"; done; } |
		awk '/^examples:/ { on = 1; next } /^$/ { on = 0 } on' >examples
	[ "$(wc -l <examples)" -ge 15 ]
	export BUILD
	while read -r line; do
		run timeout 20 bash -c 'gatehouse() { "$BUILD/gatehouse" "$@"; }; '"$line"
		[ "$status" -le 1 ] || { echo "$line: $output"; return 1; }
	done <examples
}

@test "help begins with examples; the version is one" {
	run -0 gatehouse help
	assert_line --index 0 'examples:'
	while read -r noun; do
		run -0 gatehouse help "$noun"
		assert_line --index 1 'examples:'
	done < <(gatehouse help --json | jq -r '.[].noun')
	run -0 "$BUILD/gatehouse" --version
	[[ $output =~ ^gatehouse\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	assert_equal "$(gatehouse --json --version | jq -r .version)" "${output#gatehouse }"
}

@test "options stand before or behind words, with a space or an equals sign" {
	want=$(gatehouse device show lamp --user ann --json)
	assert_equal "$(gatehouse --json device show --user=ann lamp)" "$want"
	assert_equal "$("$BUILD/gatehouse" device --json show lamp --user ann --root="$ROOT")" "$want"
	assert_equal "$(GATEHOUSE_ROOT=$ROOT "$BUILD/gatehouse" device show --user ann --json -- lamp)" "$want"
}

@test "a value or word that begins with a hyphen is never taken by mistake" {
	misused device list --user --json
	says 'is written --user=U'
	refused device show --user ann -- -lamp
	says 'no device with the id -lamp'
	refused device list --user=-x
}

@test "without an instance, or with none there, it says what to do" {
	unset GATEHOUSE_ROOT
	run -1 --separate-stderr "$BUILD/gatehouse" user list
	[[ $stderr == *'which instance?'*'next: '* ]]
	run -1 --separate-stderr "$BUILD/gatehouse" --root /nonexistent user list
	[[ $stderr == *'/nonexistent/gatehouse.json: No such file'*'./deploy.sh'* ]]
}

@test "what is printed but does not arrive is an error" {
	run -1 bash -c '"$1" --root "$2" user list >/dev/full' - "$BUILD/gatehouse" "$ROOT"
	assert_output --partial 'did not arrive'
}

@test "every list is an array in JSON, and each table has its title line" {
	gatehouse token issue --user ann --client smartthings >/dev/null
	for noun in user client 'device --user=ann' grant keys 'device types'; do
		read -r noun more <<<"$noun"
		[ "$more" = types ] && verb='types' more='' || verb=list
		# shellcheck disable=SC2086
		run -0 gatehouse $noun $verb $more --json
		[ "$(jq -s 'length == 1 and (.[0] | type == "array" and length > 0)' <<<"$output")" = true ]
		rows=$(jq length <<<"$output")
		# shellcheck disable=SC2086
		run -0 gatehouse $noun $verb $more
		assert_equal "${#lines[@]}" $((rows + 1))
		refute_output --regexp ' $'
	done
}

# --- user ---

@test "user add makes up a password, prints it once, and the record does not hold it" {
	run -0 --separate-stderr gatehouse user add bob --json
	password=$(jq -r .password <<<"$output")
	[ "${#password}" -ge 16 ]
	run ! grep -rqF -- "$password" "$ROOT"
	run -0 gatehouse user list
	refute_output --partial "$password"
	refused user add BOB
	says 'there is a user called BOB already'
	misused user add carl hunter2
	refute_output --partial hunter2
	[[ $stderr != *hunter2* ]]
	misused user add carl --password=hunter2
	[[ $stderr != *hunter2* && $stderr == *--password-stdin* ]]
	gatehouse user delete bob
}

# Refused with TEXT for a password on stdin.
password_refused() {
	run -1 --separate-stderr bash -c '"$1" --root "$2" user add eve --password-stdin' - "$BUILD/gatehouse" "$ROOT"
	assert_equal "$output" ''
	says "$1"
	[[ ${stderr_lines[1]} == 'next: '* ]]
}

@test "a password on stdin must be one" {
	printf '' | password_refused 'its first line is empty'
	printf '\nx y z a b c d\n' | password_refused 'its first line is empty'
	printf 'short\n' | password_refused 'too short'
	printf 'password\n' | password_refused 'tried first'
	printf 'not\0text' | password_refused 'is not text'
	printf 'bad \xff utf-8' | password_refused 'is not text'
	printf '%1025d' 0 | password_refused 'too long'
	printf '%5000d' 0 | password_refused 'too long'
	run -0 gatehouse user list
	refute_output --partial eve
}

@test "only the first line is the password, without its line end" {
	printf 'the first line 1\r\nthe second\n' | gatehouse user add fay --password-stdin
	printf 'the first line 1' >"$BATS_TEST_TMPDIR/p"
	sign_in fay "$(cat "$BATS_TEST_TMPDIR/p")"
	run ! sign_in fay $'the first line 1\r'
	gatehouse user delete fay
}

@test "passwd changes the password, disable refuses the login, enable undoes it" {
	printf 'the old password' | gatehouse user add gus --password-stdin
	sign_in gus 'the old password'
	printf 'a new password' | gatehouse user passwd gus --password-stdin
	run ! sign_in gus 'the old password'
	sign_in gus 'a new password'
	made=$(gatehouse user passwd gus --json | jq -r .password)
	run ! sign_in gus 'a new password'
	sign_in gus "$made"
	run -0 gatehouse user disable gus
	run ! sign_in gus "$made"
	assert_equal "$(gatehouse user list --json | jq -c '.[] | select(.name == "gus") | .disabled')" true
	refused user link gus
	says 'is disabled'
	gatehouse user enable gus
	sign_in gus "$made"
	gatehouse user delete gus
}

@test "user link signs in once" {
	url=$(gatehouse user link ann)
	[[ $url == "$PUBLIC"/login\?link=* ]]
	follow_link "$url"
	run ! follow_link "$url"
	url=$(gatehouse user link ann --json | jq -r .url)
	follow_link "$url"
	refused user link nobody
	says 'no user called nobody'
}

@test "user delete takes devices, grants and tokens with it" {
	id=$(gatehouse user add hal --json | jq -r .id)
	gatehouse device add --user hal --type c2c-switch --id s --name S
	refresh=$(gatehouse token issue --user hal --client smartthings | jq -r .refresh_token)
	gatehouse user delete hal
	refused device list --user hal
	refused user delete hal
	refused user delete "$id"
	cgi token POST /token "grant_type=refresh_token&refresh_token=$refresh&client_id=smartthings&client_secret=$SECRET"
	assert_equal "$code $(json .error)" '400 invalid_grant'
	assert_equal "$(gatehouse grant list --json | jq -r --arg id "$id" '.[] | select(.user_id == $id) | .state')" revoked
	gatehouse user add hal >/dev/null
	run -0 gatehouse device list --user hal
	assert_output --partial 'has no devices'
	gatehouse user delete hal
}

@test "starter devices come with the account, or nothing does" {
	root=$BATS_TEST_TMPDIR/other
	mkdir "$root"
	echo '{"starter_devices":[{"id":"a","type":"c2c-switch","name":"A"},{"id":"b","type":"c2c-dimmer","name":"B"}]}' \
		>"$root/gatehouse.json"
	"$BUILD/gatehouse" --root "$root" user add kim --starter-devices
	assert_equal "$("$BUILD/gatehouse" --root "$root" device list --user kim --json | jq -c 'map(.id)')" '["a","b"]'
	sed -i 's/c2c-dimmer/c2c-dinner/' "$root/gatehouse.json"
	run -1 --separate-stderr "$BUILD/gatehouse" --root "$root" user add lee --starter-devices
	[[ $stderr == *c2c-dinner* || $stderr == *starter_devices* ]]
	echo '{}' >"$root/gatehouse.json"
	run -1 --separate-stderr "$BUILD/gatehouse" --root "$root" user add lee --starter-devices
	[[ $stderr == *'no starter_devices'* ]]
	assert_equal "$("$BUILD/gatehouse" --root "$root" user list --json | jq -c 'map(.name)')" '["kim"]'
}

@test "a name that is another's id is never mixed up" {
	id=$(gatehouse user list --json | jq -r '.[] | select(.name == "ann") | .id')
	gatehouse user add "$id" >/dev/null
	refused user delete "$id"
	says 'is the name of one user and the id of another'
	other=$(gatehouse user list --json | jq -r --arg id "$id" '.[] | select(.name == $id) | .id')
	gatehouse user delete "$other"
	run -0 gatehouse device list --user "$id"
	assert_line --partial lamp
}

@test "a command to copy is safe to copy, whatever somebody called himself" {
	cd "$BATS_TEST_TMPDIR"
	name="x'; touch owned; '\$(touch owned)"
	gatehouse user add "$name" >/dev/null
	refused user add "$name"
	bash -c "printf '%s\n' ${stderr_lines[1]#next: gatehouse}" >words
	[ ! -e owned ]
	grep -qxF -- "$name" words
	gatehouse user delete "$name"
	refused user add $'bad\e[2Jname'
	run bash -c '"$1" --root "$2" user delete "$3" 2>&1 | cat -v' - "$BUILD/gatehouse" "$ROOT" $'bad\e[2Jname'
	refute_output --partial '^['
}
