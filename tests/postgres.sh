#!/bin/sh
# Starts a PostgreSQL of the tests' own (port 54329, trust on loopback) and
# prints its URL. Safe to run again: a running one is used as it is.
#   tests/postgres.sh          for tests: fsync off
#   tests/postgres.sh durable  for benchmarks and kill tests: fsync on, port 54330
#   tests/postgres.sh stop     stops both
set -eu
mode=${1:-fast}
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || { echo "PostgreSQL is not installed: apt-get install postgresql" >&2; exit 3; }
base=${KULLA_TEST_PGDIR:-${TMPDIR:-/tmp}/kulla-postgres}
as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
if [ "$mode" = stop ]; then
  for d in "$base"-fast "$base"-durable; do
    [ -d "$d" ] && (cd / && as "$bin/pg_ctl" -D "$d" -m fast stop) || true
  done
  exit 0
fi
port=54329; fsync=off
[ "$mode" = durable ] && { port=54330; fsync=on; }
data="$base-$mode"
if ! "$bin/pg_isready" -q -h 127.0.0.1 -p $port; then
  cd /
  if [ ! -f "$data/PG_VERSION" ]; then
    mkdir -p "$data"
    [ "$(id -u)" = 0 ] && chown postgres "$data"
    as "$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
  fi
  as "$bin/pg_ctl" -D "$data" -w -l "$data/log" -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=$fsync -c max_connections=400 -c shared_buffers=256MB" start >/dev/null
fi
echo "postgres://postgres@127.0.0.1:$port/postgres"
