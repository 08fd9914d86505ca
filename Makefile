# Soundstage: every habit is one word. A bare `make` prints them.
# One virtual environment, .venv, made from pyproject.toml and constraints.txt; it is remade when either changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
BRIEF ?= A lighthouse keeper's cat finds a stranded whale. Thirty seconds, gentle.
export BRIEF  # the shell takes it from the environment, whatever quotes are in it

.DEFAULT_GOAL := help
.PHONY: help film draft test check format bench clean

help:  ## print these habits
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

film: $(VENV)/.core  ## make out/film.mp4 from one sentence (BRIEF="..." for your own)
	@mkdir -p out
	$(BIN)/soundstage film "$$BRIEF" -o out/film.mp4

draft: $(VENV)/.core  ## the same film in seconds, over drawn pictures
	@mkdir -p out
	$(BIN)/soundstage film "$$BRIEF" -o out/draft.mp4 --draft

test: $(VENV)/.dev  ## install what is missing and run every test
	$(BIN)/python -m pytest

check: $(VENV)/.dev  ## format, lint, types, the import law
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_imports.py

format: $(VENV)/.dev  ## let ruff format and mend the code
	$(BIN)/ruff format src tests bench
	$(BIN)/ruff check --fix src tests bench

bench: $(VENV)/.dev  ## measure against peers and write docs/bench.md
	$(BIN)/python -m bench

clean:  ## remove what was built and made (the environment too)
	rm -rf $(VENV) out dist build src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# torch first and alone: with its exact version the CPU build is found, a range would fetch the CUDA libraries.
# Where the index holds CUDA builds only: make film TORCH_INDEX=https://download.pytorch.org/whl/cpu
$(VENV)/.torch: constraints.txt
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(PIP) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch
	$(PIP) numpy
	@touch $@

$(VENV)/.core: $(VENV)/.torch pyproject.toml
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	$(PIP) --editable '.[train,evaluate,adapters,music,dev]'
	@touch $@
