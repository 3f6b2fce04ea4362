#!/bin/sh
# What: makes the secrets of compose.yaml, each a file of its own in var/secrets; what is there already stays.
# Read by: who starts the containers, once. The folder is closed to other users; in it the files are readable, because
# a container's user is not yours.
set -eu
folder=${1:-$(dirname "$0")/../var/secrets}
umask 022
mkdir -p "$folder"
chmod 700 "$folder"

make() {
    test -s "$folder/$1" && return
    printf '%s\n' "$2" > "$folder/$1.part"
    chmod 444 "$folder/$1.part"
    mv "$folder/$1.part" "$folder/$1"
    echo "made $folder/$1"
}

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

make clickhouse_writer_password "$(random)"
make clickhouse_boards_password "$(random)"
make grafana_admin_password "$(random)"
make warehouse_address "clickhouse://pledgewatch_writer:$(cat "$folder/clickhouse_writer_password")@clickhouse:9000/pledgewatch"
