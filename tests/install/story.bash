# story.bash: what the stories in a machine are told with: WEB is the machine that is meant.
# shellcheck disable=SC2034,SC2154

setup() {
	load /usr/lib/bats/bats-support/load
	load /usr/lib/bats/bats-assert/load
}

it() { on "$WEB" "$@"; }
road() { on "$WEB" /root/inside.sh "$@"; }
get() { on "$WEB" curl -qsS -m 20 "https://$DOMAIN$1"; }
doctor() { on "$WEB" env GATEHOUSE_CLOCK_SOURCE= gatehouse-deploy doctor; }
install_again() { on "$WEB" /root/gatehouse/deploy.sh install "$@"; }

# well: the doctor has nothing to say.
well() {
	run doctor
	assert_success
	assert_line 'All is well.'
}

# ill CHECK TEXT: it names this check, with this text; sets $mend to the command that it names for it.
ill() {
	run doctor
	assert_failure 1
	assert_line --regexp "^BAD  $1 .*$2"
	mend=$(grep -A1 "^BAD  $1 " <<<"$output" | sed -n 's/^ *mend it: *//p' | head -n 1)
	[ -n "$mend" ]
}

# mended CHECK TEXT: ill, and well again by the very command.
mended() {
	ill "$@"
	echo "$mend"
	it sh -c "$mend"
	well
}

# built FOLDER: what was built of this commit already, so that make has nothing to do.
built() {
	cp -a "$1" "$W/$WEB/root/root/gatehouse/"
	find "$W/$WEB/root/root/gatehouse/build" -exec touch -d "$(date)" {} +
}

# Nobody who asked meanwhile was sent away.
none_lost() {
	[ "$(grep -c '^load [1-9][0-9]* 0$' <<<"$output")" = 3 ] || { echo "lost: $output"; return 1; }
}
