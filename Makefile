# Everything a checkout needs: `make demo` to look at it, `make test` to check it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test format clean

demo: $(STAMP)
	$(BIN)/batchtui demo

test: $(STAMP)
	$(BIN)/ruff format --check src tests bench screenshots docs
	$(BIN)/ruff check src tests bench screenshots docs
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 4 --dist loadfile

format: $(STAMP)
	$(BIN)/ruff format src tests bench screenshots docs
	$(BIN)/ruff check --fix src tests bench screenshots docs

clean:
	rm -rf $(VENV)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m compileall -q src
	touch $(STAMP)
