# tls.bash: an instance behind the site that deploy.sh install makes for the system's web server, here on free ports of this
# machine with a certificate of its own authority.
# shellcheck shell=bash disable=SC2034,SC1090,SC1091
. "$(dirname "${BASH_SOURCE[0]}")/instance.bash"

# begin_tls DIR: make the authority, the certificate and the instance; sets ROOT, PLAIN, SECURE (ports).
begin_tls() {
	export FOLDER=$1 ROOT=$1/run PLAIN SECURE
	PLAIN=$(free_port) SECURE=$(free_port)
	(
		cd "$FOLDER"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=Authority \
			-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout site.key -out site.csr -subj /CN=gatehouse.test
		openssl x509 -req -in site.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out site.pem -extfile <(
			printf 'subjectAltName=DNS:gatehouse.test,DNS:localhost\nextendedKeyUsage=serverAuth\nkeyUsage=critical,digitalSignature\n')
		cat ca.pem >>site.pem
	) 2>/dev/null
	deploy --root "$ROOT" --port "$(free_port)" --public-url "https://gatehouse.test:$SECURE" >"$FOLDER/deploy.out" 2>&1
}

# site SERVER: start nginx or lighttpd with the site as an installation has it, but for ports, folders and the filter of a log.
site() {
	local conf=$FOLDER/$1.conf
	(
		set -eo pipefail
		SRC=$TOP WEB=$1 DOMAIN=gatehouse.test CERT=$FOLDER/site.pem KEY=$FOLDER/site.key LOGIN_RATE=50 API_RATE=20000 TRUSTED_PROXIES=''
		DAEMONS=() PROGRAMS=() TABLE=$(sed -n "/^TABLE='/,/^'/p" "$TOP/deploy.sh" | sed '1d; $d')
		for part in system files site; do . "$TOP/conf/deploy/$part.sh"; done
		built_programs "$ROOT/bin"
		mkdir -p "$FOLDER/tmp"
		write_site "$FOLDER/site"
	)
	sed "s|/run/gatehouse|$ROOT/sock|g; s|/usr/share/gatehouse|$ROOT/share|g; s|/var/log/$1/gatehouse|$FOLDER/log|g; s|/var/lib/gatehouse-acme|$FOLDER/acme|g
		s|/etc/lighttpd/gatehouse/site.crt|$FOLDER/site.pem|; s|/etc/lighttpd/gatehouse/site.key|$FOLDER/site.key|
		/listen \[::\]/d; s|listen 80;|listen 127.0.0.1:$PLAIN;|; s|listen 443 |listen 127.0.0.1:$SECURE |
		s|== \":443\"|== \"127.0.0.1:$SECURE\"|; /== \"\[::\]:443\"/,/^}/d" "$FOLDER/site" |
		sed 's/"|[^"]*mask-log"/"'"${FOLDER//\//\\/}"'\/error.log"/' >"$FOLDER/site.here"
	if [ "$1" = nginx ]; then
		{
			echo "daemon off; pid $FOLDER/nginx.pid; error_log stderr; worker_processes 1; user root; events { }"
			echo "http { include /etc/nginx/mime.types; client_body_temp_path $FOLDER/tmp/a; proxy_temp_path $FOLDER/tmp/b; fastcgi_temp_path $FOLDER/tmp/c;"
			echo "uwsgi_temp_path $FOLDER/tmp/d; scgi_temp_path $FOLDER/tmp/e;"
			cat "$FOLDER/site.here"
			echo '}'
		} >"$conf"
		[ "$(id -u)" = 0 ] || sed -i 's/user root; //' "$conf"
		nginx -e stderr -p "$FOLDER" -c "$conf" >"$FOLDER/web.out" 2>&1 3>&- &
	else
		{ echo "server.bind = \"127.0.0.1\""; echo "server.port = $PLAIN"; echo "server.document-root = \"$FOLDER/acme\""; cat "$FOLDER/site.here"; } >"$conf"
		mkdir -p "$FOLDER/acme"
		lighttpd -D -f "$conf" >"$FOLDER/web.out" 2>&1 3>&- &
	fi
	echo $! >"$FOLDER/web.pid"
	until_true curl -qs -m 5 --cacert "$FOLDER/ca.pem" "https://localhost:$SECURE/health" || { cat "$FOLDER/web.out"; return 1; }
}

end_site() {
	kill "$(cat "$FOLDER/web.pid")" 2>/dev/null || true
	wait "$(cat "$FOLDER/web.pid")" 2>/dev/null || true
}
