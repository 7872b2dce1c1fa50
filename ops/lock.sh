#!/bin/sh
# Renews requirements/*.lock (versions and hashes, no index address) and package-lock.json.
set -eu
cd "$(dirname "$0")/.."
compile() {
    # Extras stay in the lock: pip refuses a hashed install when a package asks for an extra that
    # no line pins (tests/ops/test_locks.py).
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-strip-extras --no-emit-index-url --no-emit-find-links "$@"
}
compile --extra dev --extra assets pyproject.toml --output-file requirements/dev.lock
# The run lock is the dev lock without the tools: same versions, so that tests test what runs.
compile --extra assets --constraint requirements/dev.lock pyproject.toml --output-file requirements/run.lock
npm install --package-lock-only --silent
