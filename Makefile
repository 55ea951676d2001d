# make run    builds the whole dashboard from the bundled real figures and tells where it is
# make test   runs all tests
# Each does its own set-up in .venv: with uv when it is there, else with venv and pip.

PYTHON ?= python3
BIN := .venv/bin
export DAGSTER_DISABLE_TELEMETRY := 1

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

.DEFAULT_GOAL := help
.PHONY: help setup setup-pdf run test unit check dev serve bench bench-large soak lock licences sbom audit clean

help:
	@sed -n '1,3s/^# //p' Makefile; \
	echo "more: setup setup-pdf unit check dev serve bench bench-large soak lock licences sbom audit clean"

setup: .venv/.ready

.venv/.ready: pyproject.toml constraints.txt
	@if command -v uv >/dev/null 2>&1; then \
	  echo "Setting up .venv with uv …"; \
	  uv venv --quiet --allow-existing --python $(PYTHON) .venv && \
	  uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r constraints.txt && \
	  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  echo "Setting up .venv with venv and pip (about a minute) …"; \
	  $(PYTHON) -m venv .venv && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r constraints.txt && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch .venv/.ready

# The PDF of the page needs WeasyPrint and Debian's libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0: an extra.
setup-pdf: setup
	@if command -v uv >/dev/null 2>&1; then \
	  uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r constraints-pdf.txt ; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r constraints-pdf.txt ; \
	fi

run: setup
	@$(BIN)/lukuina run

test: setup
	@$(BIN)/python tests/other_duckdb.py
	@$(BIN)/python -m pytest -n auto --dist loadfile

# Some seconds: the modules of tests marked so, none of which builds, serves or opens a browser.
unit: setup
	@$(BIN)/python -m pytest -n 0 -m "unit and not pipeline" $$(grep -rlE '^pytestmark = pytest.mark.unit' tests)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/sqlfmt --check --quiet sql
	$(BIN)/pyright
	$(BIN)/python -m pytest -m "not pipeline and not browser and not slow"

dev: setup
	@mkdir -p .dagster && cp deploy/dagster.yaml .dagster/dagster.yaml
	DAGSTER_HOME="$(CURDIR)/.dagster" $(BIN)/dagster dev -m pipelines.definitions -h 127.0.0.1 -p 3000

serve: setup
	@$(BIN)/lukuina serve

bench: setup
	@$(BIN)/python bench/run.py

bench-large: setup
	@$(BIN)/python bench/growth.py 10000000

# Ten years of nights, some ten minutes of CPU; writes docs/soak.md.
soak: setup
	@$(BIN)/python -m tests.soak.nights 3650

lock:
	uv pip compile $(LOCK) --extra ui --extra dev pyproject.toml -o constraints.txt
	uv pip compile $(LOCK) --extra pdf -c constraints.txt pyproject.toml -o constraints-pdf.txt
	uv pip compile $(LOCK) --extra container -c constraints.txt pyproject.toml -o constraints-container.txt

licences: setup
	@mkdir -p build && $(BIN)/python -m tools.licences > build/licences.md && mv build/licences.md docs/licences.md

# What the environment is made of, CycloneDX. It names the address that each package came from: not for the repository.
sbom: setup
	@mkdir -p build
	@$(BIN)/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml --of JSON -o build/sbom.cdx.json $(BIN)/python
	@echo build/sbom.cdx.json

# Ends with an error when an advisory is known; where no database is reached it says so and goes on.
audit: setup
	@$(BIN)/python -m tools.audit

clean:
	rm -rf .venv .duckdb build site .site-spare data/work data/known-on .dagster .pytest_cache .ruff_cache *.egg-info
