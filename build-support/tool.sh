#!/usr/bin/env bash
# Runs a pinned developer tool, and installs it the first time: build-support/tool.sh ruff check
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly name=$1
shift
venv=$(build-support/venv.sh "$name")
exec "$venv/bin/$name" "$@"
