# `make demo` and `make test` do all the set-up; `make help` lists the rest.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# The first Python of a version that the lock was made for. A pyenv shim exists for versions it cannot run, so ask each.
SUITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))
PYTHON ?= $(shell for p in python3 python3.12 python3.11; do $$p -c '$(SUITS)' 2>/dev/null && { echo $$p; break; }; done)

# pyproject.toml names what we need; the lock says which versions, for both Pythons.
LOCK_OPTIONS := --universal --python-version 3.11 --fork-strategy fewest --extra train --extra test --group headless \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format lists lock clean

help:
	@echo "make demo    segment the femurs of a generated sample and say where the mask, report and picture are"
	@echo "make test    run all tests"
	@echo "make lint    check style and types"
	@echo "make format  apply the style"
	@echo "make lists   name every file of the Slicer module for CMake"
	@echo "make lock    resolve requirements.lock anew"
	@echo "make clean   remove everything that make has made"

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(SUITS)' || { echo "OrthoAI needs Python 3.11 or 3.12: install one and run make PYTHON=python3.12" >&2; exit 1; }
	@.ci/packages
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make a virtual environment: run apt-get install python3-venv as root." >&2; exit 1; }
	@test -x $(BIN)/python || .ci/room
	@echo "Setting up $(VENV) (once; this downloads several gigabytes)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@# --no-deps: the lock is complete, and ultralytics' wish for opencv-python is met by its headless twin.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)
	@$(BIN)/orthoai demo

test: $(READY)
	@$(BIN)/python -m pytest

lint: $(READY)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

format: $(READY)
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

lists: $(READY)
	@$(BIN)/python tools/cmake_lists.py

lock: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet $(LOCK_OPTIONS) -o requirements.lock pyproject.toml

clean:
	@rm -rf $(VENV) demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find OrthoAI Testing tools -name __pycache__ -type d -prune -exec rm -rf {} +
