#!/usr/bin/env bats
# Logs on another machine: conf/rsyslog/gatehouse.conf as it is but for names and folders, read by rsyslog itself, with a receiver
# that may be away, or may be somebody else.

setup_file() {
	command -v rsyslogd >/dev/null || skip 'no rsyslog'
	load helper
	. "$TOP/tests/instance.bash"
	cd "$BATS_FILE_TMPDIR" || return 1
	export PORT D=$BATS_FILE_TMPDIR
	PORT=$(free_port)
	mkdir -p spool web
	: >web/gatehouse.access.log
	{
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=Authority
		for name in logs.test other.test; do
			openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$name"
			openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out "$name.pem" \
				-extfile <(echo "subjectAltName=DNS:$name")
		done
	} 2>/dev/null
	cat >receiver.py <<-'END'
		# receiver.py PORT CERTIFICATE KEY: keep what comes over TLS.
		import socket, ssl, sys, threading
		context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		context.load_cert_chain(sys.argv[2], sys.argv[3])
		listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
		def keep(connection):
		    try:
		        with context.wrap_socket(connection, server_side=True) as c:
		            while data := c.recv(65536):
		                sys.stdout.buffer.write(data)
		                sys.stdout.buffer.flush()
		    except OSError:
		        pass
		while True:
		    print("asked", file=sys.stderr, flush=True)
		    threading.Thread(target=keep, args=(listener.accept()[0],), daemon=True).start()
	END
	# Debian's rsyslog.conf, as far as it matters here, and ours behind it.
	{
		printf 'global(workDirectory="%s/spool")\n' "$D"
		printf 'module(load="imuxsock" sysSock.use="off")\ninput(type="imuxsock" socket="%s/log.sock" createPath="off")\n' "$D"
		sed "s|LOGS\.EXAMPLE\.ORG\" port=\"6514\"|127.0.0.1\" port=\"$PORT\"|; s|LOGS\.EXAMPLE\.ORG|logs.test|; s|/etc/ssl/certs/ca-certificates\.crt|$D/ca.pem|
			s|/var/log/\*/|$D/*/|; s|resumeInterval=\"10\"|resumeInterval=\"1\"|" "$TOP/conf/rsyslog/gatehouse.conf"
		# What has gone through all that stands above: a line still in the socket dies with rsyslog, here where systemd does not hold it.
		printf 'action(type="omfile" file="%s/taken")\n' "$D"
	} >rsyslog.conf
}

setup() { load helper; load_libs; }

teardown() { end receiver; end sender; }

# begin NAME COMMAND..., end NAME
begin() {
	local name=$1
	shift
	"$@" >>"$D/$name.out" 2>>"$D/$name.err" 3>&- &
	echo $! >"$D/$name.pid"
}

end() {
	[ -f "$D/$1.pid" ] || return 0
	kill "$(<"$D/$1.pid")" 2>/dev/null || true
	wait "$(<"$D/$1.pid")" 2>/dev/null || true
	rm -f "$D/$1.pid"
}

sender() {
	rm -f "$D/log.sock"
	begin sender rsyslogd -n -f "$D/rsyslog.conf" -i "$D/rsyslogd.pid"
	until_true test -S "$D/log.sock"
}

receiver() { begin receiver python3 "$D/receiver.py" "$PORT" "$D/$1.pem" "$D/$1.key"; }

while_waiting() { cat "$D"/*.err; }

came() { grep -qF -- "$1" "$D/receiver.out"; }

# says PROGRAM TEXT: what the journal hands on of a program's line.
says() { logger -u "$D/log.sock" -t "$1" -- "$2"; }

@test "lines of programs and of the web server arrive; nobody else's; what was said while the receiver was away, too" {
	receiver logs.test
	sender
	says gatehouse-token '2026-11-22T12:00:00.000Z info token r1 authn_login_success user=u1'
	says sshd 'not for others'
	echo '2026-11-22T12:00:00 GET /login 200' >>"$D/web/gatehouse.access.log"
	until_true came 'authn_login_success user=u1'
	until_true came 'GET /login 200'
	grep -q 'gatehouse-token .*authn_login_success' "$D/receiver.out"
	grep -q 'gatehouse-access .*GET /login' "$D/receiver.out"
	end receiver
	# TCP loses what is under way when the other end goes; once that is noticed, nothing is.
	noticed() { says gatehouse-token lost; grep -q 'cannot connect' "$D/sender.err"; }
	: >"$D/sender.err"
	until_true noticed
	local i
	for i in 1 2 3 4 5; do says gatehouse-authorize "while away $i"; done
	until_true grep -q 'while away 5' "$D/taken"
	end sender	# and rsyslog itself begun anew meanwhile
	sender
	says gatehouse-authorize 'while away 6'
	receiver logs.test
	for i in 1 2 3 4 5 6; do until_true came "while away $i"; done
	run ! came 'not for others'
}

@test "a receiver with another name's certificate gets nothing" {
	: >"$D/receiver.out"
	: >"$D/receiver.err"
	receiver other.test
	sender
	says gatehouse-token 'a secret of the house'
	tried() { [ "$(grep -c asked "$D/receiver.err")" -ge 3 ]; }	# "asked" once before anybody has
	until_true tried
	run ! came 'a secret of the house'
	end receiver
	receiver logs.test
	until_true came 'a secret of the house'
}
