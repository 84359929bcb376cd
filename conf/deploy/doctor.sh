# doctor.sh: what is wrong with an instance, and for each fault the one command that mends it. A table of checks, one function each.
# Read by deploy.sh, whose variables it uses.
# long because: some twenty checks stand here side by side.
# shellcheck shell=bash disable=SC2016,SC2034,SC2154

# Where it is looked: an instance of deploy.sh up, or an installed one (system). A check's function says each fault by fault.
CHECKS='
disk|both|room on the disk
clock|both|the clock
config|both|the config
rights|system|owners and rights of files
keys|both|the keys
database|both|the database
store|both|the store
sockets|system|sockets of the programs
programs|both|every program answers
courier|both|the courier
broker|both|node servers over MQTT
web|both|the web server
ports|system|ports 80 and 443
certificate|system|the certificate
health|both|health, through the web server
public|both|the public address leads here
backup|system|a backup of the last days
'
CLOCK_SOURCE=${GATEHOUSE_CLOCK_SOURCE-https://api.smartthings.com}	# whose Date header tells the time
CLOCK_OFF=60	# seconds: signed requests of SmartThings may be off by 300, tokens by less
CERTIFICATE_DAYS=14	# certbot renews 30 days ahead
ROOM_LEAST=200	# MB: a fold needs as much as the store has, and a segment

# fault WHAT COMMAND
fault() {
	FAULTS=$((FAULTS + 1))
	printf 'BAD  %-12s %s\n     mend it:     %s\n' "$CHECK" "$1" "$2"
}

# --- what differs between the two ---

# As whom, and with what, the instance's programs run.
as_instance() {
	if [ -n "$SYSTEM" ]; then as_gatehouse "$@"; else env -i PATH="$PATH" LC_ALL=C.UTF-8 GATEHOUSE_ROOT="$ROOT" GATEHOUSE_SHARE="$ROOT/share" "$@"; fi
}
either() { if [ -n "$SYSTEM" ]; then echo "$1"; else echo "$2"; fi; }
mend_program() { either "systemctl restart gatehouse@$1.socket gatehouse@$1.service" "$AGAIN"; }
mend_config() { either "sudoedit $ETC/gatehouse.json && gatehouse-deploy install" "\${EDITOR:-editor} $(printf %q "$ROOT/gatehouse.json") && $AGAIN"; }
mend_rights() { either 'systemd-tmpfiles --create gatehouse.conf' "chmod -R u+rwX $(printf %q "$ROOT")"; }

# unit_of PID: the systemd unit that a process belongs to.
unit_of() { ps -o unit= -p "$1" 2>/dev/null | tr -d ' '; }

# --- the checks ---

doctor_disk() {
	local folder free files
	for folder in "$ROOT" ${SYSTEM:+/var/log "$BACKUPS"}; do
		[ -d "$folder" ] || continue
		read -r free files < <(df -k --output=avail,iavail "$folder" | tail -n 1) || continue
		if ((free < ROOM_LEAST * 1024)) || { [ "$files" != - ] && ((files > 0 && files < 1000)); }; then
			fault "$((free / 1024)) MB and $files files are left where $folder lies; $ROOM_LEAST MB should be" \
			    "$(either "journalctl --vacuum-size=100M && apt-get clean" "du -xh $(printf %q "$folder") | sort -h | tail, which shows what is large")"
			return
		fi
	done
}

doctor_clock() {
	local said there here
	here=$(date +%s)
	if ((here < $(stat -c %Y "$BIN/health" 2>/dev/null || echo 0))); then
		fault "it is before $BIN/health was made: $(date)" "timedatectl set-ntp true"
		return
	fi
	[ -n "$CLOCK_SOURCE" ] || return 0
	said=$(curl -qsI -m 5 "$CLOCK_SOURCE" 2>/dev/null | sed -n 's/^[Dd]ate: //p' | tr -d '\r') || return 0
	[ -n "$said" ] || return 0
	there=$(date -d "$said" +%s 2>/dev/null) || return 0
	here=$(date +%s)
	if ((here - there > CLOCK_OFF || there - here > CLOCK_OFF)); then
		fault "it is $((here - there)) seconds off, by what ${CLOCK_SOURCE#*//} says" "timedatectl set-ntp true"
	fi
}

doctor_config() {
	local out
	out=$(as_instance "$BIN/gatehouse" --root "$ROOT" config check 2>&1) || fault "$(head -n 1 <<<"${out#gatehouse: }")" "$(mend_config)"
}

doctor_rights() {
	local f want have
	while read -r f want; do
		have=$(stat -c %U:%G:%a "$f" 2>/dev/null) || have='not there'
		[ "$have" = "$want" ] || { fault "$f is $have, not $want" "$(mend_rights)" && return; }
	done <<-END
		$ETC root:gatehouse:750
		$HOME_DIR gatehouse:gatehouse:700
		$HOME_DIR/secret gatehouse:gatehouse:700
		$HOME_DIR/store gatehouse:gatehouse:700
		$HOME_DIR/sock gatehouse:gatehouse:700
		$BACKUPS gatehouse:gatehouse:700
	END
	f=$(find "$HOME_DIR/secret" "$HOME_DIR/store" \( ! -user gatehouse -o -perm /077 \) ! -type l -print -quit)
	[ -z "$f" ] || fault "$f is $(stat -c '%U:%G:%a' "$f"): it is gatehouse's alone" "$(mend_rights)"
	f=$(find "$ETC" -type f -perm /007 -print -quit)
	[ -z "$f" ] || fault "$f is $(stat -c '%U:%G:%a' "$f"): others may read it" "$(mend_rights)"
	f=$(as_gatehouse find "$ETC" \( -type f ! -readable -o -type d ! -executable \) -print -quit 2>/dev/null)
	[ -z "$f" ] || fault "$f cannot be read by the user gatehouse" "$(mend_rights)"
}

doctor_keys() {
	[ -s "$ROOT/secret/server.key" ] || fault "$ROOT/secret/server.key is not there, which every token hangs on" \
	    "$(either "cp -a $BACKUPS/\$(ls $BACKUPS | tail -n 1)/secret/. $HOME_DIR/secret/" "$AGAIN")"
}

# The engine postgresql: is its server there, does it let us in, is what it has of our making?
doctor_database() {
	local out
	DATABASE_FAULT=''
	[ "$ENGINE" = postgresql ] || return 0
	if [ -z "$SYSTEM" ]; then
		[ "$DATABASE" != own ] || pg_is_up "$ROOT/postgresql" || fault "the PostgreSQL server in $ROOT/postgresql does not run" "$AGAIN"
	elif [ "$DATABASE" = own ]; then
		doctor_own_database
	else
		doctor_addresses
	fi
	if ((FAULTS == before)) && ! out=$(as_instance timeout 60 "$BIN/gatehouse" --root "$ROOT" store stats 2>&1); then
		out=$(head -n 1 <<<"${out#gatehouse: }")
		case $out in
		*'another version'*) fault "$out" "install the version of Gatehouse that made it: git pull && ./deploy.sh ${SYSTEM:+install}" ;;
		*) fault "$out" "$(if [ "$DATABASE" = own ]; then either 'gatehouse-deploy install' "$AGAIN"; else either 'gatehouse-deploy install --database-url URL' "$AGAIN --database-url URL"; fi)" ;;
		esac
	fi
	((FAULTS == before)) || DATABASE_FAULT=1
}

doctor_own_database() {
	local version name port state rest sql login
	read -r version name port state rest < <(own_cluster) || { fault "PostgreSQL is not there, or has no cluster" "gatehouse-deploy install" && return; }
	[[ $state == online* ]] || { fault "PostgreSQL $version is $state" "systemctl start postgresql@$version-$name" && return; }
	login=$(own_role) sql="runuser -u postgres -- psql -p $port -c"
	case $login in
	t) ;;
	f) fault "PostgreSQL's role gatehouse may not sign in" "$sql 'alter role gatehouse login'" && return ;;
	*) fault "PostgreSQL has no role gatehouse" "gatehouse-deploy install" && return ;;
	esac
	[ -n "$(own_there)" ] || { fault "PostgreSQL has no database gatehouse: without a backup, what was in it is lost" "gatehouse-deploy install" && return; }
	as_gatehouse "$(pg_programs)/psql" -qAtX -h "$PG_SOCKET" -p "$port" -d gatehouse -c 'select 1' >/dev/null 2>&1 ||
	    fault "PostgreSQL does not know the user gatehouse as its role gatehouse" \
		"sed -i '1i local gatehouse gatehouse peer' /etc/postgresql/$version/$name/pg_hba.conf && systemctl reload postgresql@$version-$name"
}

# Programs without network may call the addresses that the database's host had when they were told.
doctor_addresses() {
	local now
	now=$(database_addresses "$(database_url)") || { fault "the database's host $(tail -n 1 <<<"$now") is unknown" "resolvectl query $(tail -n 1 <<<"$now"), which says why" && return; }
	[ -z "$now" ] || grep -qsx "IPAddressAllow=${now//$'\n'/ }" "$UNITS/gatehouse@token.service.d/remote.conf" ||
	    fault "the database's host has another address: ${now//$'\n'/ }" "gatehouse-deploy install"
}

doctor_store() {
	local out
	[ -z "$DATABASE_FAULT" ] || return 0
	if ! out=$(as_instance timeout 60 "$BIN/gatehouse" --root "$ROOT" store stats 2>&1); then
		fault "$(head -n 1 <<<"${out#gatehouse: }")" "$(mend_rights)"
	fi
}

doctor_sockets() {
	local name f have
	for name in "${PROGRAMS[@]}"; do
		f=/run/gatehouse/$name.sock
		if [ ! -S "$f" ]; then
			fault "$f is missing" "$(mend_program "$name")"
			continue
		fi
		have=$(stat -c %U:%G:%a "$f")
		[ "$have" = gatehouse:www-data:660 ] || fault "$f is $have, not gatehouse:www-data:660: $WEB may not ask" "$(mend_program "$name")"
	done
}

doctor_programs() {
	local name
	for name in "${PROGRAMS[@]}"; do
		if [ "$name" = health ]; then continue; fi	# it says what is wrong with others, too: doctor_health
		[ -S "$SOCKETS/$name.sock" ] || { [ -n "$SYSTEM" ] || fault "$name has no socket" "$AGAIN"; continue; }
		ask "$name" "$name.sock" 5 || fault "$name does not answer: $(last_words "$name")" "$(mend_program "$name")"
	done
}

# last_words PROGRAM: what it said last.
last_words() {
	if [ -n "$SYSTEM" ]; then journalctl -q -n 1 -o cat -t "gatehouse-$1"; else tail -n 1 "$ROOT/log/$1.log"; fi 2>/dev/null || true
}

doctor_daemon() {
	if [ -n "$SYSTEM" ]; then
		if ! systemctl is-active -q "gatehouse-$1" || ! daemon_well "$1"; then
			fault "$1 does not run: $(last_words "$1")" "systemctl restart gatehouse-$1"
		fi
	elif ! daemon_up "$1"; then
		fault "$1 does not run: $(last_words "$1")" "$AGAIN"
	fi
}

doctor_courier() { doctor_daemon courier; }

doctor_broker() {
	[ -n "$MQTT" ] || return 0
	(exec 3<>"/dev/tcp/$(mqtt_reached)/${MQTT##*:}") 2>/dev/null ||
	    fault "nobody listens on $MQTT" "$(either 'systemctl restart gatehouse-broker' "$AGAIN")"
	doctor_daemon polyglot-mqtt
}

doctor_web() {
	local why
	if [ -z "$SYSTEM" ]; then
		pid_of web >/dev/null || fault "$WEB does not run" "$AGAIN"
		return
	fi
	why=$(web_accepts) || { fault "$WEB does not take its configuration: $(tail -n 1 <<<"$why")" "gatehouse-deploy install" && return; }
	[ -e "$(site_link)" ] || fault "$(site_link) is missing: $WEB does not know Gatehouse" "gatehouse-deploy install"
	systemctl is-active -q "$WEB" || fault "$WEB does not run" "$(mend_web)"
}

# The web server cannot start while another has its port.
mend_web() {
	local who
	who=$(stranger 443)
	who=${who:-$(stranger 80)}
	echo "${who:+$(end_stranger "$who") && }systemctl restart $WEB"
}

# stranger PORT: "NAME PID" of who listens there, if it is not our web server.
stranger() {
	ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 \2/p' | grep -v "^$WEB " | head -n 1
}

end_stranger() {
	local unit
	unit=$(unit_of "${1#* }")
	case $unit in *.service) echo "systemctl disable --now $unit" ;; *) echo "kill ${1#* }" ;; esac
}

doctor_ports() {
	local port who
	for port in 80 443; do
		who=$(stranger "$port")
		if [ -n "$who" ]; then
			fault "port $port is taken by ${who% *}, process ${who#* }" "$(end_stranger "$who") && systemctl restart $WEB"
		elif systemctl is-active -q "$WEB" && ! port_taken "$port"; then
			fault "$WEB does not listen on port $port" "gatehouse-deploy install"
		fi
	done
}

doctor_certificate() {
	local why
	[ -n "$CERT" ] || { CERT=/etc/letsencrypt/live/$DOMAIN/fullchain.pem KEY=/etc/letsencrypt/live/$DOMAIN/privkey.pem; }
	if ! why=$(certificate_fault "$CERT" "$KEY" "$DOMAIN"); then
		fault "$why" "$(mend_certificate)"
	elif ! openssl x509 -in "$CERT" -noout -checkend $((CERTIFICATE_DAYS * 86400)) >/dev/null; then
		fault "it expires on $(openssl x509 -in "$CERT" -noout -enddate | cut -d= -f2)" "$(mend_certificate)"
	elif port_taken 443; then
		[ "$(certificate_shown)" = "$(fingerprint <"$CERT")" ] ||
		    fault "$WEB shows another certificate than that in $CERT" "gatehouse-deploy install"
	fi
}

mend_certificate() { if [ -n "$CERTBOT" ]; then echo "certbot renew --force-renewal --cert-name $DOMAIN"; else echo "gatehouse-deploy install --cert NEW.crt --key NEW.key"; fi; }

doctor_health() {
	local body
	body=$(curl -qs --noproxy '*' -m 10 "${ASK[@]}" "$LOCAL/health" 2>&1) || body=${body:-no answer}
	[ "$body" = '{"status":"ok"}' ] || fault "$LOCAL/health says: ${body:0:200}" "$(mend_program health)"
}

# A nonce, and what only we can make of it: so it is us who answer, not somebody else's server or an old copy of us.
doctor_public() {
	local url nonce ours theirs code
	url=$(jq -r '.public_url // empty' "$ROOT/gatehouse.json" 2>/dev/null)
	[ -n "$url" ] || return 0
	nonce=$(head -c 18 /dev/urandom | base64 -w 0 | tr '+/' '-_')
	ours=$(as_instance REQUEST_METHOD=GET REQUEST_URI="/health?nonce=$nonce" QUERY_STRING="nonce=$nonce" "$BIN/health" </dev/null 2>/dev/null | tail -n 1 | jq -r .proof 2>/dev/null) || true
	theirs=$(curl -qs -m 15 ${CA:+--cacert "$CA"} -w '\n%{http_code}' "$url/health?nonce=$nonce" 2>/dev/null) && code=0 || code=$?
	case $code in
	0) ;;
	6) fault "the name of $url is not known to DNS" "an A and AAAA record for it, at whoever keeps your domain; then $SELF doctor" && return ;;
	7 | 28) fault "$url cannot be reached" "$(either 'ufw allow 443/tcp, or what your router or provider has in its place' "$AGAIN, then start the tunnel")" && return ;;
	60 | 51 | 35) fault "$url shows a certificate that is not to be trusted" "$(either "$(mend_certificate)" "curl -v $url/health, which says why")" && return ;;
	*) fault "$url does not answer (curl: $code)" "curl -v $url/health" && return ;;
	esac
	if [ "$(head -n 1 <<<"$theirs" | jq -r .proof 2>/dev/null)" != "${ours:-none}" ]; then
		fault "at $url somebody else answers (status ${theirs##*$'\n'})" \
		    "$(either "have the A and AAAA records of $DOMAIN name this machine, at whoever keeps your domain" "$AGAIN --public-url URL, with that of your tunnel")"
	fi
}

doctor_backup() {
	local newest
	newest=$(find "$BACKUPS" -mindepth 1 -maxdepth 1 -type d -name '2*' -mtime -2 -print -quit 2>/dev/null)
	# A new server has none until the first night has passed.
	if [ -z "$newest" ] && [ -n "$(find "$ETC/deploy.env" -mtime +1)" ] ; then
		fault "there is no backup of the last two days in $BACKUPS" "systemctl start gatehouse-backup"
	fi
}

# --- the visit ---

doctor() {
	local id where what before
	set +e +o pipefail	# what fails is what is looked for
	SYSTEM='' FAULTS=0
	if is_installed && [ -z "${GIVEN[--root]:-}" ]; then SYSTEM=1; fi
	if [ -n "$SYSTEM" ]; then
		[ "$(id -u)" = 0 ] || refuse "the doctor of an installed Gatehouse is root's" "keys and certificates are to be looked at" "sudo $SELF doctor"
		system_remembered
		ENGINE=$(engine_now)
		ROOT=$HOME_DIR BIN=$LIB SOCKETS=/run/gatehouse LOCAL=https://$DOMAIN ASK=(-k --resolve "$DOMAIN:443:127.0.0.1")
	else
		need_instance
		settings
		BIN=$ROOT/bin SOCKETS=$ROOT/sock
	fi
	AGAIN="$SELF${GIVEN[--root]:+ --root $(printf %q "$ROOT")}"
	built_programs "$BIN"
	echo "Gatehouse in $ROOT"
	while IFS='|' read -r id where what; do
		if [ -z "$id" ] || { [ "$where" = system ] && [ -z "$SYSTEM" ]; }; then continue; fi
		before=$FAULTS CHECK=$id
		"doctor_$id"
		((FAULTS > before)) || printf 'ok   %-12s %s\n' "$id" "$what"
	done <<<"$CHECKS"
	((FAULTS == 0)) || { echo "$FAULTS to be mended." && return 1; }
	echo "All is well."
}
