# make               build every program into build/
# make check         every test, under sanitizers; ends with "N passed, N failed"
# make lint          warnings as errors, clang-tidy, shellcheck, formatting
# make soak          the store's crash tests for about an hour, SOAK=N for N times as much as make check; then years of links
# make bench         the store beside LMDB, SQLite and Redis, doing the same work; signed events beside SmartThings' SDK; requests
#                    beside a libfcgi floor
# make fuzz          each fuzzer for FUZZ_SECONDS
# make coverage      which lines the tests run: build/coverage/index.html
# make clean
PROGRAMS := $(patsubst cgi-bin/%.c,%,$(filter-out cgi-bin/app.c,$(wildcard cgi-bin/*.c)))
SHARED   := cgi-bin/app.c $(wildcard cgi-bin/*/*.c) $(wildcard db/*.c)
UNIT     := $(wildcard tests/unit/*.c)
FUZZ     := $(wildcard tests/fuzz/*.c)
LIBS      = fcgi yaml jwt gdbm argon2 curl xml2 crypto m
QUICK    := $(filter-out deploy sim-live web road courier courier-links courier-soak handshake polyglot-live polyglot-mqtt rest-live rest-events connect-live connect-hooks household smartapp smartapp-calls,$(patsubst tests/%.bats,%,$(wildcard tests/*.bats)))
FUZZ_SECONDS ?= 10

CC       ?= gcc
WARN      = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla -Wpointer-arith -Wcast-qual -Werror
HARDEN    = -fstack-protector-strong -fstack-clash-protection -fcf-protection -D_FORTIFY_SOURCE=2 -fPIE
# Hidden: libjwt's own JSON library has functions called json_object and the like, too, and must not find ours.
HIDDEN    = -fvisibility=hidden
CPPFLAGS += -D_GNU_SOURCE -Icgi-bin -I. -isystem /usr/include/libxml2
CFLAGS   ?= -O2 -g
CFLAGS   += -std=c11 $(HIDDEN) $(WARN) -MMD -MP
LDFLAGS  += -Wl,-z,relro,-z,now -Wl,--as-needed
LDLIBS    = $(LIBS:%=-l%)

# The same tree can be built in folders of its own: SAN=1 under ASan and UBSan, COV=1 for coverage.
ifdef SAN
B        := build/san
CFLAGS   += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CPPFLAGS += -DARENA_EACH_MALLOC
LDFLAGS  += -fsanitize=address,undefined
else ifdef COV
B        := build/cov
CFLAGS   += -O0 --coverage
CPPFLAGS += -DCOVERAGE
LDFLAGS  += --coverage
else
B        := build
CFLAGS   += $(HARDEN)
LDFLAGS  += -pie
endif

OBJ      := $(SHARED:%.c=$B/obj/%.o)
.SECONDARY:
.PHONY: all unit check soak bench lint fuzz coverage clean

all: $(PROGRAMS:%=$B/%)

$B/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc $<"; $(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Made anew beside the old one and moved over it: a member that is gone must not stay, and two makes may run at once.
$B/shared.a: $(OBJ)
	@$(AR) rcs $@.$$$$ $^ && mv $@.$$$$ $@

$(PROGRAMS:%=$B/%): $B/%: $B/obj/cgi-bin/%.o $B/shared.a
	@echo "  ld $@"; $(CC) $(CFLAGS) $(LDFLAGS) -o $@.$$$$ $^ $(LDLIBS) && mv $@.$$$$ $@

# One program alone knows the broker.
$B/polyglot-mqtt: LDLIBS += -lmosquitto

$B/unit/%: $B/obj/tests/unit/%.o $B/shared.a
	@mkdir -p $(@D)
	@echo "  ld $@"; $(CC) $(CFLAGS) $(LDFLAGS) -o $@.$$$$ $^ $(LDLIBS) && mv $@.$$$$ $@

unit: $(UNIT:tests/unit/%.c=$B/unit/%)

check:
	tests/prepare
	$(MAKE) -j2 SAN=1 all unit
	$(MAKE) -j2 all
	tests/run

# Release code, as it will run; then each rule of the store left out once.
SOAK ?= 60
SEEDS ?= 2 3 4 5 6 7 8 9
soak: SHELL = bash
soak:
	tests/prepare
	$(MAKE) -j2 all unit
	@set -e -o pipefail; for t in $(filter build/unit/store%,$(UNIT:tests/unit/%.c=build/unit/%)); do \
		echo "# $$t"; STORE_SOAK=$(SOAK) $$t | grep -v '^ok'; done
	tests/store-controls.sh
	$(MAKE) -j2 SAN=1 all unit
	SEEDS="$(SEEDS)" bats --filter 'a year' tests/courier-soak.bats

bench:
	tests/bench/store.sh
	node tests/bench/smartapp.mjs
	tests/bench/http.sh

lint:
	$(MAKE) -j2 all
	clang-tidy --quiet $(SHARED) $(PROGRAMS:%=cgi-bin/%.c) -- $(CPPFLAGS) -std=c11
	shellcheck -x deploy.sh tests/run tests/prepare .ci/run tests/*.bash
	! command -v promtool >/dev/null || promtool check rules conf/prometheus/alerts.yml

# Fuzzers are built from the same sources by clang; what they found stays in build/fuzz/NAME.corpus.
FUZZ_FLAGS = -g -O1 -std=c11 $(HIDDEN) $(CPPFLAGS) -fsanitize=address,undefined -fno-sanitize-recover=all -MMD -MP
build/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  clang $<"; clang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<

build/fuzz/%: build/fuzz/obj/tests/fuzz/%.o $(SHARED:%.c=build/fuzz/obj/%.o)
	@echo "  ld $@"; clang $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

fuzz: $(FUZZ:tests/fuzz/%.c=build/fuzz/%)
	@set -e; for f in $^; do echo "# $$f"; mkdir -p $$f.corpus; \
		seeds=tests/fuzz/$$(basename $$f).seeds; [ -d $$seeds ] || seeds=; \
		$$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -verbosity=0 $$f.corpus $$seeds; done

coverage:
	tests/prepare
	rm -rf build/cov
	$(MAKE) -j2 COV=1 all unit
	GATEHOUSE_BUILD=$(CURDIR)/build/cov tests/run unit $(QUICK)
	lcov --quiet --capture --directory build/cov --output-file build/cov/all.info --rc lcov_branch_coverage=1
	lcov --quiet --extract build/cov/all.info '*/cgi-bin/*' '*/db/*' --output-file build/cov/ours.info --rc lcov_branch_coverage=1
	genhtml --quiet --branch-coverage --output-directory build/coverage build/cov/ours.info
	lcov --summary build/cov/ours.info --rc lcov_branch_coverage=1

clean:
	rm -rf build

-include $(FUZZ:%.c=build/fuzz/obj/%.d) $(SHARED:%.c=build/fuzz/obj/%.d)
-include $(OBJ:.o=.d) $(PROGRAMS:%=$B/obj/cgi-bin/%.d) $(UNIT:%.c=$B/obj/%.d)
