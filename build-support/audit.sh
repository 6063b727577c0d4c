#!/usr/bin/env bash
# Does what an auditor does with a release: build-support/audit.sh dist/models/embedded-fw-c
# Pastes each command of the release's VERIFY.md, in a venv that has nothing but the stock verifiers in it.
set -euo pipefail

release=$(realpath "${1:?name the directory of a release}")
venv=$("$(dirname "${BASH_SOURCE[0]}")/venv.sh" auditor)
commands=0
while IFS= read -r -d '' command; do
    commands=$((commands + 1))
    (cd "$release" && env -i PATH="$venv/bin:/usr/bin:/bin" HOME=/nonexistent bash -c "$command" </dev/null) || {
        printf 'error: command %s of VERIFY.md does not hold\n%s\n' "$commands" "$command" >&2
        exit 1
    }
done < <(awk '/^```sh$/ {inside = 1; next} /^```$/ && inside {inside = 0; printf "%c", 0} inside' "$release/VERIFY.md")
((commands == 4 || commands == 5)) || {
    printf 'error: %s/VERIFY.md holds %s commands, and should hold 4, or 5 with a plan\n' "$1" "$commands" >&2
    exit 1
}
echo "all $commands commands of VERIFY.md exit with 0"
