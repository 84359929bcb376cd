# files.sh: an instance's files: made beside the old ones, checked, then swapped in.
# Read by deploy.sh, whose variables it uses.
# shellcheck shell=bash disable=SC2016,SC2154

make_folders() {
	if ! (mkdir -p "$ROOT" && cd "$ROOT" && mkdir -p secret store sock log pid tmp/empty) 2>/dev/null; then
		refuse "$ROOT cannot be made" "$(mkdir -p "$ROOT/log" 2>&1 || true)" "$SELF --root DIR, with a folder that you may write"
	fi
}

# The web server's own errors in each form, from one table of texts.
write_errors() {
	local to=$1 status error enum title sentence title_ko sentence_ko form text
	mkdir -p "$to/page" "$to/json" "$to/schema"
	while IFS='|' read -r status error enum title sentence title_ko sentence_ko; do
		for form in page.html json.json schema.json; do
			text=$(<"$SRC/html/error/$form")
			text=${text//@STATUS@/"$status"} text=${text//@ERROR@/"$error"} text=${text//@ENUM@/"$enum"}
			text=${text//@TITLE@/"$title"} text=${text//@SENTENCE@/"$sentence"}
			text=${text//@TITLE_KO@/"$title_ko"} text=${text//@SENTENCE_KO@/"$sentence_ko"}
			printf '%s\n' "$text" >"$to/${form%.*}/$status.html"
		done
	done < <(sed '/^#/d; /^$/d' "$SRC/html/error/texts")
}

# Prints "form|pattern of paths": which form an error has where.
error_forms() {
	local name form limit routes route json='api|console' schema=''
	while IFS='|' read -r name form limit routes; do
		for route in $routes; do
			route=${route#/} route=${route%/} route=${route//./\\.}
			case $form in
			json) json+="|$route" ;;
			schema) schema+="|$route" ;;
			esac
		done
	done <<<"$TABLE"
	printf 'json|^/(%s)(/|$)\nschema|^/(%s)(/|$)\n' "$json" "${schema#|}"
}

forms() {
	local form pattern
	while IFS='|' read -r form pattern; do
		if [ "$WEB" = nginx ]; then
			printf '  "~%s" %s;\n' "$pattern" "$form"
		else
			printf '$HTTP["url"] =~ "%s" {\n  server.errorfile-prefix = "@SHARE@/error/%s/"\n' "$pattern" "$form"
			printf '  mimetype.assign = ( ".html" => "application/json" )\n}\n'
		fi
	done < <(error_forms)
}

# patience PROGRAM: seconds that its answer may take. Those of polyglot may wait for news for 20.
patience() { case $1 in polyglot) echo 30 ;; *) echo 15 ;; esac; }

# nginx_locations ROUTE HANDLING: what a route lacks to end in its slash is not there, where nginx itself would send on to it.
nginx_locations() {
	local route=$1 log=''
	[ "$route" != /api/token/ ] || log='access_log @LOG@ gatehouse_no_path; '
	if [[ $route != /*/ ]]; then
		printf 'location = %s { %s }\n' "$route" "$2"
		return
	fi
	printf 'location ^~ %s { %s }\n' "$route" "$log$2"
	grep -q "[| ]${route%/}\( \|$\)" <<<"$TABLE" || printf 'location = %s { return 404; }\n' "${route%/}"
}

# lighttpd_condition OPERATOR TEXT PROGRAM
lighttpd_condition() {
	printf '$HTTP["url"] %s "%s" { fastcgi.server = ( "/" => (( "socket" => "@SOCK@/%s.sock",%s%s )) ) }\n' "$1" "$2" "$3" \
	    ' "check-local" => "disable",' ' "connect-timeout" => 2, "write-timeout" => 10, "read-timeout" => '"$(patience "$3")"
}

# nginx: one location a route. lighttpd: one condition for all exact routes of a program, and one for each that takes what is
# below it (no pattern: that would not fit what is not UTF-8).
locations() {
	local name form limit routes route rate exact
	while IFS='|' read -r name form limit routes; do
		case " ${PROGRAMS[*]} " in *" $name "*) ;; *) continue ;; esac
		rate='' exact=''
		case $limit in
		login) rate="limit_req zone=gatehouse_login burst=$((LOGIN_RATE * 10)) nodelay; " ;;
		# Who asks too much waits first: refusing a flood at once costs nginx more than letting it queue.
		api) rate="limit_req zone=gatehouse_api burst=$((API_RATE * 4)) delay=$((API_RATE * 2)); " ;;
		esac
		# An installed nginx is silent elsewhere (conf/nginx/site.conf.in).
		[ "$name" != health ] || rate+="error_log @ERROR_LOG@ error; "
		[ "$(patience "$name")" = 15 ] || rate+="fastcgi_read_timeout $(patience "$name")s; "
		for route in $routes; do
			if [ "$WEB" = nginx ]; then
				nginx_locations "$route" "${rate}fastcgi_pass unix:@SOCK@/$name.sock;"
			elif [[ $route == /*/ ]]; then
				lighttpd_condition =^ "$route" "$name"
			else
				exact+="|${route//./\\.}"
			fi
		done
		[ -z "$exact" ] || lighttpd_condition =~ "^(${exact#|})$" "$name"
	done <<<"$TABLE"
}

# Who is believed when it says for whom it calls: nobody, unless --trusted-proxy named it. Of a chain of proxies, the client is
# the last address that is none of them.
proxies() {
	local proxy list=''
	[ -n "$TRUSTED_PROXIES" ] || return 0
	if [ "$WEB" = nginx ]; then
		for proxy in $TRUSTED_PROXIES; do printf '  set_real_ip_from %s;\n' "$proxy"; done
		printf '  real_ip_header X-Forwarded-For;\n  real_ip_recursive on;\n'
	else
		for proxy in $TRUSTED_PROXIES; do
			case $proxy in */*) ;; *:*) proxy+=/128 ;; *) proxy+=/32 ;; esac	# without, texts are compared
			list+="${list:+, }\"$proxy\" => \"trust\""
		done
		printf 'server.modules += ( "mod_extforward" )\nextforward.forwarder = ( %s )\n' "$list"
		printf 'extforward.headers = ( "X-Forwarded-For" )\nextforward.hap-PROXY = "disable"\n'
		# It reads over words that are no addresses, to what the client itself may have written before them.
		printf '$REQUEST_HEADER["X-Forwarded-For"] !~ "^[0-9a-fA-F:., ]*$" { extforward.forwarder = ( "255.255.255.255" => "trust" ) }\n'
	fi
}

# web_text FRAME SOCK SHARE LOG ERRORS: a web server's configuration: FRAME (a file of conf/nginx or conf/lighttpd) with what both frames of
# that server share in it. The others say where sockets, pages, the access log and the log of errors are.
web_text() {
	local text part dir=$SRC/conf/$WEB
	text=$(<"$dir/$1")
	text=${text//@SERVER@/"$(<"$dir/server.in")"}
	[ ! -f "$dir/http.in" ] || text=${text//@HTTP@/"$(<"$dir/http.in")"}
	text=${text//@FORMS@/"$(forms)"} text=${text//@LOCATIONS@/"$(locations)"}
	text=${text//@PROXIES@/"$(proxies)"}
	text=${text//@LOGIN_RATE@/"$LOGIN_RATE"} text=${text//@API_RATE@/"$API_RATE"}
	for part in "SOCK $2" "SHARE $3" "LOG $4" "ERROR_LOG $5"; do text=${text//@"${part%% *}"@/"${part#* }"}; done
	printf '%s\n' "$text"
}

# As many files as the system lets us have open, of what makes sense: lighttpd has two a connection.
most_files() {
	local hard
	hard=$(ulimit -H -n)
	if [ "$hard" = unlimited ] || ((hard > 32768)); then hard=32768; fi
	echo "$hard"
}

write_web_config() {
	local text user='' root files
	files=$(most_files)
	if [ "$(id -u)" = 0 ]; then user='user root;'; fi
	root=${ROOT//\\/\\\\} root=${root//\"/\\\"}
	if [ "$WEB" = nginx ]; then text=$(web_text nginx.conf.in sock share log/access.log stderr); else
		text=$(web_text lighttpd.conf.in sock @ROOT@/share log/access.log stderr); fi
	text=${text//@FILES@/"$files"} text=${text//@CONNECTIONS@/"$((files / 2))"}
	text=${text//@USER@/"$user"} text=${text//@PORT@/"$PORT"} text=${text//@HSTS@/} text=${text//@ROOT@/"$root"}
	printf '%s\n' "$text" >"$1"
}

# The config is made once; afterwards only --public-url and --port change a line of it.
write_config() {
	local config=$ROOT/gatehouse.json new=$1
	if [ ! -f "$config" ]; then
		jq --arg url "$URL" --arg engine "$ENGINE" --arg app "$(</proc/sys/kernel/random/uuid)" '.public_url = $url | .insecure_loopback = true |
		    if $engine == "gdbm" then . else .store = {engine: $engine, url_file: "secret/database"} end | .simulator = true | .smartthings.client_id = "simulated-smartthings" |
		    .smartapp = {definition: "porch-light.yaml", app_id: $app, client_id: "simulated-smartapp", confirm: true,
			keyserver_url: ($url + "/sim/smartthings"), api_url: ($url + "/sim/smartthings")}' "$SRC/conf/gatehouse.json" >"$new"
	elif [ -n "${GIVEN[--public-url]:-}${GIVEN[--port]:-}" ] && [ "$(jq -r .public_url "$config" 2>/dev/null)" != "$URL" ]; then
		# The simulator moves with it, where it is what the SmartApp knows as SmartThings.
		jq --arg url "$URL" '(.public_url + "/sim/smartthings") as $old | .public_url = $url | if .smartapp then
		    .smartapp |= with_entries(if .value == $old then .value = $url + "/sim/smartthings" else . end) else . end' \
		    "$config" >"$new" 2>/dev/null ||
		    refuse "$config is not valid JSON" "so public_url cannot be set in it" "mend it, then $AGAIN"
	else
		cp "$config" "$new"
	fi
}

# Where the broker is stands in the config, too, when it is asked for or moved.
set_mqtt() {
	[ -n "${GIVEN[--with-mqtt]:-}${GIVEN[--public-url]:-}${GIVEN[--domain]:-}" ] || return 0
	jq --arg host "${MQTT:+$(mqtt_host)}" --arg broker "$(mqtt_reached)" --arg port "${MQTT##*:}" 'if $host != "" then
	    .mqtt = {host: $host, port: ($port | tonumber), broker: $broker} else del(.mqtt) end' "$1" >"$1.mqtt" && mv "$1.mqtt" "$1"
}

# The example, with our own address where SmartThings could know it.
demo_smartapp() {
	case $URL in
	https://*) sed "s|^targetUrl:.*|targetUrl: $URL/smartapp|" "$SRC/conf/apps/porch-light.yaml" ;;
	*) cat "$SRC/conf/apps/porch-light.yaml" ;;
	esac
}

# The demo's own other household (conf/apps/household.json) knows it by its address, as long as nobody wrote another one there.
move_household() {
	local app=$1/apps/household.json old new
	{ [ -f "$app" ] && [ -f "$ROOT/gatehouse.json" ]; } || return 0
	old=$(jq -r .public_url "$ROOT/gatehouse.json" 2>/dev/null) new=$(jq -r .public_url "$1/gatehouse.json" 2>/dev/null)
	if [ "$old" != "$new" ] && [ "$(jq -r .redirectUris "$app" 2>/dev/null)" = "$old" ]; then
		jq --arg url "$new" '.redirectUris = $url' "$app" >"$app.new"
		mv "$app.new" "$app"
	fi
}

# Everything new is made beside the old and looked at before the old is touched.
stage() {
	local stage=$ROOT/tmp/stage name
	rm -rf "$stage"
	mkdir -p "$stage"/bin "$stage"/share/conf
	for name in "${PROGRAMS[@]}" "${DAEMONS[@]}" gatehouse; do cp "$SRC/build/$name" "$stage/bin/"; done
	cp "$SRC/conf/deploy/gatehouse" "$stage/gatehouse"
	cp -R "$SRC/conf/apps" "$SRC/conf/connectors" "$stage/share/conf/"
	if [ ! -f "$ROOT/gatehouse.json" ]; then
		mkdir -p "$ROOT/apps" "$ROOT/connectors"
		cp "$SRC/conf/apps/devices.json" "$ROOT/apps/"
		jq --arg url "$URL" '.redirectUris = $url' "$SRC/conf/apps/household.json" >"$ROOT/apps/household.json"
		cp "$SRC/conf/connectors/gatehouse.json" "$ROOT/connectors/"
		[ -e "$ROOT/porch-light.yaml" ] || demo_smartapp >"$ROOT/porch-light.yaml"
	fi
	for name in apps connectors; do [ ! -d "$ROOT/$name" ] || cp -R "$ROOT/$name" "$stage/"; done
	cp "$SRC"/conf/capabilities.json "$SRC"/conf/device-types.json "$stage/share/conf/"
	mkdir -p "$stage/share/include/smartapp"
	cp "$SRC"/cgi-bin/smartapp/{handler,page,request}.h "$stage/share/include/smartapp/"
	cp -R "$SRC/html" "$stage/share/html"
	rm -rf "$stage/share/html/error"
	write_errors "$stage/share/error"
	write_web_config "$stage/$WEB.conf"
	write_config "$stage/gatehouse.json"
	move_household "$stage"
	set_mqtt "$stage/gatehouse.json"
	write_broker_config "$stage/mosquitto.conf"
	cp -R "$SRC/conf/mosquitto" "$stage/share/"
	[ ! -f "$ROOT/custom-capabilities.json" ] || cp "$ROOT/custom-capabilities.json" "$stage/"
	# The files of the SmartApp stay where they are: beside the new config, the check finds them by links.
	jq -r '.smartapp // {} | objects | .definition, .handler, .local_key_file | strings | select(test("^[^/]"))' "$stage/gatehouse.json" 2>/dev/null |
		while read -r name; do
			mkdir -p "$stage/$(dirname "$name")"
			ln -sf "$ROOT/$name" "$stage/$name"
		done || true	# a config that is no JSON is told of by the check
}

check_stage() {
	local stage=tmp/stage out ok=1
	if ! out=$(GATEHOUSE_SHARE=$ROOT/$stage/share "$ROOT/$stage/bin/gatehouse" config check "$ROOT/$stage/gatehouse.json" 2>&1); then
		out=$(head -n 1 <<<"${out#gatehouse: }")
		refuse "the config is not right" "${out//"$ROOT/$stage/"/"$ROOT/"}" "mend it, then $AGAIN"
	fi
	if ! out=$(GATEHOUSE_SHARE=$ROOT/$stage/share "$ROOT/$stage/bin/gatehouse" --root "$ROOT/$stage" app list 2>&1); then
		out=$(head -n 1 <<<"${out#gatehouse: }")
		refuse "an app is not right" "${out//"$ROOT/$stage/"/"$ROOT/"}" "mend it, then $AGAIN"
	fi
	if [ "$WEB" = nginx ]; then
		out=$(cd "$ROOT" && nginx -t -q -p ./ -c "$stage/nginx.conf" -e stderr 2>&1) || ok=
	else
		out=$(cd "$ROOT" && lighttpd -tt -f "$stage/lighttpd.conf" 2>&1) || ok=
	fi
	[ -n "$ok" ] || refuse "$WEB does not take its configuration" "$out" "look at $ROOT/$stage/$WEB.conf"
}

# place FROM TO: make folder TO what FROM is, file by file, each swapped in one step.
place() {
	local from=$1 to=$2 f files
	files=$(cd "$from" && find . -type f | sort)
	while read -r f; do
		mkdir -p "$to/${f%/*}"
		cmp -s "$from/$f" "$to/$f" || mv "$from/$f" "$to/$f"
	done <<<"$files"
	comm -13 <(echo "$files") <(cd "$to" && find . -type f | sort) | while read -r f; do rm -f "${to:?}/$f"; done
}

keep_former() {
	rm -rf "$ROOT/former"
	mkdir "$ROOT/former"
	(cd "$ROOT" && for f in bin share gatehouse.json nginx.conf lighttpd.conf mosquitto.conf deploy.env; do
		[ ! -e "$f" ] || cp -a "$f" former/
	done)
}

bring_back_former() {
	(cd "$ROOT/former" && for f in *; do
		if [ -d "$f" ]; then place "$f" "$ROOT/$f"; else mv "$f" "$ROOT/$f"; fi
	done)
}

remember() {
	local name
	for name in $REMEMBERED; do echo "$name=${!name}"; done >"$ROOT/deploy.env.new"
	mv "$ROOT/deploy.env.new" "$ROOT/deploy.env"
}

# Programs read their config and share/ once, when they start: what makes them what they are, of an instance or a stage.
makings() {
	echo "$WORKERS"
	(cd "$1" && cat gatehouse.json && find bin share -type f -exec cksum {} + | sort && { cksum apps/* connectors/* 2>/dev/null || true; })
}

# Does what runs differ from what is staged?
changed() { ! makings "$ROOT/tmp/stage" | cmp -s - "$ROOT/pid/in-force"; }

now_in_force() { makings "$ROOT" >"$ROOT/pid/in-force"; }
