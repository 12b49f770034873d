#!/bin/sh
# make test: installs PostgreSQL, Chromium and the browser tests' packages if
# they are missing, then runs every test on both databases and in the browser.
set -eu
cd "$(dirname "$0")/.."
export CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -buildvcs=false"

need() { # need COMMAND-OR-PATH PACKAGE…
  what=$1; shift
  if ! command -v "$what" >/dev/null 2>&1 && ! ls $what >/dev/null 2>&1; then missing="$missing $*"; fi
}
missing=
need '/usr/lib/postgresql/*/bin/initdb' postgresql
need chromium chromium
need pdftotext poppler-utils
need qpdf qpdf
need node nodejs npm
need curl curl
python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3 python3-venv"
if [ -n "$missing" ]; then
  if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
  else
    echo "The tests need these Debian packages:$missing. Install them and run make test again." >&2
    exit 3
  fi
fi

KULLA_TEST_POSTGRES=$(sh tests/postgres.sh)
export KULLA_TEST_POSTGRES KULLA_TEST_BOTH=1

echo "== format, vet"
bad=$(gofmt -l $(git ls-files '*.go'))
[ -z "$bad" ] || { echo "gofmt: $bad" >&2; exit 1; }
go vet ./...

echo "== go test, both databases"
go test -timeout 20m ./...

go build -o bin/kulla ./cmd/kulla

echo "== interface for programs"
sh tests/api/run.sh

echo "== browser"
cd tests/browser
[ -d node_modules ] || npm ci --no-audit --no-fund --loglevel=error
# A browser may stumble once (a lost frame, a slow start); what is wrong fails twice.
node --test --test-concurrency=1 --test-reporter=spec || {
  echo "== browser, once more"
  node --test --test-concurrency=1 --test-reporter=spec
}
