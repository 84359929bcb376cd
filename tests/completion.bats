#!/usr/bin/env bats
# The words of the tool in a real shell: keys are typed at a terminal, and what stands there then is what the tool gets.
load helper

setup_file() {
	load helper
	make_root "$BATS_FILE_TMPDIR/root"
	mkdir "$BATS_FILE_TMPDIR/bin"
	ln -s "$BUILD/gatehouse" "$BATS_FILE_TMPDIR/bin/real"
	# What was typed is noted, then done: words that the shell asks for itself come from the real tool.
	cat >"$BATS_FILE_TMPDIR/bin/gatehouse" <<-'END'
		#!/bin/bash
		[[ -z ${TYPED-} ]] || case " $* " in *' typed '*) printf '%s|' "$@" >>"$TYPED"; echo >>"$TYPED"; exit ;; esac
		exec "${0%/*}/real" "$@"
	END
	chmod +x "$BATS_FILE_TMPDIR/bin/gatehouse"
	printf %s "$PASSWORD" | gatehouse user add '$(touch pwned)' --password-stdin >/dev/null || true
	printf %s "$PASSWORD" | gatehouse user add annabel --password-stdin >/dev/null
	for shell in bash zsh; do
		"$TOP/conf/completion/make" "$shell" "$BUILD/gatehouse" >"$BATS_FILE_TMPDIR/gatehouse.$shell"
	done
}

setup() {
	load_libs
	export TYPED=$BATS_TEST_TMPDIR/typed
	cd "$BATS_TEST_TMPDIR"
	: >"$TYPED"
}

# keys SHELL TEXT: type TEXT at a terminal (\t is the Tab key); sets $got to the words of the line, with | behind each.
# Every line ends with the word "typed".
keys() {
	local begin
	case $1 in
	bash) begin="PS1='> '; bind 'set bell-style none'; source '$BATS_FILE_TMPDIR/gatehouse.bash'" ;;
	zsh) begin="PS1='> '; autoload -U compinit; compinit -u -D; source '$BATS_FILE_TMPDIR/gatehouse.zsh'" ;;
	esac
	local flags=(--norc --noprofile -i)
	[ "$1" = bash ] || flags=(-f -i)
	printf '%s\n%b typed\nexit\n' "$begin" "$2" |
		PATH=$BATS_FILE_TMPDIR/bin:$PATH INPUTRC=/dev/null TERM=dumb HISTFILE=/dev/null timeout 60 \
		script -qec "$1 ${flags[*]}" /dev/null >"$BATS_TEST_TMPDIR/screen" 2>&1 || true
	got=$(tail -n 1 "$TYPED")
}

# want TEXT RESULT: typed in each shell.
want() {
	local shell
	for shell in bash zsh; do
		keys "$shell" "$1"
		[ "$got" = "$2typed|" ] || { echo "$shell: $1 gave $got, not $2"; cat "$BATS_TEST_TMPDIR/screen"; return 1; }
	done
}

@test "nouns, verbs and options" {
	want 'gatehouse conn\tche\t' 'connector|check|'
	want 'gatehouse client add x --rot\tnev\t' 'client|add|x|--rotation=never|'
	want 'gatehouse help dev\tren\t' 'help|device|rename|'
}

@test "a noun whose verb may be left away has its options" {
	want 'gatehouse activity --fol\t' 'activity|--follow|'
}

@test "what the instance has: users, clients, devices of a user, types, programs" {
	want 'gatehouse user disable annab\t' 'user|disable|annabel|'
	want 'gatehouse client show sma\t' 'client|show|smartthings|'
	want 'gatehouse device show --user ann la\t' 'device|show|--user|ann|lamp|'
	want 'gatehouse device list --user annab\t' 'device|list|--user|annabel|'
	want 'gatehouse device add --type c2c-conta\t-3' 'device|add|--type|c2c-contact-3|'
}

@test "another instance than that of the environment, by --root" {
	ROOT=$BATS_TEST_TMPDIR/other
	mkdir "$ROOT"
	printf '{"public_url":"http://127.0.0.1:8080"}' >"$ROOT/gatehouse.json"
	printf %s "$PASSWORD" | gatehouse user add zacharias --password-stdin >/dev/null
	want "gatehouse --root $ROOT user disable zach\\t" "--root|$ROOT|user|disable|zacharias|"
}

@test "files" {
	echo '{}' >a-file.json
	want 'gatehouse config check a-fi\t' 'config|check|a-file.json|'
}

@test "a name is never run" {
	keys bash 'gatehouse user disable \t\t'
	keys zsh 'gatehouse user disable \t\t'
	[ ! -e pwned ]
	# The bait is there: without it this test would prove nothing.
	gatehouse user list | grep -F 'touch pwned'
}
