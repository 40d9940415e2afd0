# Each target makes .venv by itself; the machine needs Python 3.11 or newer, make and the internet.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev

# The first interpreter that is new enough and can make a virtual environment.
FIND_PYTHON = for p in "$${PYTHON:-python3}" python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; \
	done

.PHONY: help demo test check bench clean

help:
	@echo "make demo    make a small benchmark of real audio, run three models on it, score them"
	@echo "make test    everything that make check does, then the whole test suite"
	@echo "make check   lint, format, types, direction of imports"
	@echo "make bench   the performance scripts (see benchmarks/perf/README.md)"
	@echo "make clean   remove .venv and build files"

$(VENV)/bin/python:
	@python=$$($(FIND_PYTHON)); \
	if [ -z "$$python" ]; then \
		echo "mmar needs Python 3.11 or newer with the venv module (Debian: apt-get install python3-venv)." >&2; exit 2; fi; \
	"$$python" -m venv $(VENV)

$(READY): $(VENV)/bin/python pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
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

test: check
	$(BIN)/python -m pytest

bench: $(READY_DEV)
	$(BIN)/python benchmarks/perf/score.py

clean:
	rm -rf $(VENV) dist build
