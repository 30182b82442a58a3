# The one interface to this project. Every target sets up what it needs, once.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
TOOLS := .venv/.ready
CDK := node_modules/.ready
RUNTIME := .runtime/.ready
BROWSER := .venv/.browser
PORT ?= 4588
ACCOUNTS ?= 12
ACCOUNT ?= hub
ROLE ?= Administrator
SUDO ?= $(shell test "$$(id -u)" = 0 || echo sudo)
# The local Lambda runtime is Python 3.13, as in AWS, where there is one, and otherwise what the tools run on.
RUNTIME_PYTHON ?= $(shell python3.13 -c pass >/dev/null 2>&1 && echo python3.13 || echo $(PYTHON))

# Quiet: jsii and the AWS SDK remark on the age of Node 20 at every start.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export NODE_NO_WARNINGS := 1
# Keep bytecode, whatever an image sets: else each process compiles boto3 and the CDK anew, for seconds.
export PYTHONDONTWRITEBYTECODE :=
# In the project: jsii refuses the home directory's cache where others may write, and a home may be read-only.
export JSII_RUNTIME_PACKAGE_CACHE_ROOT ?= $(CURDIR)/build/jsii
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Says every five seconds that a recipe goes on, in its first line: pip and npm are silent for a minute.
ALIVE := (while sleep 5 >/dev/null 2>&1; do echo "  still setting up, $$SECONDS s so far"; done) & alive=$$!; trap "kill $$alive" EXIT; set -e;
# A lock names everything by hash: nothing to resolve. Compiling all of the CDK ahead would double the time.
INSTALL := -m pip install -qq --no-deps --no-compile --require-hashes

# Of make chaos: stories, bursts of edits without any error, and stories that each wrong variant may survive.
SEEDS ?= 500
BURSTS ?= 0
VARIANTS ?= 300

.PHONY: help demo test chaos coverage fresh browser screenshots lint types synth local local-env bench bench-all bench-short reference lock clean setup templates

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## Show Rollcall at work on a local cloud: no AWS account, no questions
	@$(BIN)/python -m localcloud.demo --out out/demo

# The last line is what it took: the budget is 420 s of processor time, which is four minutes on two idle cores.
# Four processes, because those with a local cloud wait half of their time.
test: setup ## Run all tests
	@TIMEFORMAT='%0lR of time, %0lU + %0lS of processor time with all processes'; \
	time $(BIN)/python -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder --ignore=tests/browser --ignore=tests/fresh $(ARGS)

chaos: $(TOOLS) ## Play random stories with injected errors over the functions, and over wrong variants of them (SEEDS=500 BURSTS=0)
	@$(BIN)/python -m chaos --seeds $(SEEDS) --bursts $(BURSTS) --variants $(VARIANTS) $(ARGS)

# Tests in process; those of the local cloud run the functions in processes of their own, which are not measured.
coverage: setup ## Measure the branch coverage of what is deployed; below 95 % it fails
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=term tests/unit tests/functions

fresh: setup ## Follow the README and the page about deploying word for word, deploy a fresh checkout, lint the templates
	@$(BIN)/python -m pytest tests/fresh $(ARGS)

browser: $(TOOLS) $(BROWSER) ## Look at the report in headless Chromium, which this installs (Debian and Ubuntu)
	@$(BIN)/python -m pytest tests/browser $(ARGS)

screenshots: $(TOOLS) $(BROWSER) ## Take the README's pictures of the report
	@$(BIN)/python -m tests.browser.screenshots docs/images

lint: $(TOOLS) ## Check style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .

types: $(TOOLS) ## Check types, strictly
	@$(BIN)/mypy

synth: $(TOOLS) $(CDK) ## Write the templates to cdk.out (ROLLCALL_CONFIG=config): offline, no credentials
	@PATH="$(CURDIR)/$(BIN):$$PATH" node_modules/.bin/cdk synth --quiet --no-notices --no-lookups
	@echo "cdk.out holds the templates"

templates: $(TOOLS) ## Write plain CloudFormation to out/templates, for other tools than the CDK (ROLLCALL_CONFIG=config)
	@$(BIN)/python -m stacks.templates --out out/templates

local: setup ## Run an organization with everything deployed, until Ctrl-C (PORT=4588 ACCOUNTS=12)
	@$(BIN)/python -m localcloud.local --out out/local --port $(PORT) --accounts $(ACCOUNTS)

# No prerequisites: what it prints is for eval "$(make -s local-env)", and where nothing is set up, nothing runs.
local-env: ## Print the variables that point an AWS client at it, for eval (ACCOUNT=hub, management or 12 digits; ROLE=Administrator)
	@test -f $(RUNTIME) || { echo "the local cloud is not running: start it in another terminal with make local" >&2; exit 1; }
	@$(BIN)/python -m localcloud.local_env --out out/local --account "$(ACCOUNT)" --role "$(ROLE)"

bench: setup ## Measure, print tables, write bench/results.json; fails where a missed goal is not explained (five minutes)
	@$(BIN)/python -m bench

bench-all: setup ## The same with what takes long
	@$(BIN)/python -m bench --all

bench-short: $(TOOLS) ## Only what is the same on each machine, in seconds
	@$(BIN)/python -m bench --short

reference: $(TOOLS) ## Write docs/reference from the code
	@$(BIN)/python -m tools.reference

# Both the tests and a user of the CDK get what is chosen in deploy.in: the other locks are held to requirements.txt.
lock: $(TOOLS) ## Lock requirements/*.in, by hash, into requirements*.txt (ARGS=--upgrade takes the newest)
	@lock() { $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras $(ARGS) --output-file $$1 $$2; }; \
	lock requirements.txt requirements/deploy.in && \
	for name in dev runtime layer browser; do lock requirements-$$name.txt requirements/$$name.in || exit; done

clean: ## Remove everything that make made
	rm -rf .venv .runtime node_modules build cdk.out out .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

setup: $(TOOLS) $(CDK) $(RUNTIME)

$(TOOLS): requirements-dev.txt
	@echo "Setting up .venv (about a minute, once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; set PYTHON=")'
	@$(ALIVE) $(PYTHON) -m venv .venv; \
	$(BIN)/python $(INSTALL) -r requirements-dev.txt; \
	$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(BROWSER): requirements-browser.txt $(TOOLS)
	@echo "Setting up Chromium and its driver"
	@command -v chromedriver >/dev/null || $(SUDO) apt-get install -y -qq --no-install-recommends chromium chromium-driver >/dev/null
	@$(BIN)/python $(INSTALL) -r requirements-browser.txt
	@touch $@

$(CDK): package.json package-lock.json
	@echo "Setting up the CDK command line in node_modules"
	@$(ALIVE) npm ci --loglevel=error --no-audit --no-fund >/dev/null
	@touch $@

$(RUNTIME): requirements-runtime.txt requirements-layer.txt
	@echo "Setting up the local Lambda runtime in .runtime"
	@$(ALIVE) $(RUNTIME_PYTHON) -m venv .runtime; \
	.runtime/bin/python $(INSTALL) -r requirements-runtime.txt; \
	rm -rf .runtime/layer; \
	.runtime/bin/python $(INSTALL) --target .runtime/layer -r requirements-layer.txt
	@touch $@
