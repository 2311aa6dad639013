# Two commands: `make verify` holds the theorems against runs, `make test` runs the whole test suite.
# Both create .venv on first use. Needs Python 3.11+ with pip and venv.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# The CPU build of PyTorch, where pip can find one; tests that need it are skipped elsewhere.
# `make test TORCH=torch` installs the default build of your platform instead.
TORCH  ?= torch==2.13.0+cpu

export PYTHONHASHSEED := 0
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1

.PHONY: verify test test-fast lint figures bench clean

verify: $(VENV)/.installed
	$(BIN)/straggler verify --quick --report report

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n auto

test-fast: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n auto -m "not slow"

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

figures: $(VENV)/.installed
	$(BIN)/straggler figure sgp --out figures
	$(BIN)/straggler figure dpsgd --out figures
	$(BIN)/straggler figure wagma --out figures

bench: $(VENV)/.installed-dev
	$(BIN)/python -m pytest benchmarks --benchmark-enable --benchmark-only -s -n 0

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[dev]"
	@$(BIN)/python -m pip install --quiet -c constraints.txt "$(TORCH)" 2>/dev/null \
	  || echo "No CPU build of PyTorch within reach of pip: the tests that need it will be skipped."
	touch $@

clean:
	rm -rf $(VENV) report results figures build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
