# Everything here needs Python >= 3.11 and make, nothing else. Each target makes its own environment first.

PYTHON ?= python3
UV_VERSION := 0.13.9
WORKERS ?= 2
RUN_CMD ?= demo

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
BENCH_VENV := .venv-bench
BENCH_STAMP := $(BENCH_VENV)/.stamp
PAGE := src/kladsim/app/static/index.html

.DEFAULT_GOAL := help
.PHONY: help env env-bench run compile test verify reference bench gallery web serve baseline renew manual wheel lint types layers lock clean

help: ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

env: $(STAMP) ## make the environment (.venv), once for each lock file

# A stamp older than the lock or the project file makes the environment anew. uv is quick; where it cannot be
# had or cannot install, pip takes the same files and checks the same hashes.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "kladsim needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv --clear $(VENV)
	@if $(BIN)/python -m pip install --quiet uv==$(UV_VERSION) \
	  && $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock; \
	then :; else \
	  echo "uv cannot install here: pip does, from the same lock"; \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock; \
	fi
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps -e .
	@touch $@

env-bench: $(BENCH_STAMP) ## make the environment of the peers that the benchmark compares with

$(BENCH_STAMP): requirements-bench.lock $(STAMP)
	$(PYTHON) -m venv --clear $(BENCH_VENV)
	@if $(BIN)/uv pip install --quiet --python $(BENCH_VENV)/bin/python --require-hashes --no-deps -r requirements-bench.lock; \
	then :; else $(BENCH_VENV)/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements-bench.lock; fi
	@touch $@

compile: env ## compile the kernels ahead of time (once; later calls find them)
	$(BIN)/python -m kladsim.model.precompile

run: compile ## the Russian baseline with one policy against it
	$(BIN)/kladsim $(RUN_CMD)

test: compile web ## the tests, those of the page in Chromium (builds the page first)
	@$(BIN)/python tools/chromium.py
	KLADSIM_WHOLE=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q -rs -m "not verify"

verify: compile web ## the long statistical checks
	$(BIN)/python -m pytest -q -m verify --timeout 3600

STORED := tests/monitor/reference
reference: env ## what R's surveillance says made anew (installs Debian's package), and the tests against it (minutes)
	command -v Rscript > /dev/null || apt-get install -y r-base-core r-cran-surveillance
	mkdir -p build/reference
	Rscript tools/farrington_reference.R $(STORED)/farrington_series.csv build/reference/farrington_settings.csv
	Rscript tools/nowcast_reference.R $(STORED)/nowcast_events.csv build/reference/nowcast_expected.csv
	KLADSIM_REFERENCE=$(CURDIR)/build/reference $(BIN)/python -m pytest -q $(STORED)/../test_farrington.py $(STORED)/../test_nowcast.py

bench: compile env-bench ## speed and memory, side by side with the peers
	$(BIN)/python benchmarks/run.py

web: $(PAGE) ## build the page (Node from the path, else from a Python package)

$(PAGE): $(STAMP) tools/web.py src/kladsim/evidence/translations.csv \
         $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/src/messages/*' -not -name schema.d.ts)
	$(BIN)/python tools/web.py

gallery: compile ## the pages of the gallery anew (docs/gallery; about an hour of one core)
	$(BIN)/python examples/gallery/make.py --runs runs

serve: compile web ## the laboratory in a browser, on this machine
	$(BIN)/kladsim serve $(SERVE_ARGS)

baseline: compile ## compute the baseline and stories that come with the page (minutes)
	$(BIN)/python -m kladsim.app.prepare

renew: compile web ## all that ships with a version of the model, made anew (hours; resumes)
	$(BIN)/python tools/renew.py --workers $(WORKERS)

manual: env ## the manual, warnings are errors (build/manual/index.html)
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/manual
	@echo "The manual is at build/manual/index.html"

wheel: web ## the package with the page in it (dist/)
	$(BIN)/python -m hatchling build -t wheel

lint: env ## style, and the structure of the package (circles, hidden imports, sizes, names)
	$(BIN)/ruff check .
	$(BIN)/python tools/house.py --check

types: env ## types
	$(BIN)/mypy

layers: env ## imports only point down
	$(BIN)/lint-imports

LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-annotate --no-header --python-version 3.11

lock: env ## renew both lock files
	$(LOCK) pyproject.toml --all-extras --group dev --group manual -o requirements.lock
	$(LOCK) --override benchmarks/overrides.txt benchmarks/requirements.txt -o requirements-bench.lock

clean: ## remove environments, caches and builds
	rm -rf $(VENV) $(BENCH_VENV) build dist docs/tables web/node_modules src/kladsim/app/static .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
