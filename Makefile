# Two commands from a fresh clone: `make run` and `make test`. Each makes the virtual environment if none is there.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
.PHONY: help run test check bench bench-cost bench-kafka chaos clean lock schemas setup kafka kafka3 kafka-stop test-kafka

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(STAMP) ## the virtual environment, from the lock file

$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "pledgewatch: python3 is missing; Python 3.11 or newer is needed" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "pledgewatch: $$($(PYTHON) --version) is too old; Python 3.11 or newer is needed (PYTHON=python3.12 make ...)" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "pledgewatch: the module venv is missing (Debian: apt install python3-venv)" >&2; exit 1; }
	@test -x $(BIN)/python || { echo "making a virtual environment in $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "installing the locked packages (the first time about 350 MB are fetched)"
	@$(BIN)/pip install --disable-pip-version-check --progress-bar on -r requirements.lock | grep -vE '^(Requirement already|Looking in|  )' || true
	@$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --editable .
	@$(BIN)/python -c 'import msgspec, faust, chdb, litestar' || { echo "pledgewatch: the installation is not complete; see above" >&2; exit 1; }
	@touch $@

run: $(STAMP) ## everything in one process, with the demo world, on http://127.0.0.1:8460
	@$(BIN)/pledgewatch run --demo --open

test: $(STAMP) ## the whole test suite
	@$(BIN)/python -m pytest -n 2

check: $(STAMP) ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP) ## facts per second: core, app, skeleton, empty agent, and their ratios
	@$(BIN)/python tests/bench/throughput.py

bench-cost: $(STAMP) ## what one more fact costs, beside the facts that it touches, in worlds of 100 to 100,000
	@$(BIN)/python tests/bench/cost.py

bench-kafka: $(STAMP) ## the same over a real broker, beside stock Faust, and POST to alert (Java 17 and Maven; says what is missing)
	@$(BIN)/python tests/bench/kafka_bench.py

chaos: $(STAMP) ## 30 random faults while 20,000 facts flow, over real Kafka where Java and Maven are; at most an hour
	@$(BIN)/python tests/bench/chaos.py

kafka: $(STAMP) ## Apache Kafka, one broker on kafka://127.0.0.1:9092 (Java 17 and Maven)
	@$(BIN)/python -m infra.kafka start --nodes 1

kafka3: $(STAMP) ## Apache Kafka, three brokers on 127.0.0.1, from port 9092
	@$(BIN)/python -m infra.kafka start --nodes 3 --home var/kafka3

kafka-stop: $(STAMP) ## stop the brokers of kafka and kafka3
	@$(BIN)/python -m infra.kafka stop --home var/kafka
	@$(BIN)/python -m infra.kafka stop --home var/kafka3

test-kafka: $(STAMP) ## the demo world through three workers on real brokers (Java 17 and Maven; says what is missing)
	@$(BIN)/python -m pytest -rs --run-kafka tests/kafka

lock: ## write requirements.lock anew from pyproject.toml
	@$(BIN)/pip install --quiet uv && $(BIN)/uv pip compile --quiet --extra dev --universal --python-version 3.11 --no-emit-index-url --no-header --output-file requirements.lock pyproject.toml

schemas: $(STAMP) ## write the exported JSON Schemas anew
	@$(BIN)/python -m schemas.export

clean: ## take away what was made (the log and the warehouse in var/ stay)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
