# The one door. Every target sets up what it needs: a Python 3.11 and make are enough to begin.
#   make run      the demo: everything on this machine, one real query, a verified receipt (ONCE=1: then stop)
#   make test     every test          make check   format, lint, types, import rules, lock
#   make faults   the long campaigns  make bench   measured comparisons, into build/bench/
#   make fix      format and mend what can be mended by itself
#   make assets   style and script of the cabinets, anew from their sources (needs npm)

SHELL  := /bin/bash
PYTHON ?= python3
BIN    := .venv/bin
CODE   := gateway adapters contracts audit config tests
UV      = $(shell sed -n '/^name = "uv"$$/{n;s/^version = "\(.*\)"$$/\1/p;}' uv.lock)
NODES   := tests/services/express tests/services/oidc tests/browser/axe
LOOK    := gateway/web/cabinets/look
CHROMIUM = $(shell command -v chromium)
POSTGRESQL = $(or $(wildcard /usr/lib/postgresql/*/bin/initdb),$(shell command -v initdb))

export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv
# Where the machine has certificates of its own, a proxy of the house is trusted as the machine trusts it.
export UV_SYSTEM_CERTS := $(if $(wildcard /etc/ssl/certs/ca-certificates.crt),true,false)

.PHONY: help run test check bench faults fix assets system
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   //p' Makefile

run: .venv/synced
	@$(BIN)/obmin demo $(if $(ONCE),--once)

test: .venv/synced system
	$(BIN)/pytest -n 2 --dist loadfile

check: .venv/synced
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/uv lock --check

bench: .venv/synced
	$(BIN)/python -m tests.benchmarks

faults: .venv/synced system
	OBMIN_FAULTS=full $(BIN)/pytest tests/faults -v

fix: .venv/synced
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

assets:
	npm ci --prefix $(LOOK) --silent --no-audit --no-fund
	npm run --prefix $(LOOK) --silent build
	rm -rf $(LOOK)/node_modules

# What is installed is what uv.lock says, uv itself included.
.venv/synced: pyproject.toml uv.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	@$(BIN)/uv sync --frozen --quiet
	@touch $@

# Programs that tests start and pip cannot bring.
system:
ifeq ($(POSTGRESQL),)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; \
	else \
	    echo "PostgreSQL is absent, its tests are skipped. To have them: sudo apt-get install postgresql"; \
	fi
endif
ifeq ($(CHROMIUM),)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; \
	else \
	    echo "Chromium is absent, the browser tests are skipped. To have them: sudo apt-get install chromium"; \
	fi
endif
	@if ! command -v npm >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm; \
	fi
	@if command -v npm >/dev/null; then \
	    for each in $(NODES); do \
	        test -d $$each/node_modules || npm ci --prefix $$each --silent --no-audit --no-fund || exit 1; \
	    done; \
	else \
	    echo "npm is absent, the tests that need its packages are skipped. To have them: sudo apt-get install npm"; \
	fi
