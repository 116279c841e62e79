# SPDX-License-Identifier: MIT
# The commands that CI runs. PYTHON is the interpreter to use, preferably that of a virtual environment, because `test`
# and `build` install into it. lint, types, strict and coverage need the group `dev` there (make dev).

PYTHON ?= python3
PYTHONS ?= $(shell .ci/interpreters | cut -d ' ' -f 2)
BIN = $(shell $(PYTHON) -c 'import os, sys; print(os.path.dirname(sys.executable))')
CC ?= cc
SANITIZE_CC ?= $(shell command -v clang || command -v gcc || echo $(CC))
NEON_CC ?= aarch64-linux-gnu-gcc
NEON_RUN ?= qemu-aarch64
FREE_THREADED ?= $(shell command -v python3.15t || command -v python3.14t)
CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/fasthdr
COUNT ?= --check
EXAMPLES ?= 40000
SECONDS ?= 60
PIP_INSTALL = python -m pip install -q --disable-pip-version-check --root-user-action=ignore
PIP_DOWNLOAD = $(PYTHON) -m pip download -q --disable-pip-version-check --no-deps --no-build-isolation
PIP = $(PYTHON) -m pip install -q --disable-pip-version-check --root-user-action=ignore

.PHONY: build dev quick test long test-all lint format types strict wheel wheels wheel-plain wheel-foreign bench \
	bench-check docs report picohttpparser c-test c-test-foreign c-compile neon memcheck pure instructions growth full-differential fuzz \
	free-threaded coverage coverage-core coverage-python coverage-left-out sanitize \
	sdist clean mutants adapters-suites examples sweep leaks package-check reproducible soak subinterpreters connections docs-serve picture

build:
	$(PIP) .

# --group needs pip 25.1.
dev:
	$(PIP) "pip>=25.1"
	$(PIP) -e ".[test]" --group dev

test:
	$(PIP) ".[test]"
	$(PYTHON) -m pytest -n auto

# What `test` leaves out because it takes minutes: builds of packages, instruction counts, servers of every kind, load
# tests.
long:
	$(PYTHON) -m pytest -m long

# What CI runs on each interpreter: the quick tests, and the long ones that can fail on only one interpreter.
EACH = -m "not long or interpreter"

# In about a minute: style, an extension built in place, and the tests that find most mistakes.
QUICK ?= tests/differential/test_differential.py tests/handlers/test_heads.py tests/strict/test_cases.py \
	tests/decoder/test_use.py tests/test_install.py tests/test_message.py
quick: lint
	$(PYTHON) setup.py -q build_ext --inplace
	PYTHONPATH=src FASTHDR_EXAMPLES=20 $(PYTHON) -m pytest -q -x $(QUICK) -k "not every_split"

sdist:
	.ci/sdist $(PYTHON) dist

# The suite from the sdist, in a new environment for each interpreter found.
test-all:
	sdist=$$(.ci/sdist $(PYTHON) dist) && for python in $(PYTHONS); do .ci/test-python $$python $$sdist || exit 1; done

# Like test-all, for one free-threaded interpreter given as PYTHON. If an import turns the GIL back on, Python warns,
# and warnings are errors.
free-threaded:
	$(PYTHON) -c 'import sysconfig; assert sysconfig.get_config_var("Py_GIL_DISABLED"), "not a free-threaded interpreter"'
	sdist=$$(.ci/sdist $(PYTHON) dist) && .ci/test-python $(PYTHON) $$sdist

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	PATH="$(BIN):$$PATH" cython-lint bench examples src fuzz

format:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

types: build
	$(PYTHON) -m mypy
	$(PYTHON) -m mypy.stubtest --mypy-config-file pyproject.toml --allowlist .ci/stubtest-allowlist \
		--ignore-unused-allowlist fasthdr

# Cython's -Werror ignores performance hints, so they are searched for in the log. Cython 3.3.1 drops a reference to an
# item of a list comprehension twice if the list cannot grow and the item is new. Use a loop with append() there.
strict:
	rm -rf build/strict
	mkdir -p build/strict
	FASTHDR_STRICT=1 $(PYTHON) setup.py build_ext >build/strict/log 2>&1 || { cat build/strict/log; exit 1; }
	! grep -n -A 8 -i 'performance hint' build/strict/log
	! grep -rn 'ListComp_AppendAndDecref(__pyx_t' build/strict/cython

# The suite with AddressSanitizer and UBSan in the core. It has its own environment, because servers in other processes
# use the core, too. gcc's runtimes have to be preloaded into Python, and each of Python's objects needs its own block.
# Findings go to files, because any of these processes may make them. Left out: packages that the tests build, failing
# allocations, sub-interpreters; the soak, which measures memory that ASan holds back; and curl, which hangs with ASan's
# runtime.
SANITIZED ?= tests
WORKERS ?= 0
sanitize:
	$(PYTHON) -m venv --clear build/sanitize/env
	FASTHDR_SANITIZE=address,undefined build/sanitize/env/bin/$(PIP_INSTALL) --no-compile --only-binary=hypothesis ".[test]"
	rm -f build/sanitize/found.*
	PYTHONMALLOC=malloc \
		ASAN_OPTIONS=detect_leaks=0:log_path=$(CURDIR)/build/sanitize/found \
		UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:log_path=$(CURDIR)/build/sanitize/found \
		LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
		build/sanitize/env/bin/python -m pytest -n $(WORKERS) -m "" $(SANITIZED) --ignore tests/test_package.py \
			--ignore tests/test_benchmark.py \
			--ignore tests/proof/test_nomemory.py --ignore tests/proof/test_subinterpreters.py \
			--ignore tests/proof/test_soak.py \
			--deselect tests/test_capi_clients.py::test_in_another_interpreter \
			--deselect tests/integration/test_serve_directory.py::test_curl; \
	status=$$?; ! cat build/sanitize/found.* 2>/dev/null && exit $$status

# A short run under Valgrind's memcheck: every public call, and messages. An error counts if the extension is on the
# stack.
MEMCHECKED ?= tests/proof/test_nomemory.py tests/test_message.py tests/test_lifetime.py tests/differential/test_gateway.py
memcheck:
	$(PIP) --no-deps --upgrade --target build/memcheck/site .
	rm -f build/memcheck/found.xml
	PYTHONPATH=$(CURDIR)/build/memcheck/site PYTHONMALLOC=malloc FASTHDR_EXAMPLES=5 \
		valgrind -q --leak-check=no --error-limit=no --num-callers=40 --child-silent-after-fork=yes \
		--xml=yes --xml-file=build/memcheck/found.xml \
		$(PYTHON) -m pytest --timeout=0 $(EACH) -k 'not no_memory and not no_block_is_lost' $(MEMCHECKED)
	$(PYTHON) .ci/memcheck build/memcheck/found.xml

# How many small mistakes in the Python modules the tests find: one change at a time, about a minute each.
SAMPLE ?= 24
mutants:
	$(PIP) cosmic-ray
	$(PYTHON) .ci/mutants --sample $(SAMPLE)

# Coverage of the Python modules, lines and branches, including the programs that the tests start. A second run is in
# plain Python, to measure the modules that setup.py compiles from Python. Left out: tests of memory, which the tracer
# disturbs and slows down, and tests that take more input or other peers through code that other tests cover;
# coverage-left-out runs only these.
COVERAGE_LEFT_OUT = tests/clients tests/matrix tests/proof tests/test_package.py tests/test_lifetime.py tests/test_fuzz.py \
	tests/test_input.py tests/decoder/test_memory.py tests/integration/test_cpython_suites.py
COVERAGE_SPLITS = $(addprefix tests/decoder/test_cases.py::,test_byte_by_byte test_in_two test_with_more_behind_it) \
	$(addprefix tests/differential/test_bytes.py::test_,every_split every_split_of_the_request_line)
LEFT_OUT ?= $(COVERAGE_LEFT_OUT) $(COVERAGE_SPLITS)
PURE_MEASURED = tests/handlers tests/integration/test_framed.py tests/integration/test_smuggling.py
coverage-left-out:
	$(PYTHON) -m pytest -m "" $(LEFT_OUT)
coverage-python:
	rm -rf build/coverage
	mkdir -p build/coverage
	FASTHDR_EXAMPLES=20 $(PYTHON) -m coverage run --data-file=build/coverage/data -m pytest \
		$(EACH) $(COVERAGE_LEFT_OUT:%=--ignore %) $(COVERAGE_SPLITS:%=--deselect %)
	FASTHDR_PURE_PYTHON=1 FASTHDR_EXAMPLES=20 $(PYTHON) -m coverage run --data-file=build/coverage/data -m pytest \
		$(PURE_MEASURED)
	$(PYTHON) -m coverage combine -q --data-file=build/coverage/data build/coverage
	$(PYTHON) -m coverage report --data-file=build/coverage/data

# Coverage of the core, lines only. Cython's plugin finds a .pxd if it is in a folder with the package's name, beside
# the generated C.
CORE_FLOOR = 90
# Listed after the .pyx files: the plugin knows a .pxd only once it has seen those.
CORE = batch.pxd chunks.pxd faults.pxd fields.pxd framing.pxd job.pxd message.pxd reader.pxd runtime.pxd start_line.pxd strict.pxd table.pxd walk.pxd
# A part of the suite, because traced code is slow: tests that take long and cover no further line are left out.
CORE_TESTS = tests/decoder/test_cases.py tests/decoder/test_use.py \
	$(addprefix tests/differential/test_,bytes.py gateway.py handlers.py responses.py) tests/handlers/test_bodies.py \
	tests/handlers/test_heads.py tests/handlers/test_output.py tests/handlers/test_refused.py tests/strict/test_cases.py \
	tests/test_capi.py tests/test_client.py tests/test_install.py tests/test_client_response.py tests/test_lifetime.py \
	tests/test_fallbacks.py tests/test_many.py tests/test_message.py tests/test_pickles.py tests/test_pieces.py tests/test_putheader.py \
	tests/test_recover.py tests/test_handler_response.py tests/test_start_offset.py
CORE_LEFT_OUT = python or a_great_many or four_gib or other_threads or is_linear or mutations or 32_bits or no_block_is_lost or split or patched_max or observed or printable or 200 or in_two \
	or more_behind or many_chunks or share_one or meanwhile
coverage-core:
	FASTHDR_LINETRACE=1 $(PIP) --no-deps --upgrade --target build/linetrace/site .
	rm -rf build/linetrace/project
	mkdir build/linetrace/project
	cp -r .ci/coverage-core.toml pyproject.toml bench tests build/linetrace/site/fasthdr build/linetrace/project
	cp src/fasthdr/_core/*.pyx build/linetrace/cython/src/fasthdr/_core/*.c build/linetrace/project/fasthdr/_core
	ln -s . build/linetrace/project/src
	cd build/linetrace/project && FASTHDR_EXAMPLES=20 $(PYTHON) -m coverage run --rcfile=coverage-core.toml -m pytest \
		--timeout=0 $(EACH) $(CORE_TESTS) -k 'not ($(CORE_LEFT_OUT))'
	cd build/linetrace/project && $(PYTHON) -m coverage report --rcfile=coverage-core.toml --fail-under=$(CORE_FLOOR) \
		fasthdr/_core/*.pyx $(CORE:%=fasthdr/_core/%)

coverage: coverage-python coverage-core

# Leaks in every public call. References are counted if PYTHON is a debug build (for example Debian's python3.14-dbg).
LOOPS ?= 10000
leaks:
	FASTHDR_LOOPS=$(LOOPS) $(PYTHON) -m pytest --timeout=0 tests/proof/test_leaks.py

# A threading server at full load.
MINUTES ?= 10
soak:
	for mode in strict framed installed; do $(PYTHON) -m tests.proof.soak --minutes $(MINUTES) --mode $$mode || exit 1; done

# The tests with several interpreters in a process. The suite has them, too; a debug build of CPython checks more.
subinterpreters:
	$(PYTHON) -m pytest tests/proof/test_subinterpreters.py

# Tests with plain Python instead of the core. The core is built, because some tests compare the two. coverage-python
# also runs PURE_MEASURED in plain Python.
PURE ?= $(PURE_MEASURED) tests/test_pure.py tests/decoder tests/strict tests/integration/test_server_module.py \
	tests/integration/test_beyond_do_get.py tests/matrix tests/inspect tests/test_demo.py tests/test_many.py
pure: build
	FASTHDR_PURE_PYTHON=1 $(PYTHON) -m pytest $(EACH) $(PURE)

c-test:
	mkdir -p build/c
	for name in classify grammar words; do \
		$(CC) -std=c11 -O2 -Wall -Wextra -Werror -Isrc/fasthdr -o build/c/$$name tests/c/test_$$name.c && \
		build/c/$$name && \
		$(SANITIZE_CC) -std=c11 -O1 -g -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover=all \
			-Isrc/fasthdr -o build/c/$$name-sanitized tests/c/test_$$name.c && \
		build/c/$$name-sanitized || exit 1; \
	done

# The NEON variant, on any machine with a cross compiler and qemu-user.
neon:
	mkdir -p build/c
	$(NEON_CC) -std=c11 -O2 -Wall -Wextra -Werror -static -Isrc/fasthdr -o build/c/classify-neon tests/c/test_classify.c
	$(NEON_RUN) build/c/classify-neon >build/c/classify-neon.log || { cat build/c/classify-neon.log; exit 1; }
	cat build/c/classify-neon.log
	grep -q '^neon: done' build/c/classify-neon.log

# The same tests on other processors, including big-endian and 32-bit ones, under qemu-user, and with musl.
FOREIGN_CC ?= s390x-linux-gnu-gcc,qemu-s390x i686-linux-gnu-gcc,qemu-i386 riscv64-linux-gnu-gcc,qemu-riscv64 \
	powerpc64le-linux-gnu-gcc,qemu-ppc64le arm-linux-gnueabihf-gcc,qemu-arm aarch64-linux-gnu-gcc,qemu-aarch64 musl-gcc,
c-test-foreign:
	mkdir -p build/c
	for pair in $(FOREIGN_CC); do \
		compiler=$${pair%%,*} && for name in classify grammar words; do \
			echo "--- $$compiler: $$name" && \
			$$compiler -std=c11 -O2 -Wall -Wextra -Werror -static -Isrc/fasthdr -o build/c/$$name-foreign tests/c/test_$$name.c && \
			$${pair##*,} build/c/$$name-foreign || exit 1; \
		done; \
	done

# Whether the C that Cython generates compiles for Windows, macOS, musl and a 32-bit processor with zig's clang (PyPI:
# ziglang), from CPython 3.13 on as it is with module state. It is not linked or run, because there is no Python for
# these here. Python.h includes the pyconfig.h beside it, whatever -I says. An atomic that would need a library is an
# error (-Watomic-alignment).
ZIG ?= $(PYTHON) -m ziglang
C_TARGETS ?= x86_64-windows-gnu aarch64-windows-gnu x86_64-macos aarch64-macos x86_64-linux-musl x86-linux-gnu
C_WARNINGS = -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers
INCLUDE = $$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))')
c-compile:
	$(PYTHON) -c 'import ziglang' 2>/dev/null || $(PIP) ziglang
	rm -rf build/c/include build/module_state
	$(PYTHON) setup.py -q build_ext
	mkdir -p build/c/include
	cp -r $(INCLUDE) build/c/include/posix
	cp -r $(INCLUDE) build/c/include/windows
	cp tests/c/windows/pyconfig.h build/c/include/windows
	cp -r $(INCLUDE) build/c/include/posix-32
	sed -i -E 's/^(#define (ALIGNOF|SIZEOF)_(LONG|PTHREAD_T|SIZE_T|UINTPTR_T|VOID_P)) 8$$/\1 4/' build/c/include/posix-32/pyconfig.h
	for target in $(C_TARGETS); do \
		case $$target in *windows*) system=windows ;; x86-*) system=posix-32 ;; *) system=posix ;; esac; \
		for file in $$(ls build/module_state/*.c 2>/dev/null || ls build/cython/src/fasthdr/_*/*.c); do \
			$(ZIG) cc -target $$target -std=c11 -O1 $(C_WARNINGS) -DCYTHON_WITHOUT_ASSERTIONS=1 -Ibuild/c/include/$$system \
				-Isrc/fasthdr -c -o build/c/foreign.o $$file || exit 1; \
			echo "$$target: $$file"; \
		done; \
	done

# Instruction counts, compared with the committed baseline for this interpreter and compiler; COUNT=--update writes a
# new baseline.
instructions: build
	$(PYTHON) -m bench.instructions $(COUNT)

growth: build
	$(PYTHON) -m bench.growth

full-differential:
	FASTHDR_EXAMPLES=$(EXAMPLES) $(PYTHON) -m pytest --timeout=0 tests/differential

# Run each fuzzer for SECONDS, connections for a third of that. libFuzzer needs clang, atheris an interpreter for which
# it has a wheel.
fuzz: build
	$(PIP) "pip>=25.1"
	$(PIP) --only-binary=atheris "fasthdr[test]" --group fuzz
	$(PYTHON) -m fuzz --seconds $(SECONDS)
	$(PYTHON) -m fuzz.connections --connections 0 --seconds $$(($(SECONDS) / 3))

# The number of whole connections to run against handlers.
CONNECTIONS = 1000000
connections: build
	$(PIP) "fasthdr[test]"
	$(PYTHON) -m fuzz.connections --connections $(CONNECTIONS)

# For each interpreter found: the sdist, a repaired wheel from it, and a part of the tests in an environment without a
# compiler.
wheel:
	.ci/wheel $(PYTHONS)

# Like wheel, and also for a free-threaded interpreter (3.13t has no wheels of packages that the tests use) and in a
# Debian root with CPython 3.14 and 3.15.
wheels: wheel
	$(if $(FREE_THREADED),.ci/wheel $(FREE_THREADED),@echo "no free-threaded interpreter: FREE_THREADED is not set")
	.ci/debian-root $(CACHE)/debian .ci/wheel python3.14 python3.15

# The extension for other processors, cross-compiled and tested under qemu. PYTHON must be 3.11, for Debian 12, or 3.13,
# for Debian 13, whose mirrors may lack packages for s390x and ppc64el.
FOREIGN ?= arm64 s390x
wheel-foreign:
	.ci/foreign $(CACHE)/foreign $(PYTHON) $(FOREIGN)

# Check packages and workflows with the usual tools, in a clean checkout; nothing is compiled.
PACKAGE_TOOLS = check-manifest check-wheel-contents "cyclonedx-python-lib[json-validation]" pyroma twine \
	"validate-pyproject[all]" zizmor
package-check: SHELL := env PATH=$(BIN):$(PATH) sh
package-check:
	$(PIP) $(PACKAGE_TOOLS)
	validate-pyproject pyproject.toml
	check-manifest
	zizmor --offline --quiet --persona auditor .github
	FASTHDR_PURE_PYTHON=1 pyroma --min 10 .
	rm -rf build/package
	sdist=$$(.ci/sdist $(PYTHON) build/package) && \
		FASTHDR_PURE_PYTHON=1 $(PYTHON) -m pip wheel -q --disable-pip-version-check --no-deps -w build/package $$sdist
	twine check --strict build/package/*
	check-wheel-contents build/package/*.whl
	$(PYTHON) .ci/check-bill build/package/*.whl

# Check that two builds of the sdist and of the wheel, in different folders, have the same bytes.
reproducible:
	.ci/reproducible $(PYTHON)

# The wheel for implementations other than CPython, and for users who have neither a binary wheel nor a compiler.
wheel-plain:
	.ci/wheel --plain $(PYTHON)

# The test suites of the servers that fasthdr.adapters supports, without the adapter and with it. The servers' own
# documentation says what these need besides the extra `test`; tests that cannot run fail both times.
adapters-suites:
	$(PYTHON) -m tests.adapters.suites

# The suites of packages from PyPI, without install() and with it, each in its own environment (docs/compatibility.md).
# PACKAGES selects some of those in tests/sweep/packages.py. All of them take an hour; not in CI.
sweep:
	$(PYTHON) setup.py -q build_ext --inplace
	PYTHONPATH=src $(PYTHON) -m tests.sweep $(PACKAGES)

# Needs the group `bench`, and wrk for the servers. BENCH: options of pytest and its plugin, such as -k servers, or
# --benchmark-max-time=0 for a quick run. pytest-benchmark compares such files.
RUN ?= build/bench/run.json
bench:
	mkdir -p $(dir $(RUN))
	$(PYTHON) -m pytest bench --benchmark-json=$(RUN) $(BENCH)

# Each program of examples/ beside the one from which it was made. Needs the group `bench`. The loop is included if
# `make picohttpparser` has been run.
examples:
	$(PYTHON) -m pytest examples $(BENCH)

# Verify every comparison, without timing it.
bench-check: build
	$(PIP) "pip>=25.1"
	$(PIP) "fasthdr[test]" --group bench
	$(PYTHON) -m pytest bench examples tests/test_benchmark.py --benchmark-disable

# The tables and charts of README.md and docs/, and every figure in build/bench/tables.md.
report:
	$(PYTHON) -m bench.report $(RUN) $(OTHERS)

# Draw docs/charts/inspect.svg with rich.
picture: build
	$(PYTHON) -m tests.docs.picture

# The source of picohttpparser, taken from the sdist of gunicorn_h1c, for the benchmark of the core.
picohttpparser:
	mkdir -p build/bench/picohttpparser
	$(PIP_DOWNLOAD) --no-binary=gunicorn_h1c --dest build/bench gunicorn_h1c
	tar -xzf build/bench/gunicorn_h1c-*.tar.gz --strip-components=4 -C build/bench/picohttpparser --wildcards \
		'*/picohttpparser/picohttpparser.[ch]'

# Build the site in build/docs/site. Fails on a warning, on a dead link within the site, and if a public name is not in
# the reference. Links to other sites are listed in build/docs/external-links.txt and not fetched. --group needs pip
# 25.1. Do not add --quiet: mkdocs then counts no warnings, and --strict has no effect.
docs: build
	$(PIP) "pip>=25.1"
	$(PIP) --group docs
	NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict

# Serve the site on http://127.0.0.1:8000/, and rebuild it after each change of a page.
docs-serve: docs
	NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs serve

clean:
	rm -rf build dist wheelhouse src/*.egg-info .coverage* .hypothesis .benchmarks .pytest_cache .mypy_cache .ruff_cache
	rm -f src/fasthdr/_*/*.so src/fasthdr/_*/*.pyd
	find bench examples fuzz src tests -name __pycache__ -prune -exec rm -rf {} +
