#!/usr/bin/env bash
# Writes attestations/ anew: a trust root, an approved models/base/firmware-2m and a snapshot, signed by keys that are
# made here and thrown away. It shows how approvals look and lets this repository build; it vouches for nothing.
#
# Run it when the files of the base change. PEDIGREE names the command of reviewers, which can scan.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

read -ra pedigree <<<"${PEDIGREE:-dist/reviewer/pedigree.pex}"
command -v "${pedigree[0]}" >/dev/null || {
    echo "error: there is no ${pedigree[0]}" >&2
    echo "hint: ./pants package src/python/pedigree/cli:reviewer, or name another in PEDIGREE" >&2
    exit 1
}
readonly BASE=models/base/firmware-2m
readonly NOTE="Demonstration: these keys were made by a script and their private halves were not kept. Nobody real \
approved anything. Replace this root by one of your own before you trust a release."
readonly MEANING="Demonstration by a script: no person reviewed this model, and this signature approves nothing"
# What a script signs with keys that it throws away belongs into nobody's audit log.
export PEDIGREE_LOG=none
readonly FOREVER=2999-12-31T23:59:59Z
TIME=$(date --utc +%Y-%m-%dT00:00:00Z)
readonly TIME

# In memory where there is such a place, so that no disk ever holds a private key.
keys=$(mktemp --directory --tmpdir="$([[ -d /dev/shm && -w /dev/shm ]] && echo /dev/shm || echo "${TMPDIR:-/tmp}")")
trap 'rm -rf "$keys"' EXIT
attestations=$keys/attestations
# Nor is it anything to remember.
export XDG_STATE_HOME=$keys/state

signed_by() {
    "${pedigree[@]}" "${@:2}" --attestations "$attestations" --signer "file:$keys/$1.pem" >/dev/null
}

for name in owner-1 owner-2 builder quality legal release; do
    "${pedigree[@]}" keys new "$keys/$name.pem" --no-passphrase >/dev/null 2>&1
done
signed_by owner-1 keys init --note "$NOTE" --threshold owner=2 \
    --owner "Demonstration Owner One=$keys/owner-1.pub" --owner "Demonstration Owner Two=$keys/owner-2.pub" \
    --role "builder=Demonstration Builder=$keys/builder.pub" --role "quality=Demonstration Quality=$keys/quality.pub" \
    --role "legal=Demonstration Legal=$keys/legal.pub" --role "release=Demonstration Release=$keys/release.pub"
signed_by owner-2 keys sign

# The files that the BUILD file names as sources of the base model.
"${pedigree[@]}" base propose "$BASE" \
    chat_template.jinja config.json corpus.json generation_config.json model.safetensors tokenizer.json tokenizer_config.json \
    --name "$BASE" --license Apache-2.0 --publisher "this repository" --source "$BASE:recipe" \
    --card "$BASE/CARD.md" --addendum "$BASE/ADDENDUM.md" --tier "demonstration: nothing depends on it" \
    --serving transformers vllm --note "$NOTE" --attestations "$attestations"
signed_by legal base approve "$BASE" --meaning "$MEANING" --time "$TIME"
signed_by quality base approve "$BASE" --model "$BASE" --meaning "$MEANING" --time "$TIME"
signed_by quality snapshot --time "$TIME" --expires "$FOREVER"

for place in root approvals revocations layouts snapshot.json; do
    rm -rf "attestations/$place"
done
mkdir -p attestations
cp -r "$attestations/." attestations/
"${pedigree[@]}" base list
"${pedigree[@]}" keys list
