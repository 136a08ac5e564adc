# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# make help says what there is. Everything is built below build/.

KERNEL ?= 6.1
KERNELS := 6.1 6.12 6.18 7.2
PREFIX ?= /usr/local
JOBS := -j$(shell nproc 2>/dev/null || echo 2)

.NOTPARALLEL:
.DEFAULT_GOAL := all

all: userspace module

userspace:
	@$(MAKE) --no-print-directory $(JOBS) -C userspace

module:
	@tools/vm/module $(KERNEL)

setup:
	@tools/vm/setup $(KERNEL)

demo:
	@tools/vm/setup --demo $(KERNEL)
	@tools/demo $(KERNEL)

check: setup
	@tools/check $(KERNEL)

check-host: setup
	@tools/check --host

check-vm: setup
	@tools/check --vm $(KERNEL)

check-all: setup
	@tools/check $(KERNELS)
	@$(MAKE) --no-print-directory check-services
	@$(MAKE) --no-print-directory check-languages

# Programs that know nothing of TLS, some of them large: a Debian tree of their own.
check-services: setup userspace module
	@tools/vm/tree services
	@$(MAKE) --no-print-directory -s $(JOBS) -C selftests/services
	@tools/tap start
	@tools/tap run --kernel $(KERNEL) services -- tools/vm/run --kernel $(KERNEL) --root services \
		--timeout 1800 -- tools/vm/guest/each selftests/services/proxy selftests/services/run \
		selftests/services/programs selftests/services/examples

# Compilers and a database: a tree of one gigabyte.
check-languages: setup userspace module
	@tools/vm/tree languages
	@selftests/services/compile
	@tools/tap start
	@tools/tap run --kernel $(KERNEL) languages -- tools/vm/run --kernel $(KERNEL) --root languages \
		--memory 2048 --timeout 3000 -- tools/vm/guest/each selftests/services/languages \
		selftests/services/runtimes selftests/services/postgres

matrix:
	@tools/vm/setup $(KERNELS) debug
	@tools/check --vm --table $(KERNELS) debug
	@$(MAKE) --no-print-directory check-foreign

interop-matrix: setup userspace
	@$(MAKE) --no-print-directory -s $(JOBS) -C selftests/interop
	@selftests/interop/matrix/run $(ARGS)
	@selftests/interop/matrix/ech

kselftest: setup module
	@selftests/net/run-kernel-tls $(KERNEL)

# What takes hours in an emulator, on a kernel that runs as a program: 10^9 bytes with new keys all the time,
# half an hour of random connections, 100,000 connections that every party breaks off, a thousand kills of the
# helper's processes, 10,000 connections held.
check-long: userspace
	@tools/vm/setup uml
	@tools/vm/module uml
	@$(MAKE) --no-print-directory -s $(JOBS) -C selftests/net
	@$(MAKE) --no-print-directory -s $(JOBS) -C selftests/interop
	@tools/tap start
	@tools/tap run --kernel uml soak -- tools/vm/run --kernel uml --timeout 7200 -- \
		env SEALSOCK_SOAK_BYTES=1000000000 build/net/managed_soak
	@tools/tap run --kernel uml model -- tools/vm/run --kernel uml --timeout 7200 -- \
		env SEALSOCK_MODEL_SECONDS=1800 build/net/managed_model
	@tools/tap run --kernel uml broken-off -- tools/vm/run --kernel uml --timeout 7200 -- \
		env SEALSOCK_ROUNDS=50000 build/net/hold_many -r hold.ipv4.chaos
	@tools/tap run --kernel uml kills -- tools/vm/run --kernel uml --memory 6000 --timeout 7200 -- \
		selftests/interop/helper-kills 1000 10000

# 10^9 bytes between two managed sockets, or SOAK_BYTES=N; SEED=N for the same calls again.
soak: setup module
	@$(MAKE) --no-print-directory -s $(JOBS) -C selftests/net
	@tools/vm/run --kernel $(KERNEL) --timeout 360000 -- env \
		SEALSOCK_SOAK_BYTES=$(or $(SOAK_BYTES),1000000000) \
		$(if $(SEED),SEALSOCK_SEED=$(SEED)) build/net/managed_soak

# The kernels named on the command line, or those whose results are committed.
BENCH_KERNELS = $(if $(filter command environment,$(firstword $(origin KERNEL))),$(KERNEL),6.1 6.12)

bench:
	@tools/vm/setup $(BENCH_KERNELS)
	@tools/bench/all $(if $(QUICK),--quick) $(BENCH_KERNELS)

bench-clock:
	@tools/vm/setup
	@tools/bench/clock/run $(if $(QUICK),--quick)

lint: setup
	@tools/tap start
	@tools/tap run lint -- tools/lint/run

deb:
	@tools/packages/build

check-foreign:
	@tools/vm/setup --packages tools/vm/packages.foreign
	@tools/tap start
	@tools/tap run foreign -- selftests/foreign/run
	@tools/tap run --kernel arm64 guest -- selftests/foreign/guest arm64

check-packages:
	@tools/packages/all

install uninstall:
	@$(MAKE) --no-print-directory $(JOBS) -C userspace $@ PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)

clean:
	rm -rf build

help:
	@echo 'make demo         download through the module in a virtual machine, and measure'
	@echo 'make check        all tests; KERNEL=6.1 (default), 6.12, 6.18, 7.2, debug, uml or uml-debug for those in guests'
	@echo 'make check-host   unit tests, corpus replay, lints: no virtual machine'
	@echo 'make check-vm     tests in guests only'
	@echo 'make check-all    all tests, those in guests on every kernel, check-services and check-languages'
	@echo 'make check-services  programs in the clear under sealsock run, proxy and listen, in a guest'
	@echo 'make check-languages  examples and programs in Go, Rust and Java, and PostgreSQL, with sealsockd'
	@echo 'make check-long   a soak, random connections, broken ones and kills of the helper by the thousand, on a native kernel'
	@echo 'make interop-matrix  handshakes with other TLS libraries, every combination; ARGS=--full'
	@echo 'make matrix       tests in guests on every kernel and the debug kernel, as one table, and check-foreign'
	@echo 'make kselftest    the TLS selftest of the kernel itself, against the module'
	@echo 'make soak         10^9 bytes between two managed sockets, with new keys all the time; KERNEL=uml: the same, natively'
	@echo 'make bench        instructions per byte beside plain TCP, kernel tls and OpenSSL; QUICK=1: fewer'
	@echo 'make bench-clock  nanoseconds per byte on this processor, in a kernel that runs as a program'
	@echo 'make              library, command line and module, below build/'
	@echo 'make install      library, headers, command line and manual, below PREFIX=/usr/local'
	@echo 'make deb          Debian packages, in build/packages: module (DKMS), library, command line'
	@echo 'make check-foreign   library and module for arm64 and s390x: unit tests there, and a guest on arm64'
	@echo 'make check-packages  installs, uses, upgrades and removes them on Debian 12 and 13, in guests with four kernels'
	@echo 'make uninstall    takes away what make install with the same PREFIX put there'
	@echo 'make lint setup clean'
	@echo 'V=1 shows what the tests print.'

.PHONY: all userspace module setup demo check check-host check-vm check-all check-long check-services check-languages \
	matrix interop-matrix kselftest soak bench bench-clock lint deb check-foreign check-packages install \
	uninstall clean help
