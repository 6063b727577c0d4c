#!/usr/bin/env bash
# Refuses files over 1 MB outside models/base: weights belong there, pinned, or in no repository.
set -euo pipefail

readonly LIMIT=1000000
status=0
for file in "$@"; do
    [[ -f $file && $file != models/base/* ]] || continue
    size=$(stat -c %s "$file")
    if ((size > LIMIT)); then
        echo "error: $file has $size bytes; more than $LIMIT are for models/base alone" >&2
        status=1
    fi
done
((status == 0)) || echo "hint: git restore --staged what is not meant to be there" >&2
exit "$status"
