"""`python -m infra.kafka start|stop|status|lacks [--nodes 3] [--home var/kafka] [--port 9092] [--heap 512]`.

`lacks` says what this machine lacks to run Kafka, fetching its jars first; it ends with 1 where nothing is lacking.
Exit codes else: 0 done (or, for status, every node runs); 1 a node does not run; 3 something is missing, or will not
start.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infra.kafka.broker import Cluster, lacking
from streams.errors import Stop


def main(words: list[str] | None = None) -> int:
    """Do what `words` say; print where the brokers are."""
    parser = argparse.ArgumentParser(prog="python -m infra.kafka", description="Apache Kafka on this machine.")
    parser.add_argument("what", choices=["start", "stop", "status", "lacks"])
    parser.add_argument("--nodes", type=int, default=None, help="brokers (start; default 1, or as they are)")
    parser.add_argument("--home", type=Path, default=Path("var/kafka"), help="folder for properties, logs and data")
    parser.add_argument("--port", type=int, default=9092, help="port of the first broker; others 10 further each")
    parser.add_argument("--libs", type=Path, default=Path("var/kafka/libs"), help="folder for the jars, shared by all")
    parser.add_argument("--heap", type=int, default=512, help="heap of each broker [MiB]")
    said = parser.parse_args(words)
    if said.what == "lacks":
        why = lacking(said.libs)
        _say(why or "nothing")
        return 0 if why else 1
    try:
        if said.what == "start":
            cluster = Cluster.at(said.home, nodes=said.nodes, port=said.port, heap_mib=said.heap, libs=said.libs)
            cluster.start()
            _say(f"Kafka runs at kafka://{','.join(cluster.bootstrap)}; `python -m infra.kafka stop` ends it")
            return 0
        return _stop(said.home) if said.what == "stop" else _status(said.home)
    except Stop as error:
        print(f"pledgewatch: {error}", file=sys.stderr)  # noqa: T201
        return 3


def _stop(home: Path) -> int:
    cluster = Cluster.found(home)
    if cluster is None:
        _say(f"There is no Kafka in {home}")
        return 0
    killed = cluster.stop()
    _say("Kafka has stopped" + (f"; node {', '.join(map(str, killed))} had to be killed" if killed else ""))
    return 0


def _status(home: Path) -> int:
    cluster = Cluster.found(home)
    if cluster is None:
        _say(f"There is no Kafka in {home}")
        return 1
    for node in cluster.nodes:
        pid = node.pid()
        _say(f"node {node.id} at {node.address}: {f'runs as process {pid}' if pid else 'does not run'}")
    return 0 if all(node.pid() for node in cluster.nodes) else 1


def _say(words: str) -> None:
    print(words)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
