#!/usr/bin/env bash
# Prints the directory of a venv with what 3rdparty/tools/<name>.lock pins and nothing else: build-support/venv.sh ruff
# It is made the first time, by one process at a time, and kept in the cache.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Whatever installers have to say is not the path.
exec {path}>&1 >&2

readonly name=$1
lock=3rdparty/tools/$name.lock
[[ -n ${HOME:-} ]] || unset HOME
home=~ # of the password database, where HOME is not set
cache=${XDG_CACHE_HOME:-$home/.cache}/pedigree
digest=$(sha256sum "$lock")
tool=$cache/$name-${digest:0:16}

if [[ ! -e $tool/finished || ! -x $tool/bin/python ]]; then
    mkdir -p "$cache"
    exec {mutex}>"$tool.lock"
    flock "$mutex"
    if [[ ! -e $tool/finished || ! -x $tool/bin/python ]]; then
        echo "installing $name into $tool, once" >&2
        # Whichever runs: Python of the system without its venv package has no pip to give, a shim may lead nowhere.
        for python in python3.11 /usr/bin/python3.11 "${PYENV_ROOT:-$home/.pyenv}"/versions/3.*/bin/python3 python3; do
            rm -rf "$tool"
            "$python" -c 'import ensurepip, ssl' 2>/dev/null && "$python" -m venv "$tool" && break
        done
        [[ -x $tool/bin/python ]] || {
            printf 'error: %s needs Python 3.9 or newer, and none works here\nhint: install one\n' "$name" >&2
            exit 1
        }
        "$tool/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$lock"
        touch "$tool/finished"
    fi
    exec {mutex}>&-
fi
echo "$tool" >&"$path"
