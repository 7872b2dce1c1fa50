# The outside of the project; each target says what it does (make help).
.DEFAULT_GOAL := help
BIN := .venv/bin
TEST_SYSTEM := redis-server postgresql chromium poppler-utils qpdf libzbar0 fonts-noto-core fonts-noto-cjk nginx haproxy faketime curl openssl

# What must hold of the native code as of the source: the judge, and the scan path over HTTP and Redis.
NATIVE_TESTS := tests/stamps tests/detection $(patsubst %,tests/resolver/%, \
	handlers history http journal pages privacy redis scan_weights \
	$(patsubst %,test_%.py,apps batch_cache scan_commit refusals urls))

# Tests start many processes: without bytecode files each would compile every module again.
TESTS := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n 3 --dist worksteal

.PHONY: help install dev demo compiled test test-browser test-long coverage test-compiled check format bench docs lock clean

help: ## show these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 15

install: ## make .venv with everything Python needs, from the lock file
	@sh ops/install.sh run

dev: ## the same with what tests, checks and benchmarks need
	@sh ops/install.sh dev

demo: install ## install, then one stamp's whole life on the embedded default
	@$(BIN)/veritem demo

compiled: dev ## the scan path as native code in build/compiled (wants a C compiler; two minutes)
	@$(BIN)/python ops/compile.py
	@echo "build/compiled/veritem is ready"

test: dev ## everything the tests need, then all tests but the long ones and those in a browser
	@sh ops/system.sh $(TEST_SYSTEM)
	$(TESTS) -m "not long and not browser"

test-browser: dev ## the tests in a real browser: whole days of each role, offline, accessibility
	@sh ops/system.sh $(TEST_SYSTEM)
	$(TESTS) -m browser

test-long: dev ## the long tests: services that are killed, restarted and flooded
	@sh ops/system.sh $(TEST_SYSTEM)
	$(TESTS) -m long

coverage: dev ## the same, with the share of lines and branches that they run; fails below 85 %
	@sh ops/system.sh $(TEST_SYSTEM)
	@rm -f .coverage .coverage.*
	$(TESTS) --cov --cov-report=term:skip-covered

test-compiled: compiled ## the tests of the scan path, against the native code
	@sh ops/system.sh redis-server
	cd build/compiled && ../../$(BIN)/python -m pytest -n 2 --dist worksteal -p no:cacheprovider $(NATIVE_TESTS)

check: dev ## format, lint, types, layers, locks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python ops/check_locks.py requirements/dev.lock

format: dev ## rewrite the code in the house's form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: compiled ## all benchmarks, with their peers, side by side; then a day and peaks of load
	@sh ops/system.sh redis-server postgresql wrk nginx libnginx-mod-http-lua
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.load.run

docs: dev ## redraw the pages that are drawn from tables
	@$(BIN)/python -m cli.generate_docs

lock: ## renew the lock files from pyproject.toml and package.json
	@sh ops/lock.sh

clean: ## remove what was installed and made
	rm -rf .venv node_modules var build
