# `make run` starts the app, `make test` checks everything; each sets up what it needs.

PYTHON ?= $(firstword $(foreach python,python3 python3.13 python3.12 python3.11,$(shell $(python) -c \
	'import sys; (3, 11) <= sys.version_info[:2] <= (3, 13) and print("$(python)")' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
# Two at a time, a file by one, and those with browsers, which take longest, not last.
PYTEST := $(BIN)/python -m pytest
ALL_TESTS := $(PYTEST) --cache-clear -n 2 --dist loadfile --no-loadscope-reorder
# What fails in that crowd is shown and runs once more by itself, unless a file could not even be read.
FAILED := .pytest_cache/v/cache/lastfailed
AGAIN := [ $$? = 1 ] && ! grep true $(FAILED) | grep -qv :: && $(PYTEST) --last-failed --last-failed-no-failures none

.PHONY: run demo cluster test test-full check pictures benchmark lock clean

run: $(VENV)/.serve
	$(BIN)/streamlit run server.py

# The app on a history of its own, filled anew with samples of ours.
demo: $(VENV)/.serve
	rm -rf demo-data
	$(BIN)/python -m digitrec demo --data demo-data
	DIGITREC_DATA=demo-data $(BIN)/streamlit run server.py

# Two replicas behind nginx, with PostgreSQL, Redis and a store for pictures; nothing is kept.
cluster: $(VENV)/.dev
	$(BIN)/python -m tests.support.cluster

test: check
	$(BIN)/python -m tests.support.chromium
	$(ALL_TESTS) || { $(AGAIN); }

# What takes longer than a developer waits: tens of thousands of damaged files, dozens of kills, a cluster.
test-full: check
	$(BIN)/python -m tests.support.chromium
	export FULL=1 FUZZ_INPUTS=20000 KILLS=50; $(ALL_TESTS) || { $(AGAIN); }

check: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# The screenshot and the moving picture of the README.
pictures: $(VENV)/.dev
	$(BIN)/python -m tests.support.chromium
	$(BIN)/python -m docs.pictures

# The figures of the README.
benchmark: $(VENV)/.dev
	$(BIN)/python -m tests.support.chromium
	$(BIN)/python -m digitrec benchmark
	$(BIN)/python -m benchmarks.browser
	$(BIN)/python -m benchmarks.sessions --sessions 120
	$(BIN)/python -m benchmarks.store
	$(BIN)/python -m benchmarks.overload

# Exact versions of everything that the packages named in requirements*.txt bring along.
# With nothing but uv installed: requirements that contradict the constraints as they stand are what it mends.
lock: | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements-dev.txt)"
	: > constraints.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header --no-emit-index-url \
		requirements-dev.txt --output-file constraints.txt

clean:
	rm -rf $(VENV) test-output

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "digitrec needs Python 3.11, 3.12 or 3.13. Name one: make PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.serve: requirements-serve.txt constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-serve.txt
	@touch $@

$(VENV)/.dev: requirements-serve.txt requirements.txt requirements-dev.txt constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.serve
