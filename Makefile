# `make` prints what there is. Every target makes what it needs first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Node from the system if it is new enough, else the one that lands in the virtual environment.
NODE_PATH_FIRST := PATH="$(CURDIR)/$(BIN):$$PATH"
NODE_IS_NEW = command -v npm >/dev/null 2>&1 && node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null

# The tests start many processes; what one has compiled serves all others, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test proof bench relevance lint types layers check assets clean requirements

help: ## print the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(VENV)/.made portal/static/build/manifest.json ## set up what is missing, load the demonstration, and serve
	@$(BIN)/portal run

test: $(VENV)/.made-dev portal/static/build/manifest.json ## run the whole suite
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal

proof: $(VENV)/.made-dev portal/static/build/manifest.json ## run every proof at its full count
	@PORTAL_TEST_FULL=1 $(BIN)/python -m pytest --numprocesses auto --dist worksteal

bench: $(VENV)/.made-bench portal/static/build/manifest.json ## measure speed and weight, and print it
	@$(BIN)/python -m benchmarks $(ARGUMENTS)

relevance: $(VENV)/.made-dev ## judge what the search finds, and print it
	@$(BIN)/python -m benchmarks.relevance $(ARGUMENTS)

check: lint types layers ## all that reads the code without running it

lint: $(VENV)/.made-dev ## style
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/.made-dev ## types
	@$(BIN)/mypy

layers: $(VENV)/.made-dev ## imports go down only
	@$(BIN)/lint-imports --no-cache

assets: portal/static/build/manifest.json ## build the style sheets and scripts

clean: ## remove what was made, but no data
	rm -rf $(VENV) node_modules portal/static/build

requirements: ## pin the newest releases anew (needs uv)
	uv pip compile setup.cfg requirements-build.in --universal --python-version 3.11 --generate-hashes --no-header -q -U -o requirements.txt
	uv pip compile setup.cfg requirements-build.in --extra dev --universal --python-version 3.11 --generate-hashes --no-header -q -U -c requirements.txt -o requirements-dev.txt
	uv pip compile requirements-bench.in --universal --python-version 3.11 --generate-hashes --no-header -q -U -o requirements-bench.txt
	uv pip compile requirements-node.in --universal --python-version 3.11 --generate-hashes --no-header -q -U -o requirements-node.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Hereabouts needs Python 3.11 or newer; this is $$($(PYTHON) --version 2>&1). Say which to use: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python's venv module is missing. Install it: sudo apt-get install $$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"; exit 1; }
	@echo "Making $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.made: requirements.txt setup.cfg | $(VENV)/bin/python
	@echo "Installing what is pinned in requirements.txt …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.made-dev: requirements-dev.txt $(VENV)/.made
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# What is compared with may be missing: the bench says so and goes on.
$(VENV)/.made-bench: requirements-bench.txt $(VENV)/.made-dev
	@echo "Installing what the bench compares with …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt && touch $@ || echo "It could not be installed, so it is left out."

node_modules/.made: package.json package-lock.json requirements-node.txt | $(VENV)/.made
	@$(NODE_IS_NEW) || { echo "No Node.js 20.19 or newer with npm: taking the one from PyPI …"; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-node.txt; }
	@echo "Installing the front-end packages …"
	@$(NODE_PATH_FIRST) npm ci --no-audit --no-fund --loglevel=error
	@touch $@

portal/static/build/manifest.json: node_modules/.made $(shell find portal/static/src -type f 2>/dev/null) portal/static/build.mjs
	@echo "Building the style sheets and scripts …"
	@$(NODE_PATH_FIRST) npm run --silent build
	@touch $@
