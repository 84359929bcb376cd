#!/usr/bin/env bats
# The texts on pages: complete in every language, and each of them in use.

setup() { load helper; }

@test "every language has every text" {
	local first=$TOP/html/text/en.json file
	for file in "$TOP"/html/text/*.json; do
		diff <(jq -r 'keys[]' "$first") <(jq -r 'keys[]' "$file")
		jq -e 'all(.[]; type == "string" and length > 0)' "$file" >/dev/null
		# the same values stand in each
		diff <(jq -r 'to_entries[] | "\(.key) \([.value | scan("{{[^}]*}}")] | unique | join(" "))"' "$first" | sort) \
			<(jq -r 'to_entries[] | "\(.key) \([.value | scan("{{[^}]*}}")] | unique | join(" "))"' "$file" | sort)
	done
}

@test "every text that a page names exists" {
	local key missing=''
	for key in $(grep -oh '{{t\.[a-z0-9_-]*}}' "$TOP"/html/*.html | sed 's/{{t\.\(.*\)}}/\1/' | sort -u); do
		jq -e --arg k "$key" 'has($k)' "$TOP/html/text/en.json" >/dev/null || missing+=" $key"
	done
	[ -z "$missing" ] || { echo "missing:$missing"; return 1; }
	for key in "$TOP"/html/*.html; do
		grep -q '^{{>head}}' "$key" || continue
		key=title_$(basename "$key" .html)
		[ "$key" = title_error ] || jq -e --arg k "$key" 'has($k)' "$TOP/html/text/en.json" >/dev/null || { echo "missing: $key"; return 1; }
	done
}

@test "every text is used: by a page, by the source, or as a page's title" {
	local key unused=''
	for key in $(jq -r 'keys[]' "$TOP/html/text/en.json"); do
		grep -qF "{{t.$key}}" "$TOP"/html/*.html && continue
		grep -rqF --include='*.[ch]' "\"$key\"" "$TOP/cgi-bin" && continue
		[[ $key == title_* ]] && [ -f "$TOP/html/${key#title_}.html" ] && continue
		[[ $key == event_* ]] && grep -rqF --include='*.[ch]' "\"${key#event_}\"" "$TOP/cgi-bin" && continue
		unused+=" $key"
	done
	[ -z "$unused" ] || { echo "unused:$unused"; return 1; }
}

@test "no text stands twice, and every event of the journal has one" {
	local file event missing=''
	for file in "$TOP"/html/text/*.json; do
		[ -z "$(grep -o '^	"[^"]*":' "$file" | sort | uniq -d)" ]
	done
	# what is only logged needs none
	for event in $(grep -rhoE '(\.event = |->event = )[^;]*' --include=*.c "$TOP/cgi-bin" | grep -oE '"[a-z]+_[a-z_]+"' | tr -d '"' | sort -u); do
		case $event in authn_login_lock | excess_rate_limit_exceeded | input_validation_fail | malicious_* | refresh_repeated | user_deleted) continue ;; esac
		jq -e --arg k "event_$event" 'has($k)' "$TOP/html/text/en.json" >/dev/null || missing+=" $event"
	done
	[ -z "$missing" ] || { echo "missing:$missing"; return 1; }
}

@test "words: what the types that SmartThings knows show has a word in every language but English, whose names are English" {
	local needed
	# capabilities, scalar attributes, their values, commands and types: "kind name" a line
	needed=$(jq -r --slurpfile t "$TOP/conf/device-types.json" '
		([$t[0].types[].components[][]] | unique) as $used | .capabilities as $c |
		($t[0].types | keys[] | "type " + .),
		($used[] | "capability " + .),
		($used[] | $c[.] | (.commands // {} | keys[] | "command " + .),
			(.attributes // {} | to_entries[] | select(.value.type != "array" and .value.type != "object") |
				"attribute " + .key, (.value.values // [] | .[] | "value " + .)))' "$TOP/conf/capabilities.json" | sort -u)
	[ "$(wc -l <<<"$needed")" -gt 200 ]
	local file
	for file in "$TOP"/html/words/*.json; do
		jq -e '[.[][]] | all(type == "string" and length > 0)' "$file" >/dev/null
		[ "${file##*/}" = en.json ] || diff <(comm -23 <(echo "$needed") <(jq -r 'to_entries[] | .key as $k | .value | keys[] | "\($k) \(.)"' "$file" | sort -u)) /dev/null
	done
}
