# wait.bash: waiting for what is under way. The limit is there for what never comes, not for what comes late: a machine that stands still
# for ten seconds makes no test red. It is less than a minute, after which the courier finds what nobody told it.
# shellcheck shell=bash
PATIENCE=30

# until_true COMMAND...: try until it succeeds; its output is seen when it never does.
until_true() {
	local end=$((SECONDS + PATIENCE))
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || { echo "not true in $PATIENCE s: $*"; "$@" || true; while_waiting; return 1; }
		sleep 0.05
	done
}

# until_is TEXT COMMAND...: try until it prints this, whatever it returns.
until_is() {
	local expected=$1 got='' end=$((SECONDS + PATIENCE))
	shift
	until got=$("$@") || true; [ "$got" = "$expected" ]; do
		((SECONDS < end)) || { echo "not $expected but $got: $*"; while_waiting; return 1; }
		sleep 0.05
	done
}

# until_gone PID...: until none of these processes is there any more.
until_gone() { until_true eval "! kill -0 $*"; }

# while_waiting: what is worth seeing when it never came; a test may have its own.
while_waiting() { :; }
