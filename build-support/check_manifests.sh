#!/usr/bin/env bash
# Checks the manifests under deploy/remote, or with --engine and --site what a site applies: see docs/remote.md.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$("$root/build-support/venv.sh" deploy)
PYTHONPATH=$root/deploy PYTHONDONTWRITEBYTECODE=1 exec "$venv/bin/python" -m manifests "$@"
