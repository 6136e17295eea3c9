# SPDX-License-Identifier: MIT
#
# The commands for people's fingers; Meson does the work. `make help` lists them.
#
#   BUILD=build           the build folder; build-asan, build-tsan, build-fuzz, … stand beside it
#   BENCH_SECONDS=auto    how long `make bench` measures: 480, less where the rest took long
#   BENCH='--suite seed'  what it measures: any options and cases of `madvisor bench`
#   FUZZ_SECONDS=600      how long `make fuzz` runs, all fuzzers together
#   FUZZ_EACH=            how long each of them runs, instead
#   FUZZERS=              which of them; default: all
#   TESTS=                which tests check, asan and tsan run: options of `meson test`; default: all
#   MESON_OPTIONS=        given to `meson setup`
#   KERNEL=amd64-6.1      the kernels of `make vm`, with commas; `tests/vm/run -l` lists them
#   CPUS=2                how many processors the guest has; `make vm-all`: 1,4
#   VM_TESTS=             which tests run in the guest; default: those that count exactly

BUILD ?= build
BENCH ?= --suite seed
BENCH_SECONDS ?= auto
FUZZ_SECONDS ?= 600
FUZZ_EACH ?=
FUZZERS ?=
TESTS ?=
MESON_OPTIONS ?=
KERNEL ?= amd64-6.1
CPUS ?=
VM_TESTS ?=
BENCH_STARTED := $(shell date +%s)
VARIANTS = $(BUILD)-asan $(BUILD)-tsan $(BUILD)-fuzz $(BUILD)-gcc $(BUILD)-clang $(BUILD)-arm64
export BUILD BENCH_STARTED

.DEFAULT_GOAL := all
.PHONY: all help setup allocators arm64 bench check sanitize asan tsan fuzz werror vm vm-all ci format \
	format-check install uninstall deb clean distclean screenshots
.NOTPARALLEL:

## all            build madvisor (the default)
all: $(BUILD)/build.ninja
	@meson compile -C $(BUILD)

$(BUILD)/build.ninja:
	@tools/setup build
	@tools/configure $(BUILD) $(MESON_OPTIONS)

## bench          the shootout: install and build what is missing, measure, print the verdict
bench: setup all allocators
	@tools/bench $(BENCH_SECONDS) $(BENCH)

## arm64          build it for arm64 as well, in build-arm64, with Debian's packages of that architecture
arm64:
	@tools/setup build arm64
	@tools/arm64 $(BUILD)/arm64
	@tools/configure $(BUILD)-arm64 --cross-file $(BUILD)/arm64/meson.cross $(MESON_OPTIONS)
	@meson compile -C $(BUILD)-arm64

## check          all tests; ends with "N passed, N failed, N skipped"
check:
	@tools/setup build bench check
	@$(MAKE) --no-print-directory all allocators
	@tools/check $(BUILD) $(TESTS)

## screenshots    pictures of every kind of page, to be looked at, in build/screenshots
screenshots: all
	@tools/setup check
	@mkdir -p $(BUILD)/screenshots
	@MADVISOR=$(BUILD)/madvisor tests/browser/page.py $(BUILD)/screenshots
	@ls $(BUILD)/screenshots/*.png

## setup          install the packages that the tool and the allocators need, if any is missing
setup:
	@tools/setup build bench

## allocators     build snmalloc and current mimalloc and jemalloc from their published crates
# What cannot be had is left out with a line that says why; the others still compare.
allocators:
	@allocators/build || test $$? -eq 1

## sanitize       all tests again under ASan with UBSan; the unit and CLI tests under TSan
sanitize: asan tsan

asan:
	@tools/setup build bench check
	@tools/configure $(BUILD)-asan $(MESON_OPTIONS) \
		-Db_sanitize=address,undefined -Db_lundef=false
	@meson compile -C $(BUILD)-asan
	@tools/check $(BUILD)-asan -t 4 $(TESTS)

# ThreadSanitizer of older compilers knows fewer address layouts than the kernel uses. The tests of suite kernel count
# what a program asks of the kernel, and its own runtime asks for much.
tsan:
	@tools/setup build bench check
	@tools/configure $(BUILD)-tsan $(MESON_OPTIONS) \
		-Db_sanitize=thread -Db_lundef=false
	@meson compile -C $(BUILD)-tsan
	@setarch -R true 2>/dev/null && exec setarch -R tools/check $(BUILD)-tsan -t 8 --no-suite kernel $(TESTS); \
		exec tools/check $(BUILD)-tsan -t 8 --no-suite kernel $(TESTS)

## fuzz           run every fuzzer, FUZZ_SECONDS in all, or FUZZ_EACH each
fuzz:
	@tools/setup build develop
	@CC=clang tools/configure $(BUILD)-fuzz $(MESON_OPTIONS) -Dfuzz=true \
		-Db_sanitize=address,undefined -Db_lundef=false
	@meson compile -C $(BUILD)-fuzz
	@tools/fuzz $(if $(FUZZ_EACH),-e) $(BUILD)-fuzz $(or $(FUZZ_EACH),$(FUZZ_SECONDS)) $(FUZZERS)

## werror         build with gcc and with clang; every warning is an error
werror:
	@tools/setup build develop
	@status=0; \
	for compiler in gcc clang; do \
		CC=$$compiler tools/configure $(BUILD)-$$compiler $(MESON_OPTIONS) \
			-Dwerror=true && \
		meson compile -C $(BUILD)-$$compiler || status=1; \
	done; \
	exit $$status

## vm             the tests that count exactly, in QEMU under KERNEL, one of Debian's packages
vm:
	@tools/setup build check vm
	@$(MAKE) --no-print-directory all $(if $(findstring arm64,$(KERNEL)),arm64)
	@tests/vm/run -k $(KERNEL) -c $(or $(CPUS),2) $(BUILD) $(VM_TESTS)

## vm-all         the same under the kernels of Debian's stable releases and the newest, of arm64 too; ends with a table
vm-all: arm64
	@$(MAKE) --no-print-directory vm KERNEL=chosen CPUS=$(or $(CPUS),1,4)

## format         format every C file with clang-format
format:
	@tools/setup develop
	find . -path './build*' -prune -o -name '*.[ch]' -type f -print0 | xargs -0 clang-format -i

## format-check   say which C files are not formatted
format-check:
	@tools/setup develop
	@tools/format-check

## ci             what continuous integration runs: format-check, werror, check, asan in part, fuzz
ci:
	@.ci/run

## install        install madvisor (DESTDIR is honoured; MESON_OPTIONS=--prefix=… at first use)
install: all
	meson install -C $(BUILD) --no-rebuild

## uninstall      remove what `make install` put in place (DESTDIR as there)
uninstall: $(BUILD)/build.ninja
	@tools/uninstall $(BUILD)

## deb            the Debian packages madvisor and madvisor-allocators, in build/deb, checked by lintian
deb:
	@tools/setup build bench deb
	@$(MAKE) --no-print-directory allocators
	@tools/deb $(BUILD)

## clean          remove what was built, keep the allocators
clean:
	rm -rf $(VARIANTS)
	@test ! -e $(BUILD)/build.ninja || ninja -C $(BUILD) clean

## distclean      remove the build folders
distclean:
	rm -rf $(BUILD) $(VARIANTS)

## help           this list
help:
	@sed -n 's/^## //p' $(firstword $(MAKEFILE_LIST))
