#!/bin/sh
# Makes .venv with exactly the packages of a lock file. Usage: deploy/environment.sh LOCKFILE
# Python 3.10 is looked for in this order: $PYTHON, python3.10 on the PATH, uv's own, pyenv's versions folder.
set -eu
lock=$1

is_310() { "$1" -c 'import sys; raise SystemExit(sys.version_info[:2] != (3, 10))' >/dev/null 2>&1; }

find_python() {
    set -- "${PYTHON:-}" python3.10
    if command -v uv >/dev/null 2>&1; then
        set -- "$@" "$(uv python find --no-project 3.10 2>/dev/null || true)"
    fi
    for folder in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.10*; do
        set -- "$@" "$folder/bin/python"
    done
    for candidate in "$@"; do
        if [ -n "$candidate" ] && is_310 "$candidate"; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

if [ ! -x .venv/bin/python ] || ! is_310 .venv/bin/python; then
    python=$(find_python) || {
        cat >&2 <<'HELP'
Lantern needs Python 3.10, and none was found. Install one of:
  uv python install 3.10          (with uv)
  pyenv install 3.10              (with pyenv)
  apt-get install python3.10 python3.10-venv   (where your distribution has it)
then run the same command again, or name it: PYTHON=/path/to/python3.10 make up
HELP
        exit 1
    }
    echo "Making .venv with $("$python" --version) ..."
    rm -rf .venv
    "$python" -m venv .venv
fi

echo "Installing the packages of $lock (a few minutes the first time) ..."
if command -v uv >/dev/null 2>&1; then
    uv pip install --python .venv/bin/python --quiet --no-deps --require-hashes -r "$lock"
else
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$lock"
fi
