#!/usr/bin/env bash
# Builds the release twice, with everything different but commit and key, and compares: benchmarks/two_builds.sh
# Another folder, HOME, TZ, LANG and PYTHONHASHSEED, and no result of a step in common. It takes two first builds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly TARGET=models/embedded-fw-c
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

build() { # folder, variables...
    local folder=$scratch/$1
    mkdir -p "$folder/home"
    git clone --quiet . "$folder/repo"
    (cd "$folder/repo" && env "${@:2}" PANTS_LOCAL_STORE_DIR="$folder/store" ./pants --no-dynamic-ui package "$TARGET")
}

build one TZ=UTC LANG=C.UTF-8
build "and another" HOME="$scratch/and another/home" TZ=Pacific/Kiritimati LANG=C PYTHONHASHSEED=7
diff -r "$scratch/one/repo/dist/$TARGET" "$scratch/and another/repo/dist/$TARGET"
echo "the two releases are the same, byte for byte"
