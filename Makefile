# The commands of this project; each line is what you would type yourself.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export PORT ?= 8000
export HOST ?= 127.0.0.1
WORKERS ?= 3

.PHONY: help run test stories check bench stack drill sbom messages clean

help:  ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

run: export DEBUG ?= 1
run: export SIMULATOR ?= 1
run: export MEDIA_ALLOW_PRIVATE_CANDIDATES ?= 1
run: .venv/runtime  ## Set up and start everything, with demo data and the simulator
	@exec $(BIN)/python manage.py serve --prepare

# Else each of the many processes compiles the same sources again.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/development node_modules/.package-lock.json  ## Run all tests but the long stories, on both databases
	@./deploy/test-tools.sh
	npm test
	$(BIN)/python -m pytest -n $(WORKERS) -m "not long" --durations=10
	FULL=1 $(BIN)/python -m pytest -n $(WORKERS) -m "not long" --durations=10

# One after the other: each has up to three browsers, and needs the machine for them.
stories: export PYTHONDONTWRITEBYTECODE =
stories: .venv/development node_modules/.package-lock.json  ## Play the long stories in real browsers, which make test leaves out
	$(BIN)/python -m pytest -m long --durations=10

check: export DEBUG = 1
check: .venv/development node_modules/.package-lock.json  ## Format, lint, types, imports, migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	DEBUG=0 SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') \
		ENCRYPTION_KEYS=another ALLOWED_HOSTS=calls.example.com PUBLIC_URL=https://calls.example.com \
		METRICS_TOKEN=any \
		$(BIN)/python manage.py check --deploy --fail-level WARNING
	npm run check

bench: .venv/development  ## Measure everything beside its baselines; writes bench/results*.md
	$(BIN)/python -m bench

# PORT is 8443 here unless it was given.
stack: export PORT := $(if $(filter file,$(origin PORT)),,$(PORT))
stack: .venv/development  ## Run what production has on this machine, with a false Wati
	@./deploy/test-tools.sh
	@exec $(BIN)/python -m deploy.stack

drill: .venv/development  ## Break that under load, one part after the other (DRILL=name for one)
	@./deploy/test-tools.sh
	@exec $(BIN)/python -m deploy.drills $(DRILL)

sbom: .venv/development  ## Write the product's bill of materials (CycloneDX) to var/sbom.json
	@mkdir -p var
	@$(BIN)/uv venv --quiet --clear var/product
	@$(BIN)/uv pip install --quiet --python var/product --require-hashes -r requirements.lock
	@$(BIN)/uv tool run --quiet --from 'cyclonedx-bom>=7.3,<8' cyclonedx-py environment \
		var/product --pyproject pyproject.toml --output-reproducible --of JSON -o var/sbom.json

messages: export DEBUG = 1
messages: export DJANGO_SETTINGS_MODULE = callcenter.settings
messages: .venv/development  ## Update the catalogues in callcenter/locale/ from the sources
	$(BIN)/python -m callcenter.translations

clean:  ## Delete the environment and the demo data
	rm -rf .venv node_modules var staticfiles

# uv installs in seconds; where it cannot be had, pip does the same.
define install
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv 2>/dev/null \
		&& $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
	@touch $@
endef

.venv/runtime: requirements.lock
	@echo "Setting up the environment (once) ..."
	$(call install,requirements.lock)

.venv/development: requirements-dev.lock
	@echo "Setting up the development environment (once) ..."
	$(call install,requirements-dev.lock)

node_modules/.package-lock.json: package-lock.json
	npm ci --silent --no-audit --no-fund
