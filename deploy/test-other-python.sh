#!/usr/bin/env bash
# Runs the unit tests on Python 3.13 too, where this machine has one.
set -euo pipefail
cd "$(dirname "$0")/.."

find_313() {
  local candidate
  for candidate in python3.13 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13.*/bin/python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; then echo "$candidate"; return; fi
  done
}

python=$(find_313)
if [ -z "$python" ]; then echo "Python 3.13 is not on this machine: its unit tests are not run"; exit 0; fi
[ -x .venv-3.13/bin/python ] || "$python" -m venv .venv-3.13
.venv-3.13/bin/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary=:all: -r requirements-dev.txt
.venv-3.13/bin/python -m pip install -q --disable-pip-version-check --no-deps -e .
exec .venv-3.13/bin/python -m pytest -q -n 2 --dist loadfile -m "not e2e and not media"
