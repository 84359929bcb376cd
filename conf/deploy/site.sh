# site.sh: an installed Gatehouse as a site of the system's web server, and the certificate that it shows.
# Read by deploy.sh, whose variables it uses.
# shellcheck shell=bash disable=SC2016,SC2154

CERTBOT_HOOK=/etc/letsencrypt/renewal-hooks/deploy/gatehouse
ACME=/var/lib/gatehouse-acme	# what a certificate authority asks for by http: the one folder that the web server serves there

site_file() { if [ "$WEB" = nginx ]; then echo /etc/nginx/sites-available/gatehouse; else echo /etc/lighttpd/conf-available/90-gatehouse.conf; fi; }
site_link() { if [ "$WEB" = nginx ]; then echo /etc/nginx/sites-enabled/gatehouse; else echo /etc/lighttpd/conf-enabled/90-gatehouse.conf; fi; }

# What the web server reads. A lighttpd that is reloaded is root no more, and could not read a key of root's: it has copies.
TLS_COPY=/etc/lighttpd/gatehouse

# copy_lines CERT KEY: what makes these copies, as lines of sh.
copy_lines() {
	printf 'install -d -o root -g www-data -m 750 %s\n' $TLS_COPY
	printf 'install -o root -g www-data -m 640 %q %s.new\n' "$1" $TLS_COPY/site.crt "$2" $TLS_COPY/site.key
	printf 'mv %s.new %s\n' $TLS_COPY/site.crt{,} $TLS_COPY/site.key{,}
}

# listen PORT: the lines that make it listen there, in both internets if there are two.
listen() {
	local addresses=('') a tls='' lines=() cert=$CERT key=$KEY
	if [ "$WEB" = lighttpd ]; then cert=$TLS_COPY/site.crt key=$TLS_COPY/site.key; fi
	[ ! -e /proc/net/if_inet6 ] || addresses+=('[::]')
	for a in "${addresses[@]}"; do
		if [ "$WEB" = nginx ]; then
			[ "$1" != 443 ] || tls=' ssl http2'
			lines+=("  listen ${a:+$a:}$1$tls;")
		else
			lines+=("\$SERVER[\"socket\"] == \"$a:$1\" {" '  ssl.engine = "enable"' "  ssl.pemfile = \"$cert\"" "  ssl.privkey = \"$key\"" \
			    '  ssl.openssl.ssl-conf-cmd = ( "MinProtocol" => "TLSv1.2", "Options" => "-SessionTicket",' \
			    '    "CipherString" => "ECDHE+AESGCM:ECDHE+CHACHA20", "Groups" => "X25519:P-256:P-384" )' '}')
		fi
	done
	printf '%s\n' "${lines[@]}"
}

# machines: what programs call, as a pattern.
machines() { error_forms | sed -n '/^page|/!s/^[^|]*|//p' | paste -sd'|'; }

# site_files: how many files lighttpd is to have open: as many as the system lets it, of what makes sense. (Asked for more, it has 1,024.)
site_files() {
	local most=32768 hard
	for hard in $(sed -n 's/^Max open files *[^ ]* *\([0-9]*\) .*/\1/p' /proc/1/limits 2>/dev/null) $(systemctl show -P LimitNOFILE lighttpd 2>/dev/null); do
		if [[ $hard =~ ^[0-9]+$ ]] && ((hard < most)); then most=$hard; fi
	done
	echo "$most"
}

# write_site FILE
write_site() {
	local text log=/var/log/$WEB/gatehouse hsts='' files
	text=$(web_text site.conf.in /run/gatehouse /usr/share/gatehouse "$log.access.log" "$log.error.log")
	[ "$WEB" != nginx ] || hsts=$'  add_header Strict-Transport-Security $gatehouse_hsts always;\n'
	text=${text//@HSTS@/"$hsts"} text=${text//@ACME@/"$ACME"}
	text=${text//@LISTEN_PLAIN@/"$(listen 80)"} text=${text//@LISTEN_TLS@/"$(listen 443)"}
	files=$(site_files)
	text=${text//@FILES@/"$files"} text=${text//@CONNECTIONS@/"$((files / 2))"}
	text=${text//@MACHINES@/"$(machines)"}
	text=${text//@CERT@/"$CERT"} text=${text//@KEY@/"$KEY"}
	text=${text//@DOMAIN_PATTERN@/"${DOMAIN//./\\.}"} text=${text//@DOMAIN@/"$DOMAIN"}
	printf '%s\n' "$text" >"$1"
}

# web_accepts: does the system's web server take its configuration? Prints what it says if not.
web_accepts() {
	local out
	if [ "$WEB" = nginx ]; then out=$(nginx -t -q 2>&1); else out=$(lighttpd -tt -f /etc/lighttpd/lighttpd.conf 2>&1); fi || { echo "$out" && return 1; }
}

# The site in place, and in force. What stood there before is kept until the end: site_back puts it back.
site_in() {
	local file link why
	file=$(site_file) link=$(site_link)
	install -d -m 755 "$ACME"
	rm -rf "$FORMER/site"
	[ ! -e "$file" ] || cp -a "$file" "$FORMER/site"
	[ "$WEB" != lighttpd ] || sh -ec "$(copy_lines "$CERT" "$KEY")"
	if [ -e "$link" ] && cmp -s "$STAGE/site" "$file" && [ "$(certificate_shown)" = "$(fingerprint <"$CERT")" ] && systemctl is-active -q "$WEB"; then return; fi
	why=$(web_accepts) || [ -e "$link" ] || refuse "$WEB does not take its own configuration" "$why" "mend that; then $AGAIN"
	install -m 644 "$STAGE/site" "$file"
	ln -sfn "../${file#/etc/*/}" "$link"
	if ! why=$(web_accepts); then
		site_back
		refuse "$WEB does not take the site" "$why" "mend that; then $AGAIN"
	fi
	web_reload
}

site_back() {
	local file link
	file=$(site_file) link=$(site_link)
	if [ -e "$FORMER/site" ]; then cp -a "$FORMER/site" "$file"; else rm -f "$link" "$file"; fi
	if web_accepts >/dev/null; then web_reload; fi
}

# Reloaded if it runs, which loses no request; else started. A lighttpd that runs cannot take port 443: it starts anew, once.
web_reload() {
	systemctl enable -q "$WEB" 2>/dev/null || true
	if ! systemctl is-active -q "$WEB"; then
		systemctl start "$WEB"
	elif [ "$WEB" = lighttpd ] && [ -e "$(site_link)" ] && ! port_taken 443; then
		systemctl restart "$WEB"
	else
		systemctl reload "$WEB"
	fi
}

# --- the certificate ---

# certificate_fault CERT KEY DOMAIN: prints what is wrong with them and fails, if something is.
certificate_fault() {
	local f
	for f in "$1" "$2"; do
		[ -r "$f" ] || { echo "$f cannot be read" && return 1; }
	done
	openssl x509 -in "$1" -noout 2>/dev/null || { echo "$1 is no certificate in PEM" && return 1; }
	openssl pkey -in "$2" -noout </dev/null 2>/dev/null || { echo "$2 is no private key in PEM, without a password" && return 1; }
	[ "$(openssl x509 -in "$1" -noout -pubkey)" = "$(openssl pkey -in "$2" -pubout 2>/dev/null </dev/null)" ] ||
	    { echo "the key in $2 is not that of $1" && return 1; }
	openssl x509 -in "$1" -noout -checkhost "$3" | grep -q 'does match' || { echo "$1 is not for $3" && return 1; }
	openssl x509 -in "$1" -noout -checkend 0 >/dev/null || { echo "$1 has expired, on $(openssl x509 -in "$1" -noout -enddate | cut -d= -f2)" && return 1; }
}

fingerprint() { openssl x509 -noout -fingerprint -sha256 2>/dev/null || true; }

# That of the certificate which the web server shows for our name; nothing if it shows none.
certificate_shown() { openssl s_client -connect 127.0.0.1:443 -servername "$DOMAIN" </dev/null 2>/dev/null | fingerprint; }

check_certificate() {
	local why
	why=$(certificate_fault "$CERT" "$KEY" "$DOMAIN") || refuse "the certificate is not right" "$why" "$(again --cert) with --cert FILE --key FILE, or --certbot"
}

# A reload is over some time after it was asked for: is what lies in $ACME there for the asking?
acme_served() {
	local folder=$ACME/.well-known/acme-challenge tries
	(umask 022 && mkdir -p "$folder" && echo here >"$folder/probe")
	for ((tries = 0; tries < 100; tries++)); do
		if [ "$(curl -qs -m 5 --noproxy '*' -H "Host: $DOMAIN" http://127.0.0.1/.well-known/acme-challenge/probe)" = here ]; then break; fi
		sleep 0.1
	done
	rm -f "$folder/probe"
	((tries < 100))
}

# A certificate of Let's Encrypt, by the certbot that is there, which renews it by itself. It is asked for through the site itself:
# until it has come, the site shows one that was made here.
by_certbot() {
	local cert=/etc/letsencrypt/live/$DOMAIN/fullchain.pem key=/etc/letsencrypt/live/$DOMAIN/privkey.pem
	local who=(--register-unsafely-without-email)
	install -d -m 755 "${CERTBOT_HOOK%/*}"
	{
		printf '#!/bin/sh -e\n# Of Gatehouse: the web server is told of a new certificate.\n'
		[ "$WEB" != lighttpd ] || copy_lines "$cert" "$key"
		printf 'systemctl reload %s\n' "$WEB"
	} >"$CERTBOT_HOOK"
	chmod 755 "$CERTBOT_HOOK"
	if ! certificate_fault "$cert" "$key" "$DOMAIN" >/dev/null; then
		step certbot "asks for a certificate for $DOMAIN"
		CERT=$STAGE/first.crt KEY=$STAGE/first.key
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj "/CN=$DOMAIN" \
		    -addext "subjectAltName=DNS:$DOMAIN" -keyout "$KEY" -out "$CERT" 2>/dev/null
		write_site "$STAGE/site"
		site_in
		acme_served || step note "the web server does not answer on port 80 for $DOMAIN yet"
		[ -z "$EMAIL" ] || who=(--email "$EMAIL")
		if ! (umask 022 && exec certbot certonly --non-interactive --agree-tos --keep-until-expiring --webroot -w "$ACME" -d "$DOMAIN" \
		    "${who[@]}") >&2; then
			site_back
			refuse "certbot got no certificate" "the lines above say why; mostly, $DOMAIN does not lead to port 80 of this machine" \
			    "mend that; then $AGAIN"
		fi
	fi
	CERT=$cert KEY=$key
}
