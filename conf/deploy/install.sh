# install.sh: Gatehouse on a machine with systemd: put in place, upgraded, put back if the new build does not work, taken out.
# Read by deploy.sh, whose variables it uses. docs/install.md tells it to people.
# long because: it is one story, and each step stands on the one before.
# shellcheck shell=bash disable=SC2016,SC2034,SC2154

ETC=/etc/gatehouse HOME_DIR=/var/lib/gatehouse LIB=/usr/lib/gatehouse SHARE=/usr/share/gatehouse BACKUPS=/var/backups/gatehouse
STAGE=/usr/lib/gatehouse.stage FORMER=/usr/lib/gatehouse.former INSTALLED=/var/lib/gatehouse.installed IN_FORCE=/run/gatehouse/in-force
UNITS=/etc/systemd/system	# what belongs to this machine alone: the rest is below /lib
DOMAIN='' CERT='' KEY='' CERTBOT='' EMAIL='' WEB_WAS='' CLIENT=''
SYSTEM_REMEMBERED='DOMAIN WEB CERT KEY CERTBOT EMAIL WORKERS TRUSTED_PROXIES ENGINE DATABASE MQTT LOGIN_RATE API_RATE WEB_WAS CLIENT'

# Is this the script as it was installed? Its programs are there, then, and need no build.
packaged() { [ "$SRC" = "$SHARE" ]; }
is_installed() { [ -f "$ETC/deploy.env" ]; }

as_gatehouse() {
	setpriv --reuid=gatehouse --regid=gatehouse --init-groups --no-new-privs -- \
	    env -i PATH="$PATH" LC_ALL=C.UTF-8 GATEHOUSE_ROOT="$HOME_DIR" GATEHOUSE_SHARE="$SHARE" "$@"
}
system_tool() { as_gatehouse "$LIB/gatehouse" "$@"; }

need_system() {
	[ "$(id -u)" = 0 ] || refuse "$COMMAND is for root" "it changes /etc, /usr and systemd's units" "sudo $AGAIN"
	[ -d /run/systemd/system ] || refuse "systemd does not run here" "an installed Gatehouse is kept by it" \
	    "$SELF up, which needs no systemd"
	exec 9>/run/gatehouse.lock
	flock -n 9 || refuse "Gatehouse is being worked on" "another deploy.sh runs" "wait for it, then $AGAIN"
}

# --- what is wanted ---

system_remembered() {
	local name value
	is_installed || return 0
	while IFS='=' read -r name value; do
		case " $SYSTEM_REMEMBERED " in *" $name "*) NOW[$name]=$value && printf -v "$name" %s "$value" ;; esac
	done <"$ETC/deploy.env"
}

system_remember() {
	local name
	for name in $SYSTEM_REMEMBERED; do echo "$name=${!name}"; done >"$ETC/deploy.env.new"
	install -o root -g gatehouse -m 640 "$ETC/deploy.env.new" "$ETC/deploy.env"
	rm "$ETC/deploy.env.new"
}

system_settings() {
	LOGIN_RATE=5 API_RATE=200
	system_remembered
	ROOT=$HOME_DIR
	DOMAIN=${GIVEN[--domain]:-$DOMAIN} EMAIL=${GIVEN[--email]:-$EMAIL}
	if [ -n "${GIVEN[--cert]:-}${GIVEN[--key]:-}" ]; then
		if [ -z "${GIVEN[--cert]:-}" ] || [ -z "${GIVEN[--key]:-}" ] || [ -n "${GIVEN[--certbot]:-}" ]; then
			wrong_usage "--cert, --key" "a certificate is two files, --cert FILE --key FILE, or comes by --certbot" "$SELF --help"
		fi
		CERT=$(realpath -s -- "${GIVEN[--cert]}") KEY=$(realpath -s -- "${GIVEN[--key]}") CERTBOT=''
	fi
	[ -z "${GIVEN[--certbot]:-}" ] || CERTBOT=1
	common_settings "$ETC/deploy.env"
	server_database_settings
	URL=https://$DOMAIN LOCAL=https://$DOMAIN ASK=(-k --resolve "$DOMAIN:443:127.0.0.1")
	PATIENCE=15	# Debian has lighttpd wait for 5 s at a reload
	[ -n "$DOMAIN" ] || wrong_usage "no --domain" "the name that people and SmartThings reach this machine by" \
	    "$SELF install --domain home.example.org --certbot"
	[[ $DOMAIN =~ ^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$ ]] && ((${#DOMAIN} <= 253)) ||
	    wrong_usage "--domain $DOMAIN" "it is a host's name in small letters, without https:// and without a path" \
		"$SELF install --domain home.example.org"
	[ -n "$CERT$CERTBOT" ] || wrong_usage "no certificate" "SmartThings and browsers speak https alone" \
	    "$AGAIN --certbot (which gets one), or --cert FILE --key FILE"
	if [ -n "$CERTBOT" ] && ! command -v certbot >/dev/null; then
		refuse "--certbot" "certbot is not there" "apt-get install certbot; then $AGAIN"
	fi
	if [ -n "${NOW[WEB]:-}" ] && [ "${NOW[WEB]}" != "$WEB" ]; then
		refuse "it is installed behind ${NOW[WEB]}" "an installed Gatehouse keeps its web server" "$SELF uninstall, which keeps the data; then $AGAIN"
	fi
}

# Ports 80 and 443 are free, or our web server's already.
check_ports() {
	local port who
	for port in 80 443; do
		who=$(ss -Hltnp "sport = :$port" 2>/dev/null | sed -n 's/.*users:((\("[^"]*"\),pid=\([0-9]*\).*/\1, process \2/p' | head -n 1)
		case $who in
		'' | "\"$WEB\""*) ;;
		*) refuse "port $port is taken" "$who listens there" "stop it, or let $WEB be what listens there; then $AGAIN" ;;
		esac
	done
}

# --- beside what runs ---

# As whose the sources are: what is built there must not be root's.
system_build() {
	local owner
	owner=$(stat -c %u "$SRC")
	if [ "$owner" = 0 ]; then
		build
		return
	fi
	(umask "$UMASK" && setpriv --reuid="$owner" --regid="$(stat -c %g "$SRC")" --init-groups -- mkdir -p "$SRC/build") 2>/dev/null || true
	(umask "$UMASK" && exec setpriv --reuid="$owner" --regid="$(stat -c %g "$SRC")" --init-groups -- \
	    make -C "$SRC" -j"$(nproc)" --no-print-directory all man completion) >/var/log/gatehouse-build.log 2>&1 || {
		tail -n 15 /var/log/gatehouse-build.log >&2
		refuse "it does not build" "the last lines of /var/log/gatehouse-build.log stand above" "mend that, then $AGAIN"
	}
}

# The simulator has no place on a server: PROGRAMS without it.
without_simulator() {
	local name kept=()
	for name in "${PROGRAMS[@]}"; do [ "$name" = simulator ] || kept+=("$name"); done
	PROGRAMS=("${kept[@]}")
}

system_stage() {
	rm -rf "$STAGE"
	mkdir -m 755 "$STAGE"
	if ! packaged; then (umask 022 && tree_into "$STAGE/root"); fi
}

# staged PATH: where the new build has it, before it is put in place.
staged() { if packaged; then echo "$1"; else echo "$STAGE/root$1"; fi; }

user_and_folders() {
	systemd-sysusers "$(staged /usr/lib/sysusers.d/gatehouse.conf)"
	systemd-tmpfiles --create "$(staged /usr/lib/tmpfiles.d/gatehouse.conf)"
	install -d -m 755 "$ACME"
}

# Made once; afterwards --domain alone changes a line of it.
system_config() {
	local config=$ETC/gatehouse.json new=$STAGE/gatehouse.json
	packaged || rm -rf "$FORMER"	# there, the package has kept the former build in it
	mkdir -p -m 700 "$FORMER"
	if [ ! -f "$config" ]; then
		jq --arg url "$URL" '.public_url = $url | .oauth.registration = false' "$SRC/conf/gatehouse.json" >"$new"
	else
		cp -a "$config" "$FORMER/"
		if [ "$(jq -r .public_url "$config" 2>/dev/null)" = "$URL" ] || [ -z "${GIVEN[--domain]:-}" ]; then cp "$config" "$new"; else
			jq --arg url "$URL" '.public_url = $url' "$config" >"$new" 2>/dev/null ||
			    refuse "$config is not valid JSON" "so public_url cannot be set in it" "mend it, then $AGAIN"
		fi
	fi
	set_mqtt "$new"
	set_store "$new"
	write_database_url
	install -o root -g gatehouse -m 640 "$new" "$config"
	echo "WORKERS=$WORKERS" >"$STAGE/workers.env"
	local name files=("$STAGE/workers.env")
	for name in schema-webhook token; do
		echo "WORKERS=$(workers "$name")" >"$STAGE/workers.$name.env"
		files+=("$STAGE/workers.$name.env")
	done
	install -o root -g gatehouse -m 640 "${files[@]}" "$ETC/"
	database_units "$UNITS"
	if [ -n "$MQTT" ]; then
		write_broker_config "$STAGE/mosquitto.conf"
		sed "s|^user .*||; s|share/mosquitto/|$SHARE/conf/mosquitto/|" "$STAGE/mosquitto.conf" >"$ETC/mosquitto.conf"
		chgrp gatehouse "$ETC/mosquitto.conf"
		chmod 640 "$ETC/mosquitto.conf"
	fi
}

# Not where the records have been moved for good: they are where the new config looks for them.
config_back() {
	local f
	[ -z "$MOVED" ] || return 0
	move_back
	[ -z "$DATABASE_URL" ] || rm -f "$ETC/database"
	for f in gatehouse.json database; do [ ! -f "$FORMER/$f" ] || cp -a "$FORMER/$f" "$ETC/"; done
	database_units "$UNITS"
	[ -z "$MOVE" ] || { systemctl daemon-reload && systemctl start gatehouse.target; }
}

# The new build, asked as CGI on this very instance, before the old one is touched: a program that does not start is found here.
try_staged() {
	local name out
	if ! out=$(as_gatehouse GATEHOUSE_SHARE="$(staged "$SHARE")" "$(staged "$LIB/gatehouse")" config check "$HOME_DIR/gatehouse.json" 2>&1); then
		config_back
		out=$(head -n 1 <<<"${out#gatehouse: }")
		refuse "the config is not right" "${out//"$HOME_DIR/"/"$ETC/"}" "mend it, then $AGAIN"
	fi
	# The first ones; or there are records no more, and whoever says so first should be the doctor, not a program that does not start.
	if [ ! -s "$HOME_DIR/secret/server.key" ] || [[ $(as_gatehouse "$(staged "$LIB/gatehouse")" keys list 2>&1) == *'no signing key yet'* ]]; then
		as_gatehouse "$(staged "$LIB/gatehouse")" keys rotate >/dev/null
	fi
	for name in "${PROGRAMS[@]}"; do
		if ! out=$(as_gatehouse GATEHOUSE_SHARE="$(staged "$SHARE")" REQUEST_METHOD=GET REQUEST_URI=/.deploy \
		    timeout 10 "$(staged "$LIB/$name")" </dev/null 2>&1) || ! grep -q '^Status: ' <<<"$out"; then
			config_back
			refuse "the new $name does not work: nothing was touched" "$(head -n 1 <<<"$out")" "mend that; then $AGAIN"
		fi
	done
}

# --- in place ---

# What programs read when they start.
system_makings() {
	(cd / && find ".$LIB" ".$SHARE/conf" ".$SHARE/html" ./lib/systemd/system ".$UNITS" ".$ETC" -type f \
	    ! -name 'deploy.env*' \( ! -path './*/systemd/*' -o -path '*/gatehouse*' \) -exec cksum {} + | sort)
}

system_units() {
	local name
	for name in "${PROGRAMS[@]}"; do echo "gatehouse@$name.socket" "gatehouse@$name.service"; done
	echo gatehouse-courier.service gatehouse-backup.timer gatehouse-compact.timer
	[ -z "$MQTT" ] || echo "$MQTT_UNITS"
}

# The courier is well when it has its pipe open: only who has taken its place has. polyglot-mqtt has its own there while it is connected.
daemon_well() {
	local pid tries fd
	for ((tries = 0; tries < 100; tries++)); do
		pid=$(systemctl show -P MainPID "gatehouse-$1.service")
		if [ "$pid" != 0 ]; then
			[ "$1" = courier ] || [ ! -p "$HOME_DIR/sock/$1.wake" ] || return 0
			for fd in "/proc/$pid/fd/"*; do
				[[ $(readlink "$fd") != "$HOME_DIR/sock/$1.wake" ]] || return 0
			done
		fi
		sleep 0.1
	done
	return 1
}

# It answers on its socket. If not, that is known before who waits in the socket has waited for too long: workers that are other ones at
# every look end as soon as they start.
program_well() {
	local until=$((SECONDS + 8)) now last='' changes=0
	while ! SOCKETS=/run/gatehouse ask "$1" "$1.sock" 1; do
		now=$(children "$(systemctl show -P MainPID "gatehouse@$1.service")")
		[ "$now" = "$last" ] || { changes=$((changes + 1)) && last=$now; }
		((changes <= 3 && SECONDS < until)) || return 1
		sleep 0.1
	done
}

# One pool after another: while one starts anew, its socket keeps who comes. Fails, with FAILED naming the culprit.
system_roll() {
	local name
	systemctl daemon-reload
	for name in "${PROGRAMS[@]}"; do
		FAILED=$name
		systemctl start "gatehouse@$name.socket" || return 1
		if ! systemctl restart "gatehouse@$name.service" || ! program_well "$name"; then return 1; fi
	done
	for name in broker courier polyglot-mqtt; do
		if [ "$name" != courier ] && [ -z "$MQTT" ]; then continue; fi
		FAILED=$name
		systemctl restart "gatehouse-$name.service" || return 1
		[ "$name" = broker ] || daemon_well "$name" || return 1
	done
}

# The new build does not work: the former one comes back, or, if there is none, everything stops.
system_give_up() {
	local why=$1
	# shellcheck disable=SC2046 # one word a unit
	if [ ! -d "$FORMER/tree/usr" ]; then
		systemctl disable -q --now gatehouse.target $(system_units) 2>/dev/null || true
		refuse "it does not start" "$why" "journalctl -u 'gatehouse*' -n 20; mend that, then $AGAIN"
	fi
	tree_place "$FORMER/tree"
	! packaged || rm -f "$INSTALLED"	# the files are dpkg's
	config_back
	system_roll || why+="; and the former build does not start again: $FAILED"
	[ ! -e "$FORMER/site" ] || site_back
	refuse "the new build does not work: the former one is back" "$why" "journalctl -u 'gatehouse*' -n 20; mend that, then $AGAIN"
}

add_client() {
	[ -z "$CLIENT" ] || return 0
	system_tool client show smartthings >/dev/null 2>&1 || system_tool client add smartthings --name SmartThings --auth any --pkce optional \
	    --redirect-uri https://c2c-us.smartthings.com/oauth/callback --redirect-uri https://c2c-eu.smartthings.com/oauth/callback \
	    --redirect-uri https://c2c-ap.smartthings.com/oauth/callback --scope 'devices:read devices:control' >/dev/null
	CLIENT=made
}

web_state() { if systemctl is-active -q "$WEB"; then echo active; elif systemctl is-enabled -q "$WEB" 2>/dev/null; then echo enabled; else echo off; fi; }

system_install() {
	local bad first=''
	echo "Gatehouse on this machine"
	system_settings
	if [ -n "$DRY" ]; then system_plan && return; fi
	need_system
	if ! packaged; then
		check_system
		find_missing "$SRC/conf/packages/install"
		if ((${#MISSING[@]} > 0)); then install_packages; else step packages "all there"; fi
		system_build
		built_programs "$SRC/build"
	else
		find_missing_beside
		((${#MISSING[@]} == 0)) || install_packages
		built_programs "$LIB"
	fi
	without_simulator
	step build "${PROGRAMS[*]} ${DAEMONS[*]}"
	check_ports
	check_mqtt
	[ -n "$CERTBOT" ] || check_certificate
	WEB_WAS=${WEB_WAS:-$(web_state)}
	is_installed || first=1
	system_stage
	user_and_folders
	database_ready
	move_out
	system_config
	move_in
	try_staged
	moved
	step config "right; every program answers"
	if ! packaged; then
		tree_keep "$FORMER"
		tree_place "$STAGE/root"
	fi
	add_client
	[ -z "$MQTT" ] || system_tool nodeserver broker >/dev/null
	system_start
	[ -z "$CERTBOT" ] || by_certbot
	write_site "$STAGE/site"
	site_in
	if ! bad=$(verify); then system_give_up "no good answer at $URL from: $bad"; fi
	system_makings >"$IN_FORCE"
	system_remember
	rm -rf "$STAGE" "$FORMER"
	step health "ok, behind $WEB on $URL"
	[ -z "$first" ] || first_steps
}

# What is up to date is left alone.
system_start() {
	local name start=''
	# shellcheck disable=SC2046 # one word a unit
	systemctl enable -q gatehouse.target $(system_units)
	system_makings | cmp -s - "$IN_FORCE" || start=1
	for name in "${PROGRAMS[@]}"; do
		SOCKETS=/run/gatehouse ask "$name" "$name.sock" 5 || start=1
	done
	systemctl is-active -q gatehouse-courier || start=1
	if [ -n "$start" ]; then
		step start "every program, one after another"
		system_roll || system_give_up "$FAILED does not work"
	else
		step start "all are up to date"
	fi
	# Timers, and whatever else belongs to it.
	systemctl start gatehouse.target
	# shellcheck disable=SC2086 # one word a unit
	if [ -z "$MQTT" ] && [ -n "${NOW[MQTT]:-}" ]; then systemctl disable -q --now $MQTT_UNITS; fi
}

system_plan() {
	step packages "those of conf/packages/run and conf/packages/install"
	[ "$DATABASE" != own ] || step database "role and database gatehouse in Debian's PostgreSQL"
	[ -z "$MOVE" ] || step move "all records from ${NOW[ENGINE]} to $ENGINE"
	step files "$LIB $SHARE /usr/bin/gatehouse /usr/sbin/gatehouse-deploy /lib/systemd/system/gatehouse*"
	step config "$ETC (made once), data in $HOME_DIR, backups in $BACKUPS"
	step listen "ports 80 and 443 of $WEB, for $DOMAIN; sockets /run/gatehouse/*.sock"
	echo "Nothing was done: --dry-run."
}

first_steps() {
	cat <<-END

	What is left for you to do:
	  1  sudo gatehouse user add NAME && sudo gatehouse user operator NAME on
	  2  sudo gatehouse user link NAME
	     and open what it prints: it signs you in, once.
	  3  sudo gatehouse client secret smartthings
	     sudo gatehouse schema registration --email YOU@EXAMPLE.ORG --secret-stdin >registration.json
	     It asks for the secret of the line above. Register what it made, by hand or by the SmartThings CLI.
	  4  SmartThings then shows an id and a secret of its own:
	     sudo install -o gatehouse -g gatehouse -m 600 /dev/stdin $HOME_DIR/secret/smartthings   (paste it, Enter, Ctrl-D)
	     sudoedit $ETC/gatehouse.json   (smartthings.client_id), then: sudo gatehouse-deploy install
	Is all well?   sudo gatehouse-deploy doctor
	The rest stands in /usr/share/doc/gatehouse/install.md.
	END
}

system_uninstall() {
	need_system
	system_remembered
	[ -f "$INSTALLED" ] || packaged || refuse "Gatehouse is not installed" "there is no $INSTALLED" "$SELF install --domain D"
	built_programs "$LIB"
	# shellcheck disable=SC2046 # one word a unit
	systemctl disable -q --now gatehouse.target $(MQTT=x system_units) 2>/dev/null || true
	rm -f "$(site_link)" "$(site_file)" "$CERTBOT_HOOK"
	case $WEB_WAS in
	off) systemctl disable -q --now "$WEB" 2>/dev/null || true ;;
	*) if web_accepts >/dev/null; then web_reload; fi ;;
	esac
	rm -rf /run/gatehouse "$STAGE" "$FORMER" "$ACME" "$TLS_COPY" "$UNITS"/gatehouse*.service.d/{remote,database}.conf
	find "$UNITS" -maxdepth 1 -name 'gatehouse*.service.d' -empty -delete
	[ ! -f "$INSTALLED" ] || tree_remove
	systemctl daemon-reload
	if [ -z "${GIVEN[--purge]:-}" ]; then
		echo "Gone, but for $ETC, $HOME_DIR and $BACKUPS${DATABASE:+ and the database}: $SELF install finds them again, uninstall --purge takes them too."
		return
	fi
	system_purge
	echo "Gone, with its config, data, keys and backups. Packages of Debian stay."
}

system_purge() {
	local uid
	uid=$(id -u gatehouse 2>/dev/null) || uid=''
	own_purge
	rm -rf "$ETC" "$HOME_DIR" "$BACKUPS" /var/log/nginx/gatehouse.* /var/log/lighttpd/gatehouse.* /var/log/gatehouse-build.log \
	    /var/lib/systemd/timers/stamp-gatehouse-*
	[ -z "$uid" ] || { rm -rf "/dev/shm/gatehouse.$uid".* && userdel gatehouse 2>/dev/null; } || true
	getent group gatehouse >/dev/null && groupdel gatehouse || true
}
