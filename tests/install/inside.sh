#!/bin/bash
# inside.sh WORD ...: what the tests of a machine do in it; W is its folder for such things.
set -euo pipefail
W=/root/w URL=https://home.example.org
mkdir -p $W
cd $W

case $1 in
# An authority, trusted here, and certificates of it: certificate NAME DAYS [HOST]
authority)
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj '/CN=Test CA' -keyout ca.key -out ca.crt 2>/dev/null
	cp ca.crt /usr/local/share/ca-certificates/test.crt
	update-ca-certificates >/dev/null 2>&1 ;;
certificate)
	host=${4:-home.example.org}
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$host" -addext "subjectAltName=DNS:$host" -keyout "$2.key" -out "$2.csr" 2>/dev/null
	openssl x509 -req -in "$2.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days "$3" -copy_extensions copy -out "$2.crt" 2>/dev/null ;;

# under_load COMMAND...: run it while others ask; its status, and a line "load ASKED FAILED" for each of them.
under_load)
	touch flag
	for path in /health /.well-known/jwks.json /login; do
		(
			asked=0 failed=0
			while [ -e flag ]; do
				asked=$((asked + 1))
				[ "$(curl -qs -m 30 -o /dev/null -w '%{http_code}' "$URL$path")" = 200 ] || failed=$((failed + 1))
			done
			echo "load $asked $failed"
		) &
	done
	shift
	rc=0
	"$@" || rc=$?
	sleep 1
	rm flag
	wait
	exit $rc ;;

# The road of OAuth as SmartThings goes it, by curl: prints the access token, and leaves what is secret in the file secrets.
road)
	gatehouse user list --json | grep -q '"kim"' || echo 'a long enough pass phrase' | gatehouse user add kim --password-stdin --starter-devices >/dev/null
	gatehouse client secret smartthings --secret-stdin <<<'s3cret-of-the-client_42' >/dev/null
	redirect=https://c2c-us.smartthings.com/oauth/callback
	hidden() { sed -n "s/.*<input type=\"hidden\" name=\"$1\" value=\"\([^\"]*\)\".*/\1/p" page | head -n 1; }
	ask() { curl -qs -m 20 -b jar -c jar -o page -w '%{redirect_url}' "$@"; }
	rm -f jar
	ask "$URL/login"
	ask "$URL/login" --data-urlencode "csrf=$(hidden csrf)" -d username=kim --data-urlencode 'password=a long enough pass phrase' >/dev/null
	ask -G "$URL/authorize" -d client_id=smartthings -d response_type=code -d state=st-42-state --data-urlencode "redirect_uri=$redirect" >/dev/null
	to=$(ask "$URL/authorize" --data-urlencode "csrf=$(hidden csrf)" --data-urlencode "request=$(hidden request)" -d decision=allow -d device=kitchen-dimmer -d device=hall-switch)
	code=$(sed -n 's/.*[?&]code=\([^&]*\).*/\1/p' <<<"$to")
	curl -qs "$URL/token" -u 'smartthings:s3cret-of-the-client_42' -d grant_type=authorization_code -d "code=$code" --data-urlencode "redirect_uri=$redirect" >answer
	token=$(jq -r .access_token answer)
	printf '%s\n' "$code" "$token" "$(jq -r .refresh_token answer)" 's3cret-of-the-client_42' 'a long enough pass phrase' >>secrets
	# What a careless client puts into an address must not be written down either.
	curl -qs -o /dev/null "$URL/oauth/callback?code=$code&state=x"
	curl -qs -o /dev/null "$URL/api/token/$token/smartapps/installations/x/switches"
	echo "$token" ;;

# discover TOKEN: the ids of the devices that it opens.
discover)
	curl -qs "$URL/schema" -H 'Content-Type: application/json' -d '{"headers":{"schema":"st-schema","version":"1.0","interactionType":"discoveryRequest","requestId":"1"},
		"authentication":{"tokenType":"Bearer","token":"'"$2"'"}}' | jq -c '[.devices[]?.externalDeviceId] | sort' ;;

# What is left of Gatehouse on this machine.
traces)
	find / -xdev \( -path /root -o -path /proc -o -path /sys -o -path /tmp -o -path /var/log/journal -o -path /run/log \) -prune -o -iname '*gatehouse*' -print
	getent passwd gatehouse || true
	getent group gatehouse || true ;;

# A certbot that asks its authority's question by http, as the real one has it asked, and signs with the CA of here.
certbot)
	cat >/usr/bin/certbot <<-'END'
		#!/bin/bash
		set -eu
		while (($#)); do case $1 in -w) root=$2 ;; -d) name=$2 ;; esac; shift; done
		mkdir -p "$root/.well-known/acme-challenge"
		echo answer >"$root/.well-known/acme-challenge/question"
		[ "$(curl -qs "http://$name/.well-known/acme-challenge/question")" = answer ]
		/root/inside.sh certificate live 90 "$name"
		mkdir -p "/etc/letsencrypt/live/$name"
		cp /root/w/live.crt "/etc/letsencrypt/live/$name/fullchain.pem"
		cp /root/w/live.key "/etc/letsencrypt/live/$name/privkey.pem"
		for hook in /etc/letsencrypt/renewal-hooks/deploy/*; do "$hook"; done
	END
	chmod +x /usr/bin/certbot ;;
esac
