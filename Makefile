# Needs Python >= 3.11 and make. Each target sets itself up in .venv, once.
PYTHON ?= python3
BIN := .venv/bin

# Processes that share the tests: as many as there are processors, or make WORKERS=1 test; 0 is this one.
WORKERS ?= logical
PARALLEL := -n $(WORKERS) --dist worksteal

# Tests of what runs compiled loops.
COMPUTING := $(addprefix tests/,estimators inspection kernels layers network parts tables training)

# Else each new interpreter of the tests would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: compare test coverage test-numpy test-quick test-slow test-integration test-all test-versions dist lint types bench docs clean

compare: .venv/compare.stamp  ## ReLU against sigmoid and tanh, on scikit-learn's digits
	$(BIN)/sklearn-relu compare

test: .venv/test.stamp  ## all tests but the slow ones
	$(BIN)/python -m pytest $(PARALLEL)

coverage: .venv/test.stamp  ## these tests, and the share of lines that they reach
	$(BIN)/python -m pytest $(PARALLEL) --cov --cov-report=term

test-numpy: .venv/test.stamp  ## the tests of what computes, as they are where numba is not installed
	$(BIN)/python -m pytest --without-numba $(PARALLEL) $(COMPUTING)

test-quick: .venv/test.stamp  ## in a minute, what operating systems and Pythons differ in
	$(BIN)/python -m pytest --quick $(PARALLEL)

test-slow: .venv/test.stamp  ## the tests that take minutes
	$(BIN)/python -m pytest -m slow $(PARALLEL)

test-integration: .venv/integration.stamp  ## with Optuna, dask, SHAP, MLflow, skops and mypy
	$(BIN)/python -m pytest tests/integration

test-all: dist  ## the wheel on every Python at hand, with dependencies of each age (an hour)
	$(BIN)/python .ci/matrix.py --workers $(WORKERS)

test-versions: dist  ## the part of it that CI runs
	$(BIN)/python .ci/matrix.py --workers $(WORKERS) --quick 3.11-oldest 3.12-middle 3.13-newest

dist: .venv/dev.stamp  ## wheel and sdist, in build/dist
	rm -rf build/dist
	$(BIN)/python -m build --outdir build/dist .
	$(BIN)/python -m twine check --strict build/dist/*

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev.stamp
	$(BIN)/mypy

bench: .venv/test.stamp  ## seconds per fit against scikit-learn (and torch, if it is in .venv)
	$(BIN)/python benchmarks/fit_speed.py

docs: .venv/docs.stamp  ## the site, in docs/_build/html; its gallery runs all of examples/gallery
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

.venv/%.stamp: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python >= 3.11 is needed; say which: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[$*]"
	@touch $@

clean:
	rm -rf .venv build dist docs/_build docs/api docs/gallery .coverage .pytest_cache .ruff_cache .mypy_cache
