# `make book` builds the book, `make test` checks everything. `make` alone lists the targets.
PYTHON ?= python3
ONLY ?=
BIN := .venv/bin
BENCH := .venv-bench/bin
BENCHES := sampling fits sparse likelihood rbm network training coefficients limits scaling memory startup losses

# One thread for each process, and nothing left to chance: the same bytes on every run.
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export NUMBA_NUM_THREADS := 1
export PYTHONHASHSEED := 0
export TQDM_DISABLE := 1
# Silences a debugger notice of every kernel that starts.
export PYDEVD_DISABLE_FILE_VALIDATION := 1

.NOTPARALLEL:
.PHONY: help book notebooks html test lint types links pages nbval unit bench micro study study-small lab format clean
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

# The site from its sources in _build/source. With a folder: from the notebooks in it, where it has them.
define site
	$(BIN)/python tools/site_source.py $(1)
	rm -rf _build/html _build/.doctrees
	$(BIN)/jupyter-book build _build/source --path-output . -W -n --keep-going --quiet
endef

book: .venv/installed ## install once, run every notebook, build the site: all in _build
	rm -rf _build/notebooks
	$(BIN)/python tools/run_notebooks.py $(ONLY) --into _build/notebooks
	$(call site,_build/notebooks)

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) tools/check_machine.py
	@echo "Installing into .venv (once)."
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet $$($(BIN)/python tools/check_machine.py --pip-options) \
	  --constraint constraints.txt --editable ".[notebooks,studies,book,test]"
	@touch $@

notebooks: .venv/installed ## run the notebooks, write the committed outputs (one: make notebooks ONLY=03_pairwise_models)
	$(BIN)/python tools/run_notebooks.py $(ONLY)
	$(BIN)/python tools/main_figure.py

html: .venv/installed ## build the site from the committed outputs
	$(call site)

test: lint types html links pages nbval unit study-small ## everything that CI checks

lint: .venv/installed ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed ## mypy, strict, on src
	$(BIN)/mypy

links: .venv/installed ## links inside the built site
	$(BIN)/lychee --offline --no-progress --include-fragments --exclude-path _build/html/_static _build/html

pages: .venv/installed ## the built pages in headless Chromium
	@sh tools/install_chromium.sh
	$(BIN)/pytest -n 2 -rs -m site tests/book

nbval: .venv/installed ## run the committed notebooks, compare the tagged cells
	$(BIN)/python tools/arithmetic.py $(BIN)/pytest -o addopts= -n 2 --dist loadfile --nbval-lax --nbval-current-env --nbval-cell-timeout 300 notebooks

unit: export MPLBACKEND := Agg
unit: .venv/installed ## unit tests, properties, doctests, pairs, coverage
	$(BIN)/pytest -n 2 --dist loadfile --cov

.venv-bench/installed: benchmarks/requirements.txt pyproject.toml constraints.txt
	@$(PYTHON) tools/check_machine.py
	@echo "Installing the package and its peers into .venv-bench (once)."
	$(PYTHON) -m venv .venv-bench
	$(BENCH)/pip install --quiet $$($(BENCH)/python tools/check_machine.py --pip-options) \
	  --constraint constraints.txt --requirement benchmarks/requirements.txt --editable . pytest
	$(BENCH)/pip install --quiet --no-deps adabmDCA==1.0.0 # its training needs PyTorch alone, not all that it asks for
	@touch $@

bench: .venv-bench/installed ## race the peers, write results/ (one: make bench ONLY=sampling)
	@for name in $(or $(ONLY),$(BENCHES)); do $(BENCH)/python benchmarks/$$name.py || exit 1; done

micro: .venv-bench/installed ## time the kernels alone, for developers
	$(BENCH)/pytest -o addopts= benchmarks/test_micro.py

study: .venv/installed ## compute what is missing in results/ (it goes on where it was stopped)
	$(BIN)/python studies/when_to_use_what.py
	$(BIN)/python studies/real_data.py
	$(BIN)/python studies/star_clusters.py
	$(BIN)/python studies/pi_doc.py
	$(BIN)/python studies/proteins.py
	$(BIN)/python studies/small_family.py
	$(BIN)/python studies/few_samples.py
	$(BIN)/python studies/pursuit.py
	$(BIN)/python studies/experiments.py

study-small: .venv/installed ## the engine and the functions of the studies, on small settings
	@rm -rf _build/studies
	$(BIN)/python studies/few_samples.py --small --folder _build/studies
	$(BIN)/python studies/pursuit.py --small --folder _build/studies
	$(BIN)/python studies/when_to_use_what.py --small --folder _build/studies
	$(BIN)/python studies/experiments.py --small --folder _build/studies
	$(BIN)/python studies/real_data.py --small --folder _build/studies
	$(BIN)/python studies/star_clusters.py --small --folder _build/studies
	$(BIN)/python studies/pi_doc.py --small --folder _build/studies
	$(BIN)/python studies/proteins.py --small --folder _build/studies
	$(BIN)/python studies/small_family.py --small --folder _build/studies

lab: .venv/installed ## JupyterLab on the notebooks
	env -u TQDM_DISABLE $(BIN)/python tools/arithmetic.py $(BIN)/jupyter lab --notebook-dir=notebooks

format: .venv/installed ## ruff rewrites the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove the built site and caches; .venv stays
	rm -rf _build build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
