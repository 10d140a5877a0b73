# One command each; plain `make` lists them. Everything runs from .venv, which `make env` keeps equal to requirements.lock.
# Useful variables: PYTHON=python3.12 (which Python .venv is made with), ARGS="-k routing" (passed on to the tool).

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
VERSION := import sys; print(*sys.version_info[:2], sep=".")

# An existing .venv is made anew only when PYTHON names another version.
ifdef PYTHON
ifneq ($(shell $(PYTHON) -c '$(VERSION)' 2>/dev/null),$(shell $(BIN)/python -c '$(VERSION)' 2>/dev/null))
.PHONY: $(BIN)/python
endif
endif

# uv does not read pip's settings; a mirror named for pip serves it too (the hashes in the lock are checked).
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

.PHONY: help env serve test check format notebooks bench lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

env: $(VENV)/ready ## make .venv and install from requirements.lock (nothing to do when neither changed)

serve: env ## serve the dashboard on http://localhost:5006 with the team at work (PORT, WS_PORT, COLLAB_REDIS, COLLAB_HISTORY)
	@$(BIN)/collab serve --team-at-work --notebooks $(ARGS)

# The tests start hundreds of processes; where Python may not keep what it compiled, each would compile it anew.
test: export PYTHONDONTWRITEBYTECODE :=
test: env ## run all tests and notebooks, after installing or naming what they need from the system
	@$(BIN)/python tests/needs.py
	$(BIN)/python -m pytest --numprocesses=$(WORKERS) --maxprocesses=4 --dist=loadfile --no-loadscope-reorder $(ARGS)

check: env ## formatting, lint (both with notebooks), spelling, types of all but views and commands
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell
	$(BIN)/mypy

format: env ## put files in the form that `make check` asks for
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .
	$(BIN)/nbstripout --keep-id notebooks/*.ipynb notebooks/panels/*.ipynb

notebooks: env ## run the notebooks only
	$(BIN)/python -m pytest notebooks $(ARGS)

bench: env ## print the figures, one command after the other
	@set -e; for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file $(ARGS); done

lock: env ## make requirements.lock and environment.yml from pyproject.toml (ARGS=--upgrade takes newer versions)
	$(BIN)/python .ci/lock.py $(ARGS)

clean: ## remove caches; .venv and data/history/ stay
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find . -path ./$(VENV) -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -prune -exec rm -rf {} +

# --clear, because what is there belongs to a Python that is gone or not wanted; half a .venv is not left behind.
$(BIN)/python:
	@for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python); do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "making $(VENV) with $$($$python --version)"; \
	    $$python -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }; exit 0; \
	  fi; \
	done; \
	echo "collab needs Python 3.11 or newer; $(or $(PYTHON),python3) is $$($(or $(PYTHON),python3) --version 2>&1 | tail -n 1)." >&2; \
	echo "Install one and say which: make $(or $(firstword $(MAKECMDGOALS)),env) PYTHON=python3.12" >&2; exit 1

# uv itself comes in the locked version, its hash checked by pip; it checks the hashes of the rest. What it installs it
# compiles, so that a process that may not keep what it compiled need not compile all of Panel at each start.
$(VENV)/installed: requirements.lock $(BIN)/python
	@echo "installing from requirements.lock"
	@awk '/^[^ #]/ {on = /^uv==/} on' requirements.lock > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(VENV)/uv.txt
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@touch $@

# Editable, so that notebooks and `panel serve` import the checkout from any folder.
$(VENV)/ready: $(VENV)/installed pyproject.toml
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@
