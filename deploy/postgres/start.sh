#!/bin/sh
# PostgreSQL as `tandem up` makes it: names sorted by their bytes, pages with checksums, and a
# password for everybody. Its superuser's password comes from the keeper, so this waits for it.
set -eu
password=/run/tandem/postgres.password
until [ -s "$password" ]; do sleep 0.2; done
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --pgdata="$PGDATA" --username=postgres --pwfile="$password" --auth=scram-sha-256 \
        --data-checksums --encoding=UTF8 --locale-provider=builtin --locale=C.UTF-8 --no-instructions
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
fi
exec postgres -D "$PGDATA" \
    -c listen_addresses='*' -c unix_socket_directories=/tmp -c password_encryption=scram-sha-256 \
    -c max_connections=100 -c shared_buffers=256MB -c max_wal_size=2GB \
    -c transaction_timeout=60s -c idle_in_transaction_session_timeout=30s \
    -c timezone=UTC -c log_timezone=UTC -c cluster_name=tandem
