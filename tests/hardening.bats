#!/usr/bin/env bats
# What the compiler and the linker put around every program, read from the programs themselves; and what no program may call.
# Each check is shown a program that was built badly, to see that it finds it.
load helper

setup_file() {
	load helper
	export BAD=$BATS_FILE_TMPDIR/bad
	cat >"$BAD.c" <<-'END'
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		int main(int argc, char **argv) { char b[8]; strcpy(b, argv[argc - 1]); return system(b); }
	END
	gcc -O0 -fcf-protection=none -fno-stack-protector -no-pie -z execstack -z lazy -Wl,-z,norelro,-rpath,/tmp -w -o "$BAD" "$BAD.c"
}

setup() { load_libs; }

# Programs as they are installed: the build without sanitizers.
programs() {
	local source
	for source in "$TOP"/cgi-bin/*.c; do
		source=$(basename "$source" .c)
		[ "$source" = app ] || echo "$TOP/build/$source"
	done
}

# FUNCTION: it has nothing to say of any program, and TEXT... of the bad one.
hold() {
	local program found check=$1 text
	shift
	while read -r program; do
		[ -x "$program" ] || { echo "not built: $program"; return 1; }
		found=$($check "$program")
		[ -z "$found" ] || { echo "$program: $found"; return 1; }
	done < <(programs)
	[ "$(programs | wc -l)" -ge 13 ]
	found=$($check "$BAD")
	for text; do
		[[ $found == *"$text"* ]] || { echo "not found out: $text, but: $found"; return 1; }
	done
}

places() {
	readelf -hW "$1" | grep -q 'Type: .*DYN' || echo 'stands at a fixed address'
	readelf -dW "$1" | grep -q 'FLAGS_1.*PIE' || echo 'is not marked PIE'
}

@test "every program may stand anywhere in memory (PIE)" { hold places 'fixed address' 'not marked PIE'; }

relocations() {
	readelf -lW "$1" | grep -q GNU_RELRO || echo 'no RELRO'
	readelf -dW "$1" | grep -q 'FLAGS_1.*NOW' || echo 'bound late'
	readelf -dW "$1" | grep TEXTREL || true
}

@test "addresses are bound at start and then read-only (full RELRO)" { hold relocations 'no RELRO' 'bound late'; }

memory() {
	readelf -lW "$1" | grep GNU_STACK | grep -q 'RW ' || echo 'the stack can be executed'
	readelf -lW "$1" | grep -E '^ +(LOAD|GNU_RELRO) .* RWE ' || true
}

@test "nothing can be written and executed: no segment, not the stack" { hold memory 'stack can be executed'; }

paths() {
	readelf -dW "$1" | grep -E 'RPATH|RUNPATH' || true
}

@test "libraries come from the system's folders (no RPATH)" { hold paths '/tmp'; }

guards() {
	local names
	names=$(nm -D --undefined-only "$1" | sed 's/.* //; s/@.*//')
	grep -qx __stack_chk_fail <<<"$names" || echo 'no stack protector'
	grep -qE '^__(v?snprintf|memcpy|fprintf|printf)_chk$' <<<"$names" || echo 'not fortified'
}

@test "stack protector and fortified calls are there" { hold guards 'no stack protector' 'not fortified'; }

banned() {
	nm -D --undefined-only "$1" | sed 's/.* //; s/@.*//' |
		grep -xE 'system|popen|gets|v?sprintf|str(n?cpy|n?cat|tok)|stpcpy|w?s?scanf|rand(om)?|[dlm]rand48|tmpnam|tempnam|mktemp|tmpfile|alloca|setu?id|getwd|wordexp|execl?p?e?|execvpe?' || true
}

@test "no program runs a shell, or calls what writes without a limit or is guessed" { hold banned system strcpy; }

# What the flags say, seen in what the compiler makes of them: with level 3 a copy whose room is known only at run time is
# checked, with level 2 it is not.
@test "fortified at level 3" {
	local flags
	flags=$(make -n -B -C "$TOP" build/obj/cgi-bin/app.o | grep -o -- ' -[fD][^ ]*' | grep -vE 'prefix-map' | tr -d '\n')
	printf '#include <stdlib.h>\n#include <string.h>\nchar *f(const char *s, size_t n, size_t m) { char *p = malloc(n); return memcpy(p, s, m); }\n' >"$BATS_TEST_TMPDIR/f.c"
	gcc -O2 $flags -c -o "$BATS_TEST_TMPDIR/f.o" "$BATS_TEST_TMPDIR/f.c"
	nm "$BATS_TEST_TMPDIR/f.o" | grep -w __memcpy_chk
	gcc -O2 $flags -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -c -o "$BATS_TEST_TMPDIR/f.o" "$BATS_TEST_TMPDIR/f.c"
	run nm "$BATS_TEST_TMPDIR/f.o"
	refute_output --partial __memcpy_chk
}

# Debian 12 has neither a kernel nor start files (crt1.o) with them, so the linker leaves the mark out of the program; our own
# code has them, and works under both as soon as the system does.
@test "our code is ready for indirect branch tracking and shadow stacks" {
	[ "$(uname -m)" = x86_64 ] || skip 'x86-64 alone'
	local marked all
	all=$(ar t "$TOP/build/shared.a" | wc -l)
	marked=$(readelf -n "$TOP/build/shared.a" 2>/dev/null | grep -c 'x86 feature: IBT, SHSTK')
	assert_equal "$marked" "$all"
	[ "$all" -ge 200 ]
	gcc -c -fcf-protection=none -o "$BATS_TEST_TMPDIR/bad.o" -w "$BAD.c"
	run readelf -n "$BATS_TEST_TMPDIR/bad.o"
	refute_output --partial SHSTK
}

@test "a program says nothing of where or when it was built" {
	local program
	while read -r program; do
		run grep -cF "$TOP" "$program"
		assert_output 0
	done < <(programs)
	run bash -c "cd '$TOP' && grep -nE '__(DATE|TIME|TIMESTAMP)__' -r cgi-bin db"
	assert_output ''
	# Counter-proof: without the flag the folder is there.
	(cd "$TOP" && gcc -g -c -o "$BATS_TEST_TMPDIR/bad.o" -w "$BAD.c")
	grep -qF "$TOP" "$BATS_TEST_TMPDIR/bad.o"
}

# A secret in the tree: keys, tokens, and what looks like one. What tests make up is short or says so.
secrets() {
	(cd "$1" && { git ls-files -z 2>/dev/null || find . -path ./build -prune -o -type f -print0; } | xargs -0r grep -InE \
		-e '-----BEGIN ([A-Z]+ )?PRIVATE KEY-----$' \
		-e '(AKIA|ASIA)[0-9A-Z]{16}' -e 'gh[pousr]_[A-Za-z0-9]{36}' -e 'xox[abprs]-[0-9A-Za-z-]{20}' \
		-e 'eyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{40,}' -e 'npm_[A-Za-z0-9]{36}' /dev/null) |
		grep -v '^tests/package-lock.json:' || true
}

@test "no secret lies in the tree" {
	run secrets "$TOP"
	assert_output ''
	[ "$(git -C "$TOP" ls-files | wc -l)" -ge 500 ] || [ ! -e "$TOP/.git" ]
	local bad=$BATS_TEST_TMPDIR/tree
	git init -q "$bad"
	printf -- '-----BEGIN PRIVATE %s-----\nMIGH\n' KEY >"$bad/a.pem"
	printf 'token = "ghp_%036d"\n' 7 >"$bad/b"
	git -C "$bad" add .
	run secrets "$bad"
	assert_line --partial 'a.pem:1'
	assert_line --partial 'b:1'
}

@test "no weak hash or cipher is used" {
	# gdbm has a checksum of its own that is none of these; what looks for them finds one that is put there. SHA-1 is for what others
	# have made of it, in the files that say so: HMAC-SHA-1 of authenticator apps (which holds), lists of breached passwords.
	local weak='MD4|MD5|SHA1|SHA_1|sha1|md5|EVP_(des|rc4|bf|idea|cast5)|_ecb|_cbc|DES_|RC4|RSA_padding_add_PKCS1_type_2'
	run bash -c "cd '$TOP' && grep -nE '\\b($weak)' -r cgi-bin db --include=*.c --include=*.h | grep -v '^cgi-bin/base/secret\.c:.*EVP_sha1()'"
	assert_output ''
	run bash -c "cd '$TOP' && grep -lE 'secret_(hmac_)?sha1\(' -r cgi-bin db --include=*.c | sort | xargs"
	assert_output 'cgi-bin/base/secret.c cgi-bin/oauth/breached.c cgi-bin/oauth/totp.c'
	run grep -cE "\\b($weak)" <<<'EVP_sha1(); MD5(a);'
	assert_output 1
}

# Keys that the programs and scripts of a tree make.
short_keys() {
	grep -rnE 'EVP_[A-Z]+_gen *\(|EVP_PKEY_(Q_)?keygen|-newkey|genpkey|genrsa|ecparam' cgi-bin conf deploy.sh 2>/dev/null |
		grep -vE 'EVP_EC_gen\("P-256"\)|-newkey ec -pkeyopt ec_paramgen_curve:P-256 ' | grep -vE '^cgi-bin/sim/signer\.c:.*EVP_RSA_gen\(BITS\)' || true
	[ ! -f cgi-bin/sim/signer.c ] || [ "$(awk '$2 == "BITS" { print $3 }' cgi-bin/sim/signer.c)" -ge 3072 ] || echo 'cgi-bin/sim/signer.c: too few BITS'
}

@test "every key of our own has 128 bits of security: P-256, or RSA of 3,072 bits; and so have those that are made" {
	cd "$TOP"
	run short_keys
	assert_output ''
	mkdir -p "$BATS_TEST_TMPDIR/tree/cgi-bin/sim" "$BATS_TEST_TMPDIR/root"
	cd "$BATS_TEST_TMPDIR/tree"
	printf 'EVP_PKEY *a = EVP_EC_gen("P-192");\nx = EVP_RSA_gen(2048);\n' >cgi-bin/a.c
	printf '#define BITS 2048\n' >cgi-bin/sim/signer.c
	run short_keys
	assert_line --partial 'a.c:1'
	assert_line --partial 'a.c:2'
	assert_line --partial 'too few BITS'
	ROOT=$BATS_TEST_TMPDIR/root
	echo '{}' >"$ROOT/gatehouse.json"
	gatehouse keys rotate >/dev/null
	local key
	for key in "$ROOT"/secret/jwt-*.pem; do openssl pkey -in "$key" -noout -text | grep -q 'NIST CURVE: P-256'; done
	[ "$(wc -c <"$ROOT/secret/server.key")" = 32 ]
}

@test "scripts keep nothing, run no text, make no objects of what is sent" {
	local words='localStorage|sessionStorage|indexedDB|document\.cookie|eval *\(|new Function|postMessage|__proto__|Object\.assign|document\.write'
	run bash -c "cd '$TOP' && grep -nE '$words' -r html"
	assert_output ''
	[ "$(find "$TOP/html" -name '*.js' | wc -l)" -ge 3 ]
	run grep -cE "$words" <<<'localStorage.x = 1'
	assert_output 1
}
