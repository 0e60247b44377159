# Everything a developer or a newcomer does, each with a sentence: `make help`.
# Works with GNU make 3.81 and later (the one that macOS brings).

.DEFAULT_GOAL := help
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
DATA ?= .tandem
PERIOD ?= 2024-Q1
WORKERS ?= 2

# The first of these that is Python 3.11 or later; `make setup PYTHON=/path/to/python` overrides it.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo "$$python"; break; }; done)

# The locks are hashed, so pip takes these very files or none; without build isolation, so that what
# comes as source is built by the setuptools of the lock as well.
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-build-isolation
LOCKED := $(PIP_INSTALL) --require-hashes
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock"

INSTALLED := $(VENV)/.installed
DEVELOPS := $(VENV)/.develops
GAZETTEER := $(VENV)/.gazetteer
PEERS := $(VENV)/.peers
EMMETT := tests/bench/emmett

.PHONY: help
help: ## Print this list.
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

##@ Use

.PHONY: run
run: setup ## Set everything up, start the system, publish the demo data, print the reports.
	@$(BIN)/tandem up --demo --data $(DATA)

.PHONY: setup
setup: $(INSTALLED) ## Build .venv with `tandem` in it; quick when nothing has changed.
	@$(BIN)/python -m shared.protogen >/dev/null

.PHONY: report
report: setup ## Print a report of the running system; PERIOD=2024-Q2 chooses which.
	@$(BIN)/tandem report $(PERIOD) --data $(DATA)

.PHONY: demo-data
demo-data: setup ## Publish the demo data to the running system; again changes nothing.
	@$(BIN)/python -m deploy.demo.importer --data $(DATA)

##@ Change

.PHONY: test
test: develop ## Run every test, in two processes side by side; WORKERS=0 for one.
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

.PHONY: test-late
test-late: develop ## The same, while some answers of NATS and PostgreSQL come late.
	@$(BIN)/python -m pytest -p tests.support.late_answers \
		-n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

.PHONY: lint
lint: develop ## Check format, style, types, imports, gRPC definitions and locks.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m shared.protogen check
	@$(BIN)/python -m pytest tests/unit/house/test_house_locks.py

.PHONY: format
format: develop ## Format the code, and mend what a tool can mend.
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

.PHONY: publishing-reference
publishing-reference: setup ## Write types, fields and examples into docs/publishing.md again.
	@$(BIN)/python -m shared.reference

.PHONY: bench
bench: develop $(PEERS) ## Measure speed beside other ways to do the same; BENCH=--quick for less.
	@GRPC_VERBOSITY=ERROR $(BIN)/python -m tests.bench $(BENCH)

.PHONY: growth
growth: develop ## Measure events and reports as the history grows; FACTS=1000000 stops there.
	@GRPC_VERBOSITY=ERROR $(BIN)/python -m tests.bench.growth $(if $(FACTS),--facts $(FACTS))

.PHONY: million
million: develop ## Send a million facts through processes killed at random; FACTS=50000 for fewer.
	@$(BIN)/python -m tests.faults.million --facts $(or $(FACTS),1000000)

.PHONY: hostile
hostile: develop ## Send 100,000 hostile events beside a source that behaves; EVENTS=5000 for fewer.
	@$(BIN)/python -m tests.faults.hostile --events $(or $(EVENTS),100000)

.PHONY: torture-mutations
torture-mutations: develop ## Take out each protection in turn, and see the torture tests fail.
	@$(BIN)/python -m tests.faults.mutations

.PHONY: develop
develop: setup $(DEVELOPS) ## Add the development tools to .venv.

##@ Keep

.PHONY: proto
proto: setup ## Build the gRPC code from proto/ when that has changed.

.PHONY: proto-check
proto-check: develop ## Refuse gRPC definitions that would break a caller.
	@$(BIN)/python -m shared.protogen check

.PHONY: samples
samples: develop ## Record a sample for each type that has none; those that stand never change.
	@$(BIN)/python -m tests.support.samples

.PHONY: screenshots
screenshots: develop ## Take the pictures of the pages in docs/images anew, in Chromium.
	@$(BIN)/python -m tests.support.screenshots

.PHONY: dashboards
dashboards: setup ## Write the dashboards of Grafana again from deploy/grafana.
	@$(BIN)/python -m deploy.grafana.build

.PHONY: gazetteer
gazetteer: develop $(GAZETTEER) ## Build the gazetteer of cities anew (downloads 55 MB once).
	@$(BIN)/python -m deploy.gazetteer.build

.PHONY: lock
lock: develop ## Choose the newest allowed versions and write requirements/*.txt.
	$(LOCK) --upgrade pyproject.toml --group build -o requirements/runtime.txt
	$(LOCK) --upgrade pyproject.toml --group develop \
		-c requirements/runtime.txt -o requirements/develop.txt
	$(LOCK) --upgrade --group bootstrap \
		-c requirements/runtime.txt -o requirements/bootstrap.txt
	$(LOCK) --upgrade --group gazetteer \
		-c requirements/develop.txt -o requirements/gazetteer.txt
	$(LOCK) --upgrade --group bench \
		-c requirements/develop.txt -o requirements/bench.txt

.PHONY: clean
clean: ## Remove .venv and everything built; data directories stay.
	rm -rf $(VENV) $(EMMETT)/node_modules build *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: each is newer than what it was made from, so that nothing is installed twice.

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Tandem needs Python 3.11 or later; install it, or name it: make setup PYTHON=…" >&2; \
		exit 1; fi
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make environments; on Debian: apt-get install python3-venv" >&2; \
		exit 1; }
	@echo "building $(VENV), which takes about a minute the first time"
	@"$(PYTHON)" -m venv $(VENV)

$(VENV)/.locked: requirements/bootstrap.txt requirements/runtime.txt | $(BIN)/python
	@$(LOCKED) -r requirements/bootstrap.txt
	@$(LOCKED) -r requirements/runtime.txt
	@touch $@

$(INSTALLED): pyproject.toml $(VENV)/.locked
	@$(PIP_INSTALL) --no-deps --editable .
	@touch $@

$(DEVELOPS): requirements/develop.txt $(VENV)/.locked
	@echo "adding the development tools to $(VENV)"
	@$(LOCKED) -r requirements/develop.txt
	@touch $@

$(GAZETTEER): requirements/gazetteer.txt $(DEVELOPS)
	@$(LOCKED) -r requirements/gazetteer.txt
	@touch $@

# Emmett comes by npm where there is one; without it, `make bench` leaves its rows out and says so.
$(PEERS): requirements/bench.txt $(EMMETT)/package-lock.json $(DEVELOPS)
	@echo "adding the peers to measure beside"
	@$(LOCKED) -r requirements/bench.txt
	@if command -v npm >/dev/null; then \
		npm ci --prefix $(EMMETT) --ignore-scripts --no-audit --no-fund --silent; fi
	@touch $@
