#!/bin/sh
# Holds the interface for programs against its own description: a fuzzer reads
# /api/v1/openapi.json of a desk with the demo story and sends what the
# description allows and what it forbids. No answer may be a server error or
# differ from the description. Needs python3 with venv, curl and bin/kulla;
# KULLA_DESK names a running desk instead of starting one, SCHEMATHESIS the
# fuzzer, EXAMPLES how many requests an operation gets.
set -eu
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
child=
end() {
  [ -z "$child" ] || { kill "$child" 2>/dev/null || true; wait "$child" 2>/dev/null || true; }
  rm -rf "$dir"
}
trap end EXIT INT TERM

if [ -z "${SCHEMATHESIS:-}" ]; then
  python3 -m venv "$dir/venv"
  "$dir/venv/bin/pip" install --quiet --disable-pip-version-check -r tests/api/requirements.txt
  SCHEMATHESIS=$dir/venv/bin/schemathesis
fi

desk=${KULLA_DESK:-}
if [ -z "$desk" ]; then
  bin/kulla demo --quiet --lang=en --dir "$dir/desk" --listen 127.0.0.1:0 >"$dir/out" 2>"$dir/err" &
  child=$!
  tries=0
  while ! desk=$(grep -o 'http://127.0.0.1:[0-9]*' "$dir/out"); do
    tries=$((tries + 1))
    if [ $tries -gt 240 ] || ! kill -0 "$child" 2>/dev/null; then
      cat "$dir/err" >&2
      echo "the desk did not start" >&2
      exit 1
    fi
    sleep 1
  done
fi

# A key of the demo's officer, made as a person makes one.
jar=$dir/cookies
curl -fsS -o /dev/null -c "$jar" --data-urlencode email=officer@demo.example --data-urlencode password=kulla-demo-2026 "$desk/sign-in"
key=$(curl -fsS -b "$jar" -H 'Cookie: lang=en' --data 'token-name=fuzzer&days=30&scope=incident.submit&scope=incident.read&scope=registry.read' "$desk/account/tokens" |
  grep -o 'kulla_[A-Za-z0-9_-]\{20,\}' | head -n 1)
[ -n "$key" ] || { echo "no key was made" >&2; exit 1; }

config=$PWD/tests/api/schemathesis.toml
mkdir -p "$dir/run"
cd "$dir/run"
"$SCHEMATHESIS" --config-file "$config" run "$desk/api/v1/openapi.json" --header "Authorization: Bearer $key" \
  --max-examples "${EXAMPLES:-40}" --seed 1 --phases examples,coverage,fuzzing --request-timeout 20 --workers 1 \
  --continue-on-failure --no-color ${KULLA_API_ARGS:-}
