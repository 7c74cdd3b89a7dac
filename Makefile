# exai: the commands of the contributing guide and of CI. Everything happens in .venv; nothing else on the machine changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Byte code is written as modules are imported, here and in the many processes that tests start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup setup-dev services demo test test-fast lint bench schemas lock clean

setup: $(VENV)/.runtime

setup-dev: $(VENV)/.dev

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) else f"exai needs Python 3.11 to 3.13, not {v[0]}.{v[1]}: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)

$(BIN)/uv: requirements-uv.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@touch $@

# uv installs in a fifth of pip's time, but doesn't read pip's settings: what they say of indexes is told to it.
# Every file has its hash in the requirements, so it doesn't matter which of the indexes has it.
define install
	@ask() { printenv "PIP_$$1" || $(BIN)/python -m pip config get "global.$$2" 2>/dev/null || true; }; \
	index=$${UV_DEFAULT_INDEX:-$$(ask INDEX_URL index-url)}; more=$${UV_INDEX:-$$(ask EXTRA_INDEX_URL extra-index-url)}; \
	links=$${UV_FIND_LINKS:-$$(ask FIND_LINKS find-links | tr ' ' ',')}; cert=$${SSL_CERT_FILE:-$$(ask CERT cert)}; \
	env $${index:+"UV_DEFAULT_INDEX=$$index"} $${more:+"UV_INDEX=$$more"} $${links:+"UV_FIND_LINKS=$$links"} \
	  $${cert:+"SSL_CERT_FILE=$$cert"} UV_INDEX_STRATEGY=unsafe-best-match \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1)
endef

$(VENV)/.runtime: requirements.txt pyproject.toml $(BIN)/uv
	@echo "installing what training, registry and serving need (about 1.1 GB, once)"
	$(call install,requirements.txt)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(call install,requirements-dev.txt)
	@touch $@

# From YAML to a served prediction, in examples/iris.
demo: setup
	$(BIN)/python examples/iris/make_data.py
	$(BIN)/exai -C examples/iris apply --yes
	$(BIN)/exai -C examples/iris predict iris --row sepal_length=5.1 --row sepal_width=3.5 --row petal_length=1.4 --row petal_width=0.2
	$(BIN)/exai -C examples/iris status

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy specs/exai_specs compiler/exai_compiler runtime/exai_runtime components/exai_components
	$(BIN)/lint-imports

test-fast: setup-dev
	$(BIN)/pytest -m "not slow" --numprocesses 2

# The servers and the browser that the slow tests start and end by themselves, on loopback. RUNLEVEL=1: installing starts none.
services:
	@wanted=""; \
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || wanted="$$wanted postgresql"; \
	command -v redis-server >/dev/null || wanted="$$wanted redis-server"; \
	command -v chromedriver >/dev/null || [ -n "$$CHROMEWEBDRIVER" ] || wanted="$$wanted chromium chromium-driver"; \
	if [ -n "$$wanted" ]; then \
	  if [ "$$(id -u)" != 0 ]; then echo "the tests need more: sudo apt-get install$$wanted"; exit 1; fi; \
	  apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$wanted; \
	fi

# All that CI runs: lint, the fast tests with coverage of specs and compiler, then the real parts, of which each worker collects
# the files alone.
test: setup-dev services lint
	$(BIN)/python -m slipcover --source specs/exai_specs,compiler/exai_compiler --json --out .coverage.json -m pytest -m "not slow" --numprocesses 2
	$(BIN)/python -m slipcover --merge .coverage.json --out .coverage.json --skip-covered --fail-under 95
	$(BIN)/pytest -m slow --numprocesses 3 --dist loadfile --no-loadscope-reorder --durations 20 $$(grep -rl 'mark\.slow' tests --include 'test_*.py' | sort)

bench: setup-dev
	$(BIN)/python tests/benchmarks/run.py

schemas: setup-dev
	$(BIN)/python -m exai_specs.schema schemas

# Writes the hashed requirements anew from the pins of pyproject.toml.
lock: $(BIN)/uv
	$(BIN)/uv pip compile pyproject.toml --extra local --extra build --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --extra local --extra build --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o requirements-dev.txt

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage.json
