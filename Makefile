# Needs Python 3.11 or newer with the venv module, make and the internet; everything else goes into .venv.
SHELL := /bin/sh
PYTHON ?= $(shell sh tools/interpreters.sh | head -n 1 | cut -d ' ' -f 2)
VENV ?= .venv
CONSTRAINTS ?= --constraint constraints.txt
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install
# More workers than the two processors of a small machine: many tests wait for servers and processes.
PYTEST := $(BIN)/python -m pytest -n 3 --dist loadfile -rsR

.PHONY: help demo test check docs test-suite test-core test-browser test-weights test-newest test-lowest test-all test-all-core \
	tools validators check-scripts constraints bench clean

help:
	@echo "make demo          generate a small benchmark with real audio, run baselines on it and score them"
	@echo "make test          everything that make check does, then all tests"
	@echo "make check         lint, format, types, directions of imports, documentation, the pages' scripts"
	@echo "make check-scripts format and types of the pages' scripts, where npm can install what that needs"
	@echo "make test-core     the tests without the studio"
	@echo "make test-browser  the tests of pages in a browser"
	@echo "make test-weights  the tests of local weights and of workers on Ray, with torch for the CPU"
	@echo "make test-newest   all tests with the newest releases of all libraries instead of constraints.txt"
	@echo "make test-lowest   the tests without the studio (or TESTS) with the oldest releases that pyproject.toml allows"
	@echo "make test-all      all tests but the browser's on every Python found (test-all-core: without the studio)"
	@echo "make docs          build the documentation into build/site"
	@echo "make constraints   write constraints.txt from the environment of make test-newest"
	@echo "make bench         performance measurements (benchmarks/perf/README.md)"
	@echo "make clean         remove environments and build files"

# The stamps are made last, so that an interrupted installation starts again.
$(VENV)/.made:
	@if [ -z "$(PYTHON)" ]; then \
		echo "mmar needs Python 3.11 or newer with the venv module (Debian: apt-get install python3-venv)." >&2; exit 2; fi
	@"$(PYTHON)" -m venv $(VENV)
	@touch $@

# Compiled now, because some of these folders may not be writable when the program runs.
$(VENV)/.ready: $(VENV)/.made pyproject.toml constraints.txt
	@$(PIP) $(CONSTRAINTS) --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	@$(PIP) $(CONSTRAINTS) --editable '.[all,dev]'
	@touch $@

demo: $(VENV)/.ready
	@$(BIN)/mmar demo

check: $(VENV)/.ready-dev docs check-scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_rooms.py tests/test_glossary.py

# Versions are pinned here, since nothing of npm is needed to build or to run the program.
SCRIPT_TOOLS := prettier@3.10.1 typescript@7.0.2
WEB := src/mmar/reports/page/web
check-scripts:
	@if ! command -v npm >/dev/null 2>&1; then echo "npm is not installed; the pages' scripts are not checked"; exit 0; fi; \
	if [ ! -f $(VENV)/npm/.made ]; then \
		mkdir -p $(VENV)/npm; \
		npm install --prefix $(VENV)/npm --silent --no-audit --no-fund --fetch-retries 1 --fetch-timeout 20000 $(SCRIPT_TOOLS) \
			>/dev/null 2>&1 && $(VENV)/npm/node_modules/.bin/prettier --version >/dev/null 2>&1 && \
			$(VENV)/npm/node_modules/.bin/tsc --version >/dev/null 2>&1 && touch $(VENV)/npm/.made; fi; \
	if [ ! -f $(VENV)/npm/.made ]; then echo "prettier and tsc do not run here; the pages' scripts are not checked"; exit 0; fi; \
	$(VENV)/npm/node_modules/.bin/prettier --log-level warn --check --print-width 118 --single-quote "$(WEB)/*.js" "$(WEB)/*.css" && \
	$(VENV)/npm/node_modules/.bin/tsc -p tools/tsconfig.json

docs: $(VENV)/.ready-dev
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict --site-dir build/site

test: check test-suite test-browser

# Programs that check exchange formats, and clients that take runs, in an environment of their own, since some want a newer
# Python or other libraries. Of what the checkers depend on only what checking needs: all of it is 600 MB. What cannot be
# installed is not used, and its tests say so.
VALIDATORS := .venv-validators
VALIDATORS_PYTHON ?= $(shell sh tools/interpreters.sh | sort -V | tail -n 1 | cut -d ' ' -f 2)
CHECKING := absl-py anyio attrs botocore docstring-parser 'etils[epath]' fsspec httpx ijson jsonlines jsonpatch jsonpath-rw \
	mmh3 nest-asyncio2 networkx pandas psutil pydantic pygments python-dateutil python-dotenv pyyaml rdflib requests 'rich<15' \
	semver shortuuid sniffio tenacity textual tqdm zipfile-zstd zstandard
validators:
	@if [ ! -f $(VALIDATORS)/.made ] && "$(VALIDATORS_PYTHON)" -m venv $(VALIDATORS); then \
		pip="$(VALIDATORS)/bin/python -m pip --quiet --disable-pip-version-check install --constraint tools/validators.txt"; \
		for packages in "--no-deps every-eval-ever==0.3.0" "--no-deps mlcroissant==1.1.0" "--no-deps inspect-ai==0.3.285" \
			"$(CHECKING)" "trackio==0.43.0 wandb==0.31.0" "--editable ."; do \
			eval "$$pip $$packages" >/dev/null 2>&1 || echo "could not install $$packages; what needs it is not tested"; \
		done; touch $(VALIDATORS)/.made; fi

test-suite: export MMAR_VALIDATORS := $(CURDIR)/$(VALIDATORS)/bin/python:$(MMAR_VALIDATORS)
test-suite: $(VENV)/.ready-dev tools validators
	$(PYTEST) -m "not browser"

test-core: $(VENV)/.ready-dev
	$(PYTEST) -m "not browser" --ignore tests/studio

test-browser: $(VENV)/.ready-dev tools
	$(PYTEST) -m browser

# An environment of its own: torch, transformers and Ray are too heavy for the other one, and mistral-common wants an older
# numpy. What cannot be installed is not tested, and the output says so. Qwen Omni needs torchvision of torch's own build,
# which not every index has for the CPU: its tests run where WEIGHTS names an environment that has both.
WEIGHTS ?= .venv-weights
$(WEIGHTS)/.ready: pyproject.toml constraints.txt
	@"$(PYTHON)" -m venv $(WEIGHTS)
	@sed '/^numpy==/d' constraints.txt > $(WEIGHTS)/constraints.txt
	@$(WEIGHTS)/bin/python -m pip --quiet --disable-pip-version-check install --constraint $(WEIGHTS)/constraints.txt \
		--editable '.[local,ray,voxtral]' hypothesis pytest pytest-rerunfailures pytest-timeout
	@touch $@

test-weights:
	@if $(MAKE) --no-print-directory $(WEIGHTS)/.ready; then \
		HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(WEIGHTS)/bin/python -m pytest -rsR tests/models/local/weights tests/models/local/test_ray_worker.py; \
	else echo "torch, transformers or Ray could not be installed; local weights are not tested"; fi

test-newest:
	@$(MAKE) test VENV=.venv-newest CONSTRAINTS=

# The lowest version of each library that pyproject.toml names, with the newest of everything that these need themselves.
# The tools of the tests are the newest that fit beside them.
LOWEST := .venv-lowest
TESTS ?= --ignore tests/studio
test-lowest:
	@"$(PYTHON)" -m venv $(LOWEST)
	@$(LOWEST)/bin/python -m pip --quiet --disable-pip-version-check install uv
	@$(LOWEST)/bin/uv pip compile --quiet --resolution lowest-direct --python $(LOWEST)/bin/python --extra all --no-header \
		--no-annotate --output-file $(LOWEST)/lowest.txt pyproject.toml
	@$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --constraint $(LOWEST)/lowest.txt --editable '.[all]' \
		httpx hypothesis ipykernel nbclient polars pytest pytest-rerunfailures pytest-timeout pytest-xdist scipy statsmodels
	$(LOWEST)/bin/python -m pytest -n 3 --dist loadfile -rs -m "not browser" $(TESTS)

test-all:
	@sh tools/interpreters.sh | while read -r version python; do \
		echo "Python $$version"; $(MAKE) test-suite VENV=.venv-$$version PYTHON=$$python </dev/null || exit 1; done

# The interpreter of .venv has run everything already.
test-all-core:
	@mine=$$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null); \
	sh tools/interpreters.sh | while read -r version python; do \
		[ "$$version" = "$$mine" ] && continue; \
		echo "Python $$version"; $(MAKE) test-core VENV=.venv-$$version PYTHON=$$python </dev/null || exit 1; done

# System packages that only tests need. What cannot be installed is skipped, and the report says why.
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
	else echo "missing:$$missing; their tests are skipped (Debian: apt-get install$$missing)"; fi

constraints:
	@{ echo "# The versions with which all tests passed; see make test-newest and make constraints."; \
		.venv-newest/bin/python -m pip freeze --exclude-editable; } > constraints.txt

bench: $(VENV)/.ready-dev
	$(BIN)/python benchmarks/perf/score.py

clean:
	rm -rf .venv .venv-* dist build
