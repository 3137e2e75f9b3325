# `make run` starts the app, `make test` checks everything; each sets up what it needs.

PYTHON ?= $(firstword $(foreach python,python3 python3.13 python3.12 python3.11,$(shell $(python) -c \
	'import sys; (3, 11) <= sys.version_info[:2] <= (3, 13) and print("$(python)")' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
# Two workers; each takes a whole file, so that tests of a file share its servers.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: run demo cluster test test-fast test-full check chromium pictures benchmark lock clean

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

test: check chromium
	$(PYTEST) -m "not full"

# The inner loop: no browser, no servers, no training.
test-fast: $(VENV)/.dev
	$(PYTEST) -m "not (full or slow or browser or server or training)" --ignore=tests/browser --ignore=tests/training

# Everything, including what takes long: thousands of damaged files, dozens of kills, a cluster, training.
test-full: check chromium
	FULL=1 FUZZ_INPUTS=20000 KILLS=50 $(PYTEST)

chromium: $(VENV)/.dev
	$(BIN)/python -m tests.support.chromium

check: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# The screenshot and the moving picture of the README.
pictures: chromium
	$(BIN)/python -m docs.pictures

# The figures of the README.
benchmark: chromium
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
