# tree.sh: what an installed Gatehouse has on disk that is not of one machine alone: the same for deploy.sh install and make deb.
# Read by deploy.sh, whose variables it uses.
# shellcheck shell=bash disable=SC2016,SC2154

# Programs that call nobody get no network: their units say so where the data is not behind it.
WITHOUT_NETWORK='authorize token health'

# write_units FOLDER
write_units() {
	local from=$SRC/conf/systemd f text name
	mkdir -p "$1"
	for f in "$from"/*.service "$from"/*.socket "$from"/*.timer "$from"/*.target; do
		text=$(<"$f")
		text=${text//@COMMON@/"$(cat "$from/common" "$from/sandbox")"}
		printf '%s\n' "$text" >"$1/${f##*/}"
	done
	for name in $WITHOUT_NETWORK; do
		mkdir -p "$1/gatehouse@$name.service.d"
		cp "$from/local.conf" "$1/gatehouse@$name.service.d/"
	done
}

# tree_into DEST: everything below DEST that is the same on every machine. What it needs is built in $SRC/build.
tree_into() {
	local lib=$1/usr/lib/gatehouse share=$1/usr/share/gatehouse doc=$1/usr/share/doc/gatehouse name
	mkdir -p "$lib" "$share" "$doc" "$1"/usr/bin "$1"/usr/sbin "$1"/usr/lib/sysusers.d "$1"/usr/lib/tmpfiles.d
	for name in "${PROGRAMS[@]}" "${DAEMONS[@]}" gatehouse; do cp "$SRC/build/$name" "$lib/"; done
	cp "$SRC/conf/system/backup" "$lib/"
	cp "$SRC/conf/system/gatehouse" "$1/usr/bin/"
	cp "$SRC/conf/system/gatehouse-deploy" "$1/usr/sbin/"
	cp "$SRC/deploy.sh" "$share/"
	cp -R "$SRC/conf" "$SRC/html" "$share/"
	write_errors "$share/error"
	mkdir -p "$share/include/smartapp"
	cp "$SRC"/cgi-bin/smartapp/{handler,page,request}.h "$share/include/smartapp/"
	cp -R "$SRC"/docs/*.md "$SRC/CHANGELOG.md" "$doc/"
	cp "$SRC/conf/systemd/gatehouse.sysusers" "$1/usr/lib/sysusers.d/gatehouse.conf"
	cp "$SRC/conf/systemd/gatehouse.tmpfiles" "$1/usr/lib/tmpfiles.d/gatehouse.conf"
	make -s -C "$SRC" DESTDIR="$(realpath -m "$1")" install-man install-completion >/dev/null
	write_units "$1/lib/systemd/system"
	# Readable for all, whatever the tree's own rights are; to be run what is run there.
	find "$1" -type d -exec chmod 755 {} +
	find "$1" -type f -perm /100 -exec chmod 755 {} +
	find "$1" -type f ! -perm /100 -exec chmod 644 {} +
}

# The files of a tree, one a line, as they will be called on the machine.
tree_files() { (cd "$1" && find . -type f | sed 's/^\.//' | sort); }

# tree_place STAGE: what is there becomes what STAGE is, file by file, each swapped in one step; what the former build had alone goes.
tree_place() {
	local f
	tree_files "$1" >"$STAGE/installed"
	while read -r f; do
		cmp -s "$1$f" "$f" || {
			(umask 022 && mkdir -p "${f%/*}")
			cp -p "$1$f" "$f.gatehouse-new"
			mv "$f.gatehouse-new" "$f"
		}
	done <"$STAGE/installed"
	[ ! -f "$INSTALLED" ] || comm -13 "$STAGE/installed" "$INSTALLED" | while read -r f; do rm -f "$f"; done
	cp "$STAGE/installed" "$INSTALLED"
}

# tree_keep TO: a copy of what is there.
tree_keep() {
	local f
	rm -rf "$1/tree"
	mkdir -p "$1/tree"
	[ -f "$INSTALLED" ] || return 0
	# From the root: --parents looks for the folders from where it stands.
	(cd / && while read -r f; do
		[ ! -e "$f" ] || cp -a --parents ".$f" "$1/tree" || exit
	done <"$INSTALLED")
}

tree_remove() {
	local f
	while read -r f; do
		rm -f "$f"
		rmdir -p --ignore-fail-on-non-empty "${f%/*}" 2>/dev/null || true
	done <"$INSTALLED"
	rm -f "$INSTALLED"
}
