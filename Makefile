# make               build every program into build/
# make check         every test, under sanitizers; ends with "N passed, N failed"; ENGINE=postgresql: all that runs on live instances,
#                    with the store on a PostgreSQL server
# make install-check  deploy.sh install, upgrades, doctor and uninstall in containers that boot, behind both web servers, with a broker and on PostgreSQL: root, 25 minutes
# make lint          warnings as errors, clang-tidy, shellcheck, formatting
# make soak          the store's crash tests for about an hour, SOAK=N for N times as much as make check; then years of links
# make bench         requests beside the floor and the peers, the store beside LMDB, SQLite and Redis; writes docs/performance.md
# make bench-fair    what one client does to the others; make bench-long: a million requests without growth;
#                    make bench-compare BASE=commit: what a change did
# make fuzz          each fuzzer for FUZZ_SECONDS
# make coverage      which lines the tests run: build/coverage/index.html
# make man           the manual pages, from docs/ and the sources: build/man; make install-man puts them below MANDIR
# make completion    the tool's words for bash and zsh: build/completion; make install-completion puts them where shells look
# make audit         what tools say of the sources, the binaries and the packages; docs/security.md
# make observatory   the HTTP Observatory's scanner and grades on a live instance; wants Node 20
# make tls           testssl.sh on the site that deploy.sh install makes, of both web servers
# make sbom          what the programs are made of: build/gatehouse.spdx.json
# make reproducible  build twice, in two folders and surroundings, and compare each program to the bit
# make deb           a Debian package that does what deploy.sh install does: build/gatehouse_VERSION_ARCH.deb
# make clean
PROGRAMS := $(patsubst cgi-bin/%.c,%,$(filter-out cgi-bin/app.c,$(wildcard cgi-bin/*.c)))
SHARED   := cgi-bin/app.c $(wildcard cgi-bin/*/*.c) $(wildcard db/*.c)
UNIT     := $(wildcard tests/unit/*.c)
FUZZ     := $(wildcard tests/fuzz/*.c)
LIBS      = fcgi yaml jwt gdbm pq argon2 curl xml2 qrencode crypto m
QUICK    := $(filter-out deploy tls postgresql machines proxy counts sim-live web road courier courier-links courier-soak handshake polyglot-live polyglot-mqtt rest-live rest-events connect-live connect-hooks household smartapp smartapp-calls,$(patsubst tests/%.bats,%,$(wildcard tests/*.bats)))
FUZZ_SECONDS ?= 10

CC       ?= gcc
WARN      = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla -Wpointer-arith -Wcast-qual -Werror
# Level 3 of _FORTIFY_SOURCE also checks sizes that are known only at run time. The branch protection is the processor's own.
HARDEN    = -fstack-protector-strong -fstack-clash-protection $(BRANCHES_$(MACHINE)) -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fPIE
MACHINE  := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
BRANCHES_x86_64 = -fcf-protection=full
BRANCHES_aarch64 = -mbranch-protection=standard
# The same sources give the same bits, wherever they lie: no path of the builder's stands in a program.
ANYWHERE  = -ffile-prefix-map=$(CURDIR)=.
# Hidden: libjwt's own JSON library has functions called json_object and the like, too, and must not find ours.
HIDDEN    = -fvisibility=hidden
CPPFLAGS += -D_GNU_SOURCE -Icgi-bin -I. -isystem /usr/include/libxml2 -isystem /usr/include/postgresql
CFLAGS   ?= -O2 -g
CFLAGS   += -std=c11 $(HIDDEN) $(WARN) $(ANYWHERE) -MMD -MP
LDFLAGS  += -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--as-needed
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
.PHONY: all unit check install-check soak bench bench-fair bench-long bench-compare lint fuzz coverage clean man install-man completion install-completion deb audit sbom reproducible observatory tls

all: $(PROGRAMS:%=$B/%)

$B/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc $<"; $(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Made anew beside the old one and moved over it: a member that is gone must not stay, and two makes may run at once.
$B/shared.a: $(OBJ)
	@$(AR) rcsD $@.$$$$ $(sort $^) && mv $@.$$$$ $@

$(PROGRAMS:%=$B/%): $B/%: $B/obj/cgi-bin/%.o $B/shared.a
	@echo "  ld $@"; $(CC) $(CFLAGS) $(LDFLAGS) -o $@.$$$$ $^ $(LDLIBS) && mv $@.$$$$ $@

# One program alone knows the broker.
$B/polyglot-mqtt: LDLIBS += -lmosquitto

$B/unit/%: $B/obj/tests/unit/%.o $B/shared.a
	@mkdir -p $(@D)
	@echo "  ld $@"; $(CC) $(CFLAGS) $(LDFLAGS) -o $@.$$$$ $^ $(LDLIBS) && mv $@.$$$$ $@

unit: $(UNIT:tests/unit/%.c=$B/unit/%)

# ENGINE=postgresql: the suites that deploy.sh makes instances for, on a server instead of files. Other suites call programs as plain CGI,
# on files, whatever the engine: what they test stands above db/store.h.
LIVE      = postgresql machines road race clients browser household sim-live web rest-live polyglot-live
check:
	tests/prepare
	$(MAKE) -j2 SAN=1 all unit
	$(MAKE) -j2 all
	$(if $(ENGINE),GATEHOUSE_ENGINE=$(ENGINE)) DAYS=120 tests/run $(if $(ENGINE),$(LIVE))

# A root folder of debootstrap is kept in build/install; INSTALL_BASE names another, INSTALL_CACHE a folder for its packages.
install-check:
	tests/prepare conf/packages/install-check
	$(MAKE) -j2 all
	bats tests/install/machine.bats tests/install/beside.bats tests/install/package.bats tests/install/image.bats

# Release code, as it will run; then each rule of the store left out once; then whole years of the courier, of which make check has a third.
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
	FAILOVERS=20 bats tests/soak/failover.bats

bench bench-fair bench-long bench-compare:
	tests/prepare
	$(MAKE) -j2 all
	node tests/bench/$(if $(filter bench,$@),bench,$(@:bench-%=%)).mjs $(BASE)

lint:
	$(MAKE) -j2 all
	clang-tidy --quiet $(SHARED) $(PROGRAMS:%=cgi-bin/%.c) -- $(CPPFLAGS) -std=c11
	shellcheck -x deploy.sh conf/system/* conf/debian/build conf/debian/p* tests/install/*.bash tests/install/inside.sh tests/run tests/prepare .ci/run tests/*.bash
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

# --- what is installed beside the programs ---

PREFIX        ?= /usr
MANDIR        ?= $(PREFIX)/share/man
BASHDIR       ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR        ?= $(PREFIX)/share/zsh/vendor-completions

completion: build/completion/gatehouse.bash build/completion/gatehouse.zsh

build/completion/gatehouse.%: conf/completion/gatehouse.% conf/completion/tables.jq conf/completion/make $B/gatehouse
	@mkdir -p $(@D)
	@conf/completion/make $* $B/gatehouse >$@.$$$$ && mv $@.$$$$ $@

install-completion: completion
	install -D -m 644 build/completion/gatehouse.bash $(DESTDIR)$(BASHDIR)/gatehouse
	install -D -m 644 build/completion/gatehouse.zsh $(DESTDIR)$(ZSHDIR)/_gatehouse

# conf/man/pages lists them.
man:
	@conf/man/make build/man

install-man: man
	@for f in build/man/*.[0-9]; do install -D -m 644 $$f $(DESTDIR)$(MANDIR)/man$${f##*.}/$${f##*/} || exit 1; done

deb: all
	@conf/debian/build

# --- what the programs are made of, and how safely ---

audit:
	tests/prepare
	$(MAKE) -j2 all
	tests/audit/audit

sbom: build/gatehouse.spdx.json
build/gatehouse.spdx.json: $(PROGRAMS:%=$B/%) tests/audit/sbom
	@tests/audit/sbom $(PROGRAMS:%=$B/%) >$@.$$$$ && mv $@.$$$$ $@

reproducible:
	tests/audit/reproducible

tls:
	tests/prepare
	$(MAKE) -j2 all
	TLS_SCAN=1 bats tests/tls.bats

observatory:
	$(MAKE) -j2 all
	cd tests/observatory && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	node tests/observatory/run.mjs

clean:
	rm -rf build

-include $(FUZZ:%.c=build/fuzz/obj/%.d) $(SHARED:%.c=build/fuzz/obj/%.d)
-include $(OBJ:.o=.d) $(PROGRAMS:%=$B/obj/cgi-bin/%.d) $(UNIT:%.c=$B/obj/%.d)
