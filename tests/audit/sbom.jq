# sbom.jq: the document of tests/audit/sbom, out of its lists (one thing a line, fields apart by spaces or tabs).
def lines: split("\n") | map(select(. != ""));
def ref: "SPDXRef-" + (gsub("_"; "-u-") | gsub("/"; "-s-") | gsub("[^A-Za-z0-9.-]"; "-"));
def sums($one; $two): [{algorithm: "SHA1", checksumValue: $one}, {algorithm: "SHA256", checksumValue: $two}];
def unknown: {licenseConcluded: "NOASSERTION", copyrightText: "NOASSERTION"};
def relation($from; $what; $to): {spdxElementId: $from, relationshipType: $what, relatedSpdxElement: $to};

([$sha1 | lines[] | split("  ")] | map({key: .[1], value: .[0]}) | from_entries) as $one
| [$sha256 | lines[] | split("  ") | {SPDXID: ("source-" + .[1] | ref), fileName: ("./" + .[1]), fileTypes: ["SOURCE"],
    checksums: sums($one[.[1]]; .[0])} + unknown] as $sources
| [$programs | lines[] | split(" ") | {SPDXID: (.[2] | ref), fileName: ("./" + .[2]), fileTypes: ["BINARY"],
    checksums: sums(.[0]; .[1])} + unknown] as $binaries
| [$packages | lines[] | split("\t") | {SPDXID: ("package-" + .[0] | ref), name: (.[0] | sub(":.*"; "")), versionInfo: .[1],
    supplier: ("Organization: Debian (" + .[5] + ")"), downloadLocation: "NOASSERTION", filesAnalyzed: false,
    licenseDeclared: "NOASSERTION", sourceInfo: ("built from the Debian source package " + .[3] + " " + .[4]),
    externalRefs: [{referenceCategory: "PACKAGE-MANAGER", referenceType: "purl",
      referenceLocator: ("pkg:deb/debian/" + (.[0] | sub(":.*"; "")) + "@" + (.[1] | @uri) + "?arch=" + .[2] + "&distro=debian-12")}]} + unknown] as $libraries
| {spdxVersion: "SPDX-2.3", dataLicense: "CC0-1.0", SPDXID: "SPDXRef-DOCUMENT", name: ("gatehouse-" + $version),
   documentNamespace: ("https://gatehouse.invalid/spdx/gatehouse-" + $version + "-" + $digest),
   creationInfo: {created: $created, creators: ["Tool: gatehouse-sbom"]},
   packages: ([{SPDXID: "SPDXRef-Gatehouse", name: "gatehouse", versionInfo: $version, downloadLocation: "NOASSERTION", filesAnalyzed: false,
     primaryPackagePurpose: "APPLICATION", licenseDeclared: "NOASSERTION"} + unknown] + $libraries),
   files: ($sources + $binaries),
   relationships: ([relation("SPDXRef-DOCUMENT"; "DESCRIBES"; "SPDXRef-Gatehouse")]
     + [($sources + $binaries)[] | relation("SPDXRef-Gatehouse"; "CONTAINS"; .SPDXID)]
     + [$links | lines[] | split(" ") | relation("bin/" + .[0] | ref; "DYNAMIC_LINK"; "package-" + .[1] | ref)]
     + [$depends | lines[] | split(" ") | relation("package-" + .[0] | ref; "DEPENDS_ON"; "package-" + .[1] | ref)])}
