#!/usr/bin/env bash
# Regenerate hash locks: build-support/lock.sh [name ...], by default all of them. A pin that still fits is kept; to
# move one, edit the .in file, or delete the lock to move all of it.
# Locks name no index, because everyone has another mirror; hashes make the mirrors equal.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly PIP_TOOLS=7.6.2

# A pip-compile of the Python ($1) that the lock is for, in a venv that goes when the script ends.
tools_of() {
    local venv=$scratch/$1
    if [[ ! -x $venv/bin/pip-compile ]]; then
        "$1" -m venv "$venv"
        "$venv/bin/pip" install --quiet "pip-tools==$PIP_TOOLS"
    fi
    echo "$venv/bin/pip-compile"
}

# A lock ($1) that begins with the pins of another ($2) but for one package ($3), so that both get the same packages:
# where ml and ml-cuda build a model, they build it alike; whoever signs in a service signs as whoever signs from a file.
begin_with() {
    local pins
    touch "$1"
    pins=$(awk -F '==+' -v "except=${3:-}" '/^[a-z0-9]/ {wanted = !seen[$1]++ && $1 != except} wanted && !/^ *#/' \
        "3rdparty/python/$2.lock" "$1")
    printf '%s\n' "$pins" >"$1"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
shopt -s nullglob
for requirements in 3rdparty/python/*.in 3rdparty/tools/*.in; do
    name=$(basename "$requirements" .in)
    if (($#)) && [[ " $* " != *" $name "* ]]; then continue; fi
    python=python3.11
    case $name in pants | stubs) python=python3.9 ;; esac # all that Pants 2.17 runs on
    compile=$(tools_of "$python")
    echo "locking $requirements" >&2
    lock=${requirements%.in}.lock
    case $name in
    ml-cuda) begin_with "$lock" ml torch ;; # reads 1.5 GB of wheels for their requirements; they are not kept
    signers) begin_with "$lock" trust ;;
    signing) begin_with "$lock" signers ;;
    esac
    "$compile" --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
        --output-file "$lock" "$requirements"
done
