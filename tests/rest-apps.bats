#!/usr/bin/env bats
# The REST API of third parties: the files of apps: in JSON and in YAML, wrong ones, one that is taken away; what is told of them.

load helper
load pages
load rest

setup_file() { rest_root; }
teardown_file() { rest_end; }

# The tutorial's app, as people write YAML.
yaml_switch() {
	cat <<-'END'
	# The tutorial's app.
	name: RESTful Switch
	about: Turns your switches on and off from elsewhere.
	displayLink: https://dash.example
	redirectUris: http://a.test , http://b.test:8081,https://c.test/cb
	preferences:
	  sections:
	    - title: Control these switches...
	      inputs:
	        - name: switches
	          type: capability.switch
	          title: Switches
	          multiple: true
	mappings:
	  - path: /switches
	    action:
	      GET:
	        do: list
	        input: switches
	        item: { name: $label, value: $attr.switch }
	  - path: /switches/:command
	    action:
	      PUT:
	        do: command
	        input: switches
	        command: $params.command
	        allow: [on, off]
	        else:
	          status: 501
	          message: $params.command is not a valid command for all switches specified
	END
}

@test "the same app in YAML: told the same, and it does the same" {
	yaml_switch >"$ROOT/apps/in-yaml.yaml"
	for what in show openapi; do
		diff <(gatehouse --json app "$what" restful-switch | jq 'del(.id, .client, .secret)') \
			<(gatehouse --json app "$what" in-yaml | jq 'del(.id, .client, .secret)')
	done
	cgi web-services GET /api/smartapps/endpoints
	for client in restful-switch in-yaml; do
		install ann "$client" --device A --device B
		call PUT /switches/on
		is 204 ''
		call GET /switches
		is 200 '[{"name":"Switch A","value":"on"},{"name":"Switch B","value":"on"}]'
		call PUT /switches/explode
		smart 501 'explode is not a valid command for all switches specified'
		call PUT /switches/off
		is 204 ''
		form "$(at "$client" http://b.test:8081/x)" "$session"
		status 200
		has '<legend><bdi>Switches</bdi></legend>'
	done
}

teardown() { rm -f "$ROOT"/apps/wrong.*; }

# line APP TEXT: where it first stands in the file that we ship.
line() { grep -n -m 1 -- "$2" "$TOP/conf/apps/$1.json" | cut -d: -f1; }

# stops NAME WHY: with what is on stdin as that file, no program that has apps starts, and all say so; nor does the tool list.
stops() {
	cat >"$ROOT/apps/$1"
	local program
	for program in web-services authorize console; do
		run -1 --separate-stderr env -i GATEHOUSE_ROOT="$ROOT" GATEHOUSE_SHARE="$TOP" REQUEST_METHOD=GET REQUEST_URI=/ "$BUILD/$program" </dev/null
		[ -z "$output" ]
		[[ $stderr == "$program: $ROOT/apps/$1:$2"* ]] || { echo "$stderr"; return 1; }
	done
	run -1 gatehouse app list
	[[ $output == *"/apps/$1:$2"* ]] || { echo "$output"; return 1; }
	rm "$ROOT/apps/$1"
}

@test "29 a path of five levels stops the start, with file, line and path, in either form" {
	sed 's|"/switches/:command"|"/a/b/c/d/e"|' "$TOP/conf/apps/restful-switch.json" |
		stops wrong.json "$(line restful-switch /switches/:command): mappings.1.path: /a/b/c/d/e has more than 4 levels"
	yaml_switch | sed 's|path: /switches/:command|path: /a/b/:c/d/e|' | stops wrong.yaml '21: mappings.1.path: /a/b/:c/d/e has more than 4 levels'
}

@test "48 an oauthPage that is not declared, or not the first, stops the start" {
	local at file=$TOP/conf/apps/devices.json
	at=$(line devices oauthPage)
	sed "${at}s/\"devices\"/\"about\"/" "$file" | stops wrong.json "$at: preferences.oauthPage: about must be the first page"
	sed "${at}s/\"devices\"/\"nowhere\"/" "$file" | stops wrong.json "$at: preferences.oauthPage: there is no page nowhere"
	sed "$(line devices '"name": "devices",$')s/\$/ \"dynamic\": true,/" "$file" |
		stops wrong.json "$at: preferences.oauthPage: devices must not be dynamic"
}

@test "two files of one app, and YAML that is none, stop the start" {
	cp "$ROOT/apps/all.json" "$ROOT/apps/all.yml"
	run -1 gatehouse app list
	[[ $output == *'/apps/all.yml: there is another file of the app all'* ]]
	rm "$ROOT/apps/all.yml"
	printf 'name: x\n\tname: y\n' | stops wrong.yaml '2: not valid YAML'
	printf 'name: &n x\nabout: *n\n' | stops wrong.yml '1: anchors and aliases are not read'
}

@test "OpenAPI: what each app has, each operation once, with its parameters and answers" {
	local name
	for name in devices homebridge all restful-switch; do
		gatehouse app openapi "$name" >"$BATS_TEST_TMPDIR/$name.json"
		jq -e --slurpfile app "$ROOT/apps/$name.json" '
			def template: split("/") | map(if startswith(":") then "{" + .[1:] + "}" else . end) | join("/");
			def operations: [.paths | to_entries[] | .key as $p | .value | to_entries[] | .value + {path: $p, method: .key}];
			.openapi == "3.1.0" and (.info.title | length > 0) and .info.version != null and
			([operations[] | .path + " " + .method] | sort) ==
				([$app[0].mappings[] | (.path | template) as $p | .action | keys[] | $p + " " + ascii_downcase] | sort) and
			([operations[].operationId] | length == (unique | length)) and
			all(operations[]; (.summary | length > 0) and (.responses | length > 0) and
				([.parameters[] | select(.in == "path") | .name] | sort) == ([.path | scan("{([^}]*)}") | .[0]] | sort) and
				all(.parameters[] | select(.in == "path"); .required) and
				all(.responses[]; .description | length > 0)) and
			all(.. | objects | select(has("$ref")) | .["$ref"]; . == "#/components/schemas/Error") and
			(.components.schemas.Error | type == "object") and
			(.components.securitySchemes.oauth.flows.authorizationCode | .tokenUrl != null and .authorizationUrl != null)
			' "$BATS_TEST_TMPDIR/$name.json" >/dev/null || { echo "$name"; return 1; }
	done
	jq -e --arg u "$PUBLIC" '.servers[0].url == $u + "/api/smartapps/installations/{installation}"' "$BATS_TEST_TMPDIR/devices.json" >/dev/null
	jq -e '.paths["/devices/{id}"].put.requestBody.content["application/json"].schema.properties | has("command") and has("arguments")' \
		"$BATS_TEST_TMPDIR/devices.json" >/dev/null
	jq -e '[.paths["/devices/{id}/states"].get.parameters[].name] | contains(["attribute", "since", "until", "max"])' "$BATS_TEST_TMPDIR/devices.json" >/dev/null
	jq -e '.paths["/switches/{command}"].put.responses | has("204") and has("501")' "$BATS_TEST_TMPDIR/restful-switch.json" >/dev/null
	jq -e '.paths["/test/hello"].post.responses | has("418") and (has("201") | not)' "$BATS_TEST_TMPDIR/all.json" >/dev/null
}

@test "an app whose file is taken away is at an end, until the file is back" {
	jq '.tokenIn = ["header"]' "$TOP/conf/apps/restful-switch.json" >"$ROOT/apps/passing.json"
	cgi web-services GET /api/smartapps/endpoints
	local secret kept
	secret=$(gatehouse --json client secret passing | jq -r .secret)
	install ann passing --device A
	call GET /switches
	status 200
	mv "$ROOT/apps/passing.json" "$BATS_TEST_TMPDIR/"
	cgi web-services GET /api/smartapps/endpoints '' HTTP_AUTHORIZATION="Bearer $token"
	is 403 "$DENIED"
	call GET /switches
	is 403 "$DENIED"
	cgi token POST /oauth/token "grant_type=refresh_token&refresh_token=$refresh" "$(basic "passing:$secret")"
	status 401
	[ "$(json .error)" = invalid_client ]
	cgi authorize GET "$(at passing http://localhost:4567/oauth/callback)" '' HTTP_COOKIE="$session"
	status 400
	[ -z "$location" ]
	has 'not set up on this server any more'
	# What an owner let in can still be seen, and ended.
	cgi console GET "/links/$grant" '' HTTP_COOKIE="$session"
	status 200
	has 'value="unlink"'
	gatehouse client show passing | grep -q 'file is gone'
	# Another app's start changes nothing of it.
	cgi web-services GET /api/smartapps/endpoints
	gatehouse --json client show passing | jq -e '.app_gone and (.disabled | not)' >/dev/null
	mv "$BATS_TEST_TMPDIR/passing.json" "$ROOT/apps/"
	call GET /switches
	status 200
	cgi token POST /oauth/token "grant_type=refresh_token&refresh_token=$refresh" "$(basic "passing:$secret")"
	status 200
	rm "$ROOT/apps/passing.json"
}
