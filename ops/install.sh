#!/bin/sh
# Makes .venv from a lock file, fetches the fonts and bundles the scripts of the pages. Usage: ops/install.sh run|dev
set -eu
cd "$(dirname "$0")/.."
level=$1
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "veritem needs Python 3.11 or newer; $python is $("$python" --version 2>&1)" >&2
    exit 1
}
"$python" -c 'import ensurepip, venv' 2>/dev/null || sh ops/system.sh python3-venv

[ -x .venv/bin/python ] || { rm -rf .venv && "$python" -m venv .venv; }
stamp=.venv/.installed-$level
if [ ! -e "$stamp" ] || [ "requirements/$level.lock" -nt "$stamp" ] || [ pyproject.toml -nt "$stamp" ]; then
    echo "Installing Python packages from requirements/$level.lock (a minute the first time) …" >&2
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input \
        --require-hashes -r "requirements/$level.lock"
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input \
        --no-deps --no-build-isolation --editable .
    touch "$stamp"
    # The dev lock holds all that the run lock does.
    [ "$level" = run ] || touch .venv/.installed-run
fi
if [ ! -e .venv/.installed-assets ] || [ package-lock.json -nt .venv/.installed-assets ]; then
    echo "Installing fonts and scripts from package-lock.json …" >&2
    # The scripts of packages look for node by name: where the system has none, ours comes last.
    PATH=$PATH:$PWD/.venv/bin npm ci --silent
    touch .venv/.installed-assets
fi
if [ ! -e desk/pwa/dist/.bundled ] || [ -n "$(find desk/pwa/entries desk/pwa/scripts ops/bundle.mjs \
    .venv/.installed-assets -newer desk/pwa/dist/.bundled -print -quit 2>/dev/null)" ]; then
    PATH=$PATH:$PWD/.venv/bin node ops/bundle.mjs
    touch desk/pwa/dist/.bundled
fi
