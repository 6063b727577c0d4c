#!/usr/bin/env bash
# Refuses files that hold a private key: PEM of any kind, OpenSSH, PuTTY, age, or a JSON Web Key.
set -euo pipefail

(($#)) || exit 0
# Spelled in parts, so that this file does not refuse itself.
readonly PEM='-----BEGIN ([A-Z0-9]+ )*''PRIVATE KEY( BLOCK)?-----'
readonly OTHERS='PuTTY-User-Key-''File-[0-9]|AGE-SECRET-''KEY-1[0-9A-Z]{58}'
readonly JWK='"kty"[^}]*"d"[[:space:]]*:[[:space:]]*"[A-Za-z0-9_-]{20,}"|"d"[[:space:]]*:[[:space:]]*"[A-Za-z0-9_-]{20,}"[^}]*"kty"'
# grep ends with 1 when there is nothing to be found, which is the good end here.
found=$(grep --text --extended-regexp --files-with-matches --regexp "$PEM|$OTHERS|$JWK" -- "$@") || (($? == 1))
[[ -z $found ]] && exit 0
while IFS= read -r file; do
    echo "error: $file holds a private key" >&2
done <<<"$found"
echo "hint: git restore --staged it, keep the key outside the repository, and replace it if it was pushed" >&2
exit 1
