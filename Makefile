# Each target makes .venv by itself; the machine needs Python 3.11 or newer, make and the internet.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
MADE := $(VENV)/.made
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev

# The first interpreter that is new enough and can make a virtual environment.
FIND_PYTHON = for p in "$${PYTHON:-python3}" python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; \
	done

.PHONY: help demo test check tools bench clean

help:
	@echo "make demo    make a small benchmark of real audio, run three models on it, score them"
	@echo "make test    everything that make check does, then the whole test suite"
	@echo "make check   lint, format, types, direction of imports"
	@echo "make bench   the performance scripts (see benchmarks/perf/README.md)"
	@echo "make clean   remove .venv and build files"

# A stamp, not the interpreter: that one is there before pip is, and a venv cut short must be made again.
$(MADE):
	@python=$$($(FIND_PYTHON)); \
	if [ -z "$$python" ]; then \
		echo "mmar needs Python 3.11 or newer with the venv module (Debian: apt-get install python3-venv)." >&2; exit 2; fi; \
	"$$python" -m venv $(VENV)
	@touch $@

# Compiled as a package's modules are when it is installed: else each run compiles them where Python may not write.
$(READY): $(MADE) pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

$(READY_DEV): $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[all,dev]'
	@touch $@

demo: $(READY)
	@$(BIN)/mmar demo

check: $(READY_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_rooms.py

# By files, so that what a file's tests share is made once.
test: check tools
	$(BIN)/python -m pytest -rs -n auto --maxprocesses 4 --dist loadfile

# What only tests need. Where it cannot be installed its tests are skipped, and the report says which and why.
tools:
	@missing=""; \
	[ -x /usr/bin/chromium ] || missing="$$missing chromium"; \
	command -v ffmpeg >/dev/null 2>&1 || missing="$$missing ffmpeg"; \
	[ -n "$$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || missing="$$missing postgresql"; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
		echo "installing for the tests:$$missing"; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; } >/dev/null 2>&1 \
			|| echo "could not install$$missing; their tests are skipped"; \
	else echo "not here:$$missing; their tests are skipped (Debian: apt-get install$$missing)"; fi

bench: $(READY_DEV)
	$(BIN)/python benchmarks/perf/score.py

clean:
	rm -rf $(VENV) dist build
