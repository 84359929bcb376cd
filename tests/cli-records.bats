#!/usr/bin/env bats
# The command line tool: clients and devices.

load helper
load cli

setup_file() {
	make_root "$BATS_FILE_TMPDIR/root"
}

setup() {
	load_libs
}

# --- client ---

@test "client add registers what was asked, and its secret works" {
	run -0 gatehouse client add c1 --redirect-uri https://a.example/x,https://b.example/y \
		--redirect-uri https://a.example/x --name 'Client one' --scope devices:read --scope-alias read=devices:read \
		--auth post --pkce required --grant authorization_code --rotation never --access-ttl 60 --json
	assert_equal "$(jq -c '[.id, .name, .redirect_uris, .scope, .scope_aliases, .auth, .pkce_required, .grants, .rotate,
		.access_ttl, .public, .disabled]' <<<"$output")" \
		'["c1","Client one",["https://a.example/x","https://b.example/y"],"devices:read",{"read":"devices:read"},"post",true,"authorization_code",false,60,false,false]'
	secret=$(jq -r .secret <<<"$output")
	[ "${#secret}" -ge 32 ]
	run ! grep -rqF -- "$secret" "$ROOT"
	assert_equal "$(gatehouse client show c1 --json | jq 'has("secret") or has("secret_hash")')" false
	assert_equal "$(token_error c1 "$secret")" invalid_grant
	assert_equal "$(token_error c1 wrong-secret)" invalid_client
	gatehouse client delete c1
	assert_equal "$(token_error c1 "$secret")" invalid_client
	refused client delete c1
}

@test "client add says what is wrong" {
	for uri in /relative 'https://a.example/#f' javascript:alert; do
		refused client add c2 --redirect-uri "$uri"
		says 'redirect URI'
	done
	refused client add c2
	says 'redirect URI'
	refused client add 'bad id' --redirect-uri https://a.example/
	misused client add c2 --redirect-uri https://a.example/ --auth basik
	misused client add c2 --redirect-uri https://a.example/ --pkce maybe
	misused client add c2 --redirect-uri https://a.example/ --rotation often
	misused client add c2 --redirect-uri https://a.example/ --access-ttl 59
	misused client add c2 --redirect-uri https://a.example/ --grant implicit
	misused client add c2 --redirect-uri https://a.example/ --grant authorization_cod
	says 'did you mean authorization_code?'
	misused client add c2 --redirect-uri https://a.example/ --scope-alias read=devices:reed
	misused client add c2 --redirect-uri https://a.example/ --public --secret-stdin
	misused client add c2 --redirect-uri https://a.example/ --public --auth basic
	refused client add c2 --redirect-uri https://a.example/ --public --pkce optional
	refused client show c2
}

@test "PKCE is required unless it is said to be optional" {
	assert_equal "$(gatehouse client add p --redirect-uri https://a.example/ --json | jq .pkce_required)" true
	assert_equal "$(gatehouse client add p --redirect-uri https://a.example/ --pkce optional --replace --json |
		jq .pkce_required)" false
	gatehouse client delete p
}

# key_file FILE KIND...: a public JWK by OpenSSL.
key_file() {
	node -e 'const { generateKeyPairSync } = require("node:crypto"), [kind, ...more] = process.argv.slice(1);
		const size = { modulusLength: Number(more[0]), namedCurve: more[0] }, k = generateKeyPairSync(kind, size);
		console.log(JSON.stringify(k[more[1] ?? "publicKey"].export({ format: "jwk" })));' "${@:2}" >"$1"
}

@test "a client with a key has no secret, and the key must be a public one that we take" {
	local k=$BATS_TEST_TMPDIR/key
	key_file "$k" ec P-256
	run -0 gatehouse client add signer --jwk "$k" --redirect-uri https://a.example/ --json
	assert_equal "$(jq -c '[.auth, .jwk.kty, has("secret"), .public]' <<<"$output")" '["private_key_jwt","EC",false,false]'
	run -0 gatehouse client show signer
	assert_line --partial 'public key'
	refused client secret signer
	says 'signs with a key'
	gatehouse client add signer --auth private_key_jwt --redirect-uri https://b.example/ --replace
	assert_equal "$(gatehouse client show signer --json | jq -c .jwk)" "$(jq -c . "$k")"
	key_file "$k" rsa 3072
	gatehouse client add signer --jwk "$k" --redirect-uri https://a.example/ --replace
	key_file "$k" ec P-384
	refused client add other --jwk "$k" --redirect-uri https://a.example/
	key_file "$k" rsa 2048
	refused client add other --jwk "$k" --redirect-uri https://a.example/
	key_file "$k" ec P-256 privateKey
	refused client add other --jwk "$k" --redirect-uri https://a.example/
	says 'private key'
	echo '{' >"$k"
	refused client add other --jwk "$k" --redirect-uri https://a.example/
	refused client add other --jwk "$k.gone" --redirect-uri https://a.example/
	says 'No such file'
	refused client add other --auth private_key_jwt --redirect-uri https://a.example/
	says 'needs a public key'
	key_file "$k" ec P-256
	misused client add other --jwk "$k" --auth basic --redirect-uri https://a.example/
	misused client add other --jwk "$k" --secret-stdin --redirect-uri https://a.example/
	refused client show other
	gatehouse client delete signer
}

@test "what people read about a client, and the old dialect" {
	run -0 gatehouse client add old --redirect-uri https://a.example/ --legacy-groovy --link https://a.example/about \
		--about 'Lamps that think.' --json
	assert_equal "$(jq -c '[.legacy_groovy, .link, .about]' <<<"$output")" '[true,"https://a.example/about","Lamps that think."]'
	refused client add other --redirect-uri https://a.example/ --link http://a.example/
	refused client add other --redirect-uri https://a.example/ --link 'javascript:alert(1)'
	refused client add other --redirect-uri https://a.example/ --about "$(printf '%301d' 0)"
	gatehouse client delete old
}

@test "client disable refuses it and its tokens, enable undoes it, --replace does not" {
	local secret token
	secret=$(gatehouse client add c5 --redirect-uri https://a.example/x --json | jq -r .secret)
	token=$(gatehouse token issue --user ann --client c5 | jq -r .refresh_token)
	gatehouse client disable c5
	assert_equal "$(token_error c5 "$secret")" invalid_client
	gatehouse client add c5 --redirect-uri https://a.example/x --replace >/dev/null
	assert_equal "$(token_error c5 "$secret")" invalid_client
	assert_equal "$(gatehouse client list --json | jq -c '.[] | select(.id == "c5") | .disabled')" true
	gatehouse client enable c5
	cgi token POST /token "grant_type=refresh_token&refresh_token=$token&client_id=c5&client_secret=$secret"
	assert_equal "$code" 200
	refused client disable nobody
	refused client enable nobody
	gatehouse client delete c5
}

@test "a secret on stdin is taken, if it is long enough" {
	run -1 --separate-stderr bash -c 'echo tooshort | "$1" --root "$2" client add c3 --grant client_credentials --secret-stdin' \
		- "$BUILD/gatehouse" "$ROOT"
	says 'at least 16 characters'
	run -0 bash -c 'echo 0123456789abcdef | "$1" --root "$2" client add c3 --redirect-uri https://a.example/x --secret-stdin' \
		- "$BUILD/gatehouse" "$ROOT"
	refute_output --partial 0123456789abcdef
	assert_equal "$(token_error c3 0123456789abcdef)" invalid_grant
	gatehouse client delete c3
}

@test "client secret replaces it, add --replace keeps it, add alone refuses" {
	first=$(gatehouse client add c4 --redirect-uri https://a.example/x --json | jq -r .secret)
	second=$(gatehouse client secret c4 --json | jq -r .secret)
	assert_equal "$(token_error c4 "$first")" invalid_client
	assert_equal "$(token_error c4 "$second")" invalid_grant
	refused client add c4 --redirect-uri https://b.example/y
	says 'already'
	run -0 gatehouse client add c4 --redirect-uri https://a.example/x --redirect-uri https://b.example/y --replace --json
	assert_equal "$(jq -c '[has("secret"), .redirect_uris[1]]' <<<"$output")" '[false,"https://b.example/y"]'
	assert_equal "$(token_error c4 "$second")" invalid_grant
	run -0 gatehouse client add c4 --public --redirect-uri https://a.example/x --replace --json
	assert_equal "$(jq -c '[.public, .auth, .pkce_required]' <<<"$output")" '[true,"none",true]'
	refused client secret c4
	says 'is public'
	gatehouse client delete c4
}

# --- device ---

states() { gatehouse device show "$1" --user ann --json | jq -c '[.states[] | {("\(.component)/\(.capability).\(.attribute)"): .value}] | add'; }

@test "device add, show, rename, delete" {
	run -0 gatehouse device add --user ann --type c2c-dimmer --id d1 --name 'Küche' --room Attic --set switchLevel.level=7 \
		--set st.switch.switch=on --json
	assert_equal "$(jq -c '[.id, .type, .name, .room, .created > 0]' <<<"$output")" '["d1","c2c-dimmer","Küche","Attic",true]'
	[[ $(states d1) == *'"main/switch.switch":"on","main/switchLevel.level":7'* ]]
	run -0 gatehouse device show d1 --user ann
	assert_line --regexp '^main +switchLevel +level +7 +% +20[0-9-]+ [0-9:]+$'
	gatehouse device rename d1 'Another name' --user ann
	assert_equal "$(gatehouse device show d1 --user ann --json | jq -r .name)" 'Another name'
	refused device add --user ann --type c2c-dimmer --id d1 --name Again
	says 'already'
	gatehouse device delete d1 --user ann
	refused device show d1 --user ann
	refused device delete d1 --user ann
	refused device rename d1 X --user ann
	refused device offline d1 --user ann
}

@test "a profile UUID with its capabilities, on several components" {
	gatehouse device add --user ann --type 7c5f9f2e-0000-4000-8000-1c2d3e4f5a6b --id strip --name Strip \
		--capability st.switch --capability outlet2/switch --set outlet2/st.switch.switch=on
	[[ $(states strip) == *'"main/switch.switch":"off"'*'"outlet2/switch.switch":"on"'* ]]
	gatehouse device set strip --user ann outlet2/switch.switch=off switch.switch=on
	[[ $(states strip) == *'"main/switch.switch":"on"'*'"outlet2/switch.switch":"off"'* ]]
	gatehouse device delete strip --user ann
}

@test "device add says what is wrong" {
	refused device add --user ann --type c2c-dimer --id x --name X
	says 'did you mean c2c-dimmer?'
	refused device add --user ann --type nothing-like-it --id x --name X
	refused device add --user ann --type 7c5f9f2e-0000-4000-8000-1c2d3e4f5a6b --id x --name X
	refused device add --user ann --type 7c5f9f2e-0000-4000-8000-1c2d3e4f5a6b --id x --name X --capability frobnicate
	refused device add --user ann --type c2c-dimmer --id 'a/b' --name X
	refused device add --user ann --type c2c-dimmer --id x --name $'a\e[2Jb'
	refused device add --user ann --type c2c-dimmer --id x --name X --set switchLevel.level=101
	says '0 to 100'
	refused device add --user ann --type c2c-dimmer --id x --name X --set nonsense
	refused device add --user nobody --type c2c-dimmer --id x --name X
	says 'no user called nobody'
	misused device add --user ann --type c2c-dimmer --id x
	says '--name N is missing'
	refused device show x --user ann
}

@test "device set changes all or nothing, and says what" {
	before=$(states lamp)
	refused device set lamp --user ann switchLevel.level=33 switch.switch=perhaps
	assert_equal "$(states lamp)" "$before"
	refused device set lamp --user ann frobnicate.x=1
	misused device set lamp --user ann
	run -0 gatehouse device set lamp --user ann switchLevel.level=33 --json
	assert_equal "$(jq -c 'map([.component, .capability, .attribute, .value, .unit])' <<<"$output")" \
		'[["main","switchLevel","level",33,"%"]]'
	[[ $(states lamp) == *'"main/switchLevel.level":33'* ]]
}

@test "offline stands first in the list, online undoes it" {
	gatehouse device offline door --user ann
	assert_equal "$(gatehouse device list --user ann --json | jq -c 'map([.id, .online])')" '[["door",false],["lamp",true]]'
	[[ $(states door) == *'"main/healthCheck.healthStatus":"offline"'* ]]
	gatehouse device online door --user ann
	assert_equal "$(gatehouse device list --user ann --json | jq -c 'map([.id, .online])')" '[["lamp",true],["door",true]]'
}

@test "nobody's device is another's" {
	gatehouse user add ivy >/dev/null
	gatehouse device add --user ivy --type c2c-switch --id own --name Own
	refused device show lamp --user ivy
	refused device set lamp --user ivy switch.switch=on
	refused device delete lamp --user ivy
	refused token issue --user ivy --client smartthings --device lamp
	gatehouse user delete ivy
}

@test "more devices than the limit are refused" {
	root=$BATS_TEST_TMPDIR/few
	mkdir "$root"
	echo '{"limits":{"devices_per_user":1}}' >"$root/gatehouse.json"
	ROOT=$root
	gatehouse user add kim >/dev/null
	gatehouse device add --user kim --type c2c-switch --id one --name One
	refused device add --user kim --type c2c-switch --id two --name Two
	says 'which is the limit'
}

@test "tools that run at the same time do not lose each other's devices" {
	for i in 1 2 3 4 5 6 7 8; do
		gatehouse device add --user ann --type c2c-switch --id "p$i" --name "P $i" >/dev/null &
	done
	wait
	assert_equal "$(gatehouse device list --user ann --json | jq '[.[] | select(.id | startswith("p"))] | length')" 8
	for i in 1 2 3 4 5 6 7 8; do gatehouse device delete "p$i" --user ann; done
}
