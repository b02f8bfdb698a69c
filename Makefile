# Everything the program needs is installed by these targets; nothing is installed by hand.
.DEFAULT_GOAL := check
.PHONY: run test quick proof bench simulate train check fmt lint types layers docs setup lock clean system screenshots

# The first Python of 3.11 or newer that really starts.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$p; break; fi; done)
BIN := .venv/bin

# `venv --without-pip` and the outer pip's --python work where ensurepip is missing, as on Debian.
.make/venv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found"; exit 2; }
	@mkdir -p .make
	$(PYTHON) -m venv --without-pip .venv
	@touch $@

.make/run: .make/venv requirements.lock pyproject.toml
	@echo "Installing Footprint (once; about a minute)"
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.make/dev: .make/run requirements-dev.lock
	@echo "Installing the tools that the tests need (once)"
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

setup: .make/dev

run: .make/run ## the whole program: config.toml where there is one, else the demonstration school
	@if [ -f config.toml ]; then exec $(BIN)/footprint run; else exec $(BIN)/footprint run --demo; fi

# Chromium and Dovecot are Debian's; elsewhere the tests that need them say that they are skipped.
system:
	@if ! { command -v chromium && command -v dovecot; } >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
		echo "Installing Chromium and Dovecot for the browser and mailbox tests (once)"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium dovecot-imapd >/dev/null; fi

test: .make/dev system ## every test, the short forms of the long proofs included
	$(BIN)/python -m pytest -q -n auto

quick: .make/dev ## the tests that need no server and no browser
	$(BIN)/python -m pytest -q -n auto -m "not slow and not browser and not postgres and not imap"

proof: .make/dev ## the long proofs, whole
	$(BIN)/python -m tests.proofs.kill
	$(BIN)/python -m tests.proofs.stages
	$(BIN)/python -m tests.proofs.outage
	$(BIN)/python -m tests.proofs.year
	$(BIN)/python -m tests.proofs.crowd
	$(BIN)/python -m tests.proofs.days
	$(BIN)/python -m tests.proofs.backups
	$(BIN)/python -m tests.proofs.workers
	$(BIN)/python -m tests.proofs.edits
	$(BIN)/python -m tests.proofs.hostile

screenshots: .make/dev system ## docs/screenshots, anew, from the demonstration
	$(BIN)/python -m tests.proofs.screenshots

bench: .make/dev ## tables of ratios; no pass or fail
	$(BIN)/python -m benchmarks

simulate: .make/dev ## a day of 1 to 32,000 schools, with the scheduler's own rules and a moved clock
	$(BIN)/python -m benchmarks.simulate

# Torch comes without a hash: each platform's index has a build of its own under one version.
# The weights that the training starts from are checked against their published SHA-256.
.make/train: .make/venv requirements.lock pyproject.toml
	$(PYTHON) -m venv --without-pip .make/learner
	$(PYTHON) -m pip --python .make/learner/bin/python install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PYTHON) -m pip --python .make/learner/bin/python install --quiet --disable-pip-version-check --no-build-isolation --editable ".[train]"
	@touch $@

train: .make/train ## the learned weights, anew, from training/posts; an hour on 2 cores
	.make/learner/bin/python -m training

fmt: .make/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: .make/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .make/dev
	$(BIN)/mypy

layers: .make/dev
	$(BIN)/lint-imports

check: lint types layers test ## all of it

# Hashes of every platform's files, so that one lock serves Linux, macOS and Windows.
lock:
	$(PYTHON) -m venv .make/uv && .make/uv/bin/pip install --quiet uv
	.make/uv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet pyproject.toml --extra build -o requirements.lock
	.make/uv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet pyproject.toml --extra build --extra dev -o requirements-dev.lock

clean:
	rm -rf .venv .make build dist *.egg-info
