# Every target sets up .venv by itself, with pip alone, from pyproject.toml and constraints.txt.
# Another interpreter: make PYTHON=python3.13 test

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
PLUGINS := $(wildcard plugins/*/pyproject.toml)
PARTS := $(patsubst %/pyproject.toml,-e ./%,$(PLUGINS))
CODE := src scripts benchmarks $(wildcard plugins/*/src)

# The stamp carries the version of Python, so that another PYTHON sets the environment up anew. All paths
# are relative: a checkout whose path holds spaces works like any other.
VERSION := $(shell "$(PYTHON)" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
STAMP := $(VENV)/.installed-$(VERSION)

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types docs bench schemas constraints clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 14

setup: $(STAMP) ## set up .venv (every other target does so by itself)

$(STAMP): pyproject.toml constraints.txt $(PLUGINS)
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'make: $(PYTHON) is not Python 3.11 or later' >&2; \
	  echo 'help: name another one: make PYTHON=python3.13 ...' >&2; exit 2; }
	@test "$$($(RUN) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$(VERSION)" \
	  || "$(PYTHON)" -m venv --clear $(VENV)
	@rm -f $(VENV)/.installed-*
	$(RUN) -m pip install -qq -c constraints.txt hatchling
	$(RUN) -m pip install -qq -c constraints.txt --no-build-isolation \
	  -e ".[server,postgres,keyring,testing,dev]" $(PARTS)
	@touch $(STAMP)

demo: $(STAMP) ## the whole job on a sample, against a sandbox server: nothing to configure
	$(BIN)/cgrev demo

test: $(STAMP) ## all tests
	$(RUN) -m pytest -n auto --dist loadfile $(ARGS)

lint: $(STAMP) ## style, import contracts, and that nothing generated has drifted
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(RUN) scripts/constraints.py check
	$(RUN) scripts/regenerate.py check

types: $(STAMP) ## mypy --strict over core, plugins, scripts and benchmarks
	$(RUN) -m mypy $(CODE)

docs: $(STAMP) ## render docs/ to build/docs/index.html, and check every link
	$(RUN) scripts/website.py build/docs

bench: $(STAMP) ## measure cgrev beside the floor and its peers; writes docs/benchmarks.md
	$(RUN) benchmarks/run.py $(ARGS)

schemas: $(STAMP) ## write again all that is derived from the code: schemas, hooks, pages
	$(RUN) scripts/regenerate.py write

constraints: $(STAMP) ## resolve the newest versions and pin them; more: make constraints ARGS="--python PATH"
	$(RUN) scripts/constraints.py write $(ARGS)

clean: ## remove what the targets made, .venv too
	rm -rf $(VENV) build dist benchmarks/data .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
