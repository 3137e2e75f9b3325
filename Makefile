# `make run` starts the app and `make test` checks everything. Both install what they need into .venv first.

PYTHON ?= $(firstword $(foreach python,python3 python3.13 python3.12 python3.11,$(shell $(python) -c \
	'import sys; (3, 11) <= sys.version_info[:2] <= (3, 13) and print("$(python)")' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
# uv installs in a fifth of the time that pip needs. It trusts the certificates that this machine trusts.
INSTALL := $(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python
# These would make pip install outside of the virtual environment.
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT
# Without bytecode files every process would compile its libraries again, which takes seconds.
unexport PYTHONDONTWRITEBYTECODE
# glibc's defaults, up to eight heaps per core, make the memory of a server with many threads grow for hours.
run demo cluster benchmark test-full: export MALLOC_ARENA_MAX := 2
run demo cluster benchmark test-full: export MALLOC_MMAP_THRESHOLD_ := 131072
# Two workers; each takes a whole file, so that tests of a file share its servers.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=40 --durations-min=1

# Only this machine can connect; 0.0.0.0 lets everyone on the network in.
HOST := 127.0.0.1

.PHONY: run demo env cluster test test-fast test-full check chromium pictures benchmark audit lock clean

run: $(VENV)/.serve
	$(BIN)/streamlit run server.py --server.address=$(HOST)

# The app with a history of sample predictions, in a data folder of its own.
demo: $(VENV)/.serve
	rm -rf demo-data
	$(BIN)/python -m digitrec demo --data demo-data
	DIGITREC_DATA=demo-data $(BIN)/streamlit run server.py --server.address=$(HOST)

# Write the passwords that compose.yaml needs to .env. Those that are already there stay.
env:
	@umask 077 && touch .env && chmod 600 .env && { test -z "$$(tail -c 1 .env)" || echo >> .env; } && \
		for name in DATABASE_PASSWORD REDIS_PASSWORD PICTURES_PASSWORD; do \
		grep -q "^$$name=" .env || echo "$$name=$$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" >> .env; done

# Two replicas behind nginx, with PostgreSQL, Redis and an object store for images; nothing is kept.
cluster: $(VENV)/.dev
	$(BIN)/python -m tests.support.cluster

test: check chromium
	$(PYTEST) -m "not full"

# To use while you code: no browser, no servers, no training.
test-fast: $(VENV)/.dev
	FUZZ_INPUTS=100 $(PYTEST) -m "not (full or slow or browser or server or training)" \
		$(addprefix --ignore=tests/,browser deploy faults training)

# Everything, including slow tests: thousands of damaged files, dozens of kills, a cluster, training.
test-full: check chromium
	FULL=1 FUZZ_INPUTS=20000 KILLS=50 $(PYTEST)

chromium: $(VENV)/.dev
	$(BIN)/python -m tests.support.chromium

check: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# The screenshot in the README.
pictures: chromium
	$(BIN)/python -m docs.pictures

# The speeds in the README.
benchmark: chromium
	$(BIN)/python -m digitrec benchmark
	$(BIN)/python -m benchmarks.browser
	$(BIN)/python -m benchmarks.explore
	$(BIN)/python -m benchmarks.sessions --sessions 120
	$(BIN)/python -m benchmarks.store
	$(BIN)/python -m benchmarks.overload

# Check the locked versions for known vulnerabilities listed on PyPI, which needs a network connection. Tests don't run
# it, because they shouldn't fail when a vulnerability is published.
audit: $(VENV)/.dev
	@$(BIN)/python -c "import urllib.request; urllib.request.urlopen('https://pypi.org/pypi/pip/json', timeout=10)" \
		2>/dev/null || { echo "Nothing was checked: https://pypi.org, where vulnerabilities are listed, can't be reached."; exit 2; }
	$(BIN)/uv tool run pip-audit@2.10.1 --strict --requirement constraints.txt --no-deps --disable-pip

# Write the lock, constraints.txt, and the requirements files from pyproject.toml. Versions in the lock stay as they are
# where pyproject.toml allows. To upgrade: make lock UPGRADE="--upgrade-package streamlit"
COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --no-annotate --no-emit-index-url \
	--custom-compile-command "make lock"
lock: $(BIN)/uv
	$(COMPILE) --quiet --all-extras $(UPGRADE) --output-file constraints.txt
	$(call requirements,requirements-serve.txt,The app and the API,--extra serve)
	$(call requirements,requirements.txt,The app and training,--extra serve --extra train)
	$(call requirements,requirements-dev.txt,Everything including tests and checks,--all-extras)

define requirements
	{ echo "# $(2). Generated from pyproject.toml by make lock." && echo "-c constraints.txt" \
		&& $(COMPILE) --no-header --no-deps --no-strip-extras --constraint constraints.txt $(3); } > $(1)
endef

clean:
	rm -rf $(VENV) test-output *.egg-info

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "digitrec needs Python 3.11, 3.12 or 3.13. Choose one with: make PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(BIN)/uv: constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' constraints.txt)"
	@touch $@

$(VENV)/.serve: pyproject.toml requirements-serve.txt constraints.txt $(BIN)/uv
	$(INSTALL) -r requirements-serve.txt
	$(INSTALL) --no-deps --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml requirements-dev.txt constraints.txt $(BIN)/uv
	$(INSTALL) -r requirements-dev.txt
	$(INSTALL) --no-deps --editable .
	@touch $@ $(VENV)/.serve
