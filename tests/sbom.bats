#!/usr/bin/env bats
# The bill of materials: SPDX 2.3 in form, and true: beside what the linker wrote into the programs, what dpkg has, and the files.
load helper

setup_file() {
	load helper
	PROGRAMS=("$TOP/build/authorize" "$TOP/build/polyglot-mqtt")
	"$TOP/tests/audit/sbom" "${PROGRAMS[@]}" >"$BATS_FILE_TMPDIR/sbom.json"
}

setup() {
	load_libs
	PROGRAMS=("$TOP/build/authorize" "$TOP/build/polyglot-mqtt")
	SBOM=$BATS_FILE_TMPDIR/sbom.json
}

# ask FILTER: jq on the bill, true or not.
ask() { jq -e "$1" "$SBOM"; }

@test "it has what SPDX 2.3 demands, and every id that is named exists once" {
	ask '.spdxVersion == "SPDX-2.3" and .dataLicense == "CC0-1.0" and .SPDXID == "SPDXRef-DOCUMENT" and (.name | length) > 0
		and (.documentNamespace | test("^https://[^#]+$")) and (.creationInfo.created | test("^[0-9-]{10}T[0-9:]{8}Z$"))
		and (.creationInfo.creators | all(test("^(Tool|Person|Organization): .")))'
	ask '[.packages[] | .SPDXID, .name, .downloadLocation, .versionInfo, .licenseConcluded, .copyrightText] | all(. != null and . != "")'
	ask '[.files[] | (.fileName | startswith("./")), (.checksums | any(.algorithm == "SHA1" and (.checksumValue | test("^[0-9a-f]{40}$"))))] | all'
	ask '[.packages[].SPDXID, .files[].SPDXID] | (length == (unique | length)) and all(test("^SPDXRef-[A-Za-z0-9.-]+$"))'
	ask '([.SPDXID, .packages[].SPDXID, .files[].SPDXID]) as $there | [.relationships[] | .spdxElementId, .relatedSpdxElement] | unique - $there == []'
	ask '[.relationships[] | select(.relationshipType == "DESCRIBES")] | length == 1'
}

@test "every library that a program asks the loader for is a package, in the version that is installed" {
	local program name path package version
	for program in "${PROGRAMS[@]}"; do
		while read -r name; do
			path=$(ldd "$program" | awk -v n="$name" '$1 == n { print $3 }')
			package=$(dpkg -S "$path" "/usr$path" "${path#/usr}" 2>/dev/null | sed -n '1s/:.*//p')
			version=$(dpkg-query -W -f '${Version}' "$package:$(dpkg --print-architecture)")
			jq -e --arg p "$package" --arg v "$version" --arg b "SPDXRef-bin-s-${program##*/}" '
				(.packages[] | select(.name == $p and .versionInfo == $v) | .SPDXID) as $id
				| any(.relationships[]; .spdxElementId == $b and .relationshipType == "DYNAMIC_LINK" and .relatedSpdxElement == $id)' "$SBOM" ||
				{ echo "not there: $program, $name of $package $version"; return 1; }
		done < <(readelf -dW "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
	done
	# The broker's library is one program's alone; what libcurl brings along is there as well.
	ask '[.relationships[] | select(.relatedSpdxElement | startswith("SPDXRef-package-libmosquitto1")) | select(.relationshipType == "DYNAMIC_LINK") | .spdxElementId] == ["SPDXRef-bin-s-polyglot-mqtt"]'
	ask '[.packages[].name] | index("libnghttp2-14") != null'
}

@test "every file of ours is there with its checksum, and the programs" {
	jq -r '.files[] | select(.fileTypes == ["SOURCE"]) | (.checksums[] | select(.algorithm == "SHA256").checksumValue) + "  " + .fileName' "$SBOM" >"$BATS_TEST_TMPDIR/sums"
	(cd "$TOP" && sha256sum --quiet -c "$BATS_TEST_TMPDIR/sums")
	[ "$(wc -l <"$BATS_TEST_TMPDIR/sums")" = "$(cd "$TOP" && find cgi-bin db conf html deploy.sh Makefile LICENSE -type f ! -name '.*' | wc -l)" ]
	jq -e --arg sum "$(sha256sum <"$TOP/build/authorize" | cut -d' ' -f1)" 'any(.files[].checksums[]; .checksumValue == $sum)' "$SBOM"
}

@test "the same tree gives the same bill" {
	"$TOP/tests/audit/sbom" "${PROGRAMS[@]}" | cmp - "$SBOM"
}
