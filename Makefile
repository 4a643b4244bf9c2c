# `make peel` and `make test` do all set-up by themselves; a second run costs none.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: check format

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

check: $(VENV)/installed  ## format, lint, types, Python 3.8
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/vermin -t=3.8- --violations --no-tips plugin shared

format: $(VENV)/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
