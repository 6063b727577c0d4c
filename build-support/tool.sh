#!/usr/bin/env bash
# Runs a pinned developer tool, and installs it the first time: build-support/tool.sh ruff check
set -euo pipefail

readonly name=$1
shift
venv=$("$(dirname "${BASH_SOURCE[0]}")/venv.sh" "$name")
exec "$venv/bin/$name" "$@"
