#!/bin/sh
# What: makes the users of users.sql at the first start of a ClickHouse container, with passwords from secret files.
# Read by: the image of ClickHouse, from /docker-entrypoint-initdb.d; only digests reach the server.
set -eu

secrets=${SECRETS:-/run/secrets}
users=${USERS_SQL:-/etc/pledgewatch/users.sql}

digest() {
    test -s "$secrets/$1" || { echo "make_users.sh: $secrets/$1 is missing or empty; sh infra/secrets.sh makes it" >&2; exit 1; }
    printf %s "$(cat "$secrets/$1")" | sha256sum | cut -d' ' -f1
}

writer=$(digest clickhouse_writer_password)
boards=$(digest clickhouse_boards_password)
sed -e "s/\${WRITER_SHA256}/$writer/" -e "s/\${BOARDS_SHA256}/$boards/" "$users" |
    clickhouse-client --host 127.0.0.1 --multiquery
