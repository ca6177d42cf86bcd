# 同课 Tongke.  make run: install and serve the demo lesson.  make test: install and run every test.
.PHONY: run setup setup-dev check check-api check-server check-rest check-python check-pages check-web test format bench bench-weak bench-weak-long bench-county clean help lock

PY := .venv/bin/python
unexport PYTHONDONTWRITEBYTECODE # without it every run would rewrite and compile each test anew
WEB := export PATH="$(CURDIR)/.node/bin:$$PATH"; cd web &&

run: setup            ## install what is missing, then serve with a demo community
	@TONGKE_DATA=$${TONGKE_DATA:-./tongke-data} exec .venv/bin/tongke serve --demo --supervise

setup:                ## install what running needs
	@deploy/setup.sh run

setup-dev:            ## and what the tests need (Chromium included)
	@deploy/setup.sh dev

check: setup-dev      ## format, lint, types, import rules, unit tests, web checks and tests
	@$(MAKE) --no-print-directory -j3 --output-sync=target check-server check-api check-pages check-rest check-web check-python

# Processes that each import their own part: workers of pytest-xdist would all import and rewrite every file. Three at
# a time, since tests also wait for disks and sockets; the longest first. The plugin of schemathesis takes seconds and
# is for one e2e test.
UNIT := $(PY) -m pytest -q -p no:schemathesis -m "not e2e and not media"

check-api:
	$(UNIT) tests/server/api

check-server:
	$(UNIT) tests/server --ignore=tests/server/api

check-rest:
	$(UNIT) --ignore=tests/server

check-python:
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports --no-cache

check-pages:
	$(WEB) npm run --silent test

check-web:
	$(WEB) npm run --silent check

test: check           ## everything: also media, browser and whole-lesson tests, and Python 3.13 where present
	$(PY) -m pytest -q -m "(e2e or media) and not waits"
	$(PY) -m pytest -q -m waits -n 3 --dist loadfile
	@deploy/test-other-python.sh

format:               ## put the code into its one format
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .
	$(WEB) npm run --silent format

bench:                ## the speed figures: a table and bench/results/lesson.json
	@deploy/setup.sh bench
	$(PY) -m bench

bench-weak:           ## lessons over weak lines: a table and bench/results/weak.json (root: namespaces, TAP devices)
	@deploy/setup.sh bench
	$(PY) -m bench.weak

bench-weak-long:      ## the same with a cut of ten minutes
	@deploy/setup.sh bench
	$(PY) -m bench.weak --long

bench-county:         ## a county at full size: a table and bench/results/county.json
	@deploy/setup.sh bench
	$(PY) -m bench.county

lock:                 ## pin every Python package by hash again
	$(PY) -m pip install -q uv
	$(PY) -m uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml -o requirements.txt
	$(PY) -m uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml --group dev -o requirements-dev.txt

clean:                ## remove what was installed or built here (never the data)
	rm -rf .venv .venv-* .node .setup web/node_modules web/dist web/.svelte-check .mypy_cache .ruff_cache .pytest_cache .hypothesis

help:                 ## this list
	@grep -hE '^[a-z-]+: *.*##' Makefile | sed -E 's/:.*##/\t/' | expand -t 14
