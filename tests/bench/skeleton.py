"""The skeleton of the stream: the same hops, tables and sends as the app has for the same facts, and nothing in between.

What the app sends is not guessed. `Script` holds it: the copies of each fact are those of `place` (whole rows and
headers, to the partitions where they would go), and the records of `alerts` and `remarks` are those that a real run of
the app over the same facts wrote, with their keys and bodies. The skeleton's `place` looks a fact's copies up by its
body and sends them; its `watch` writes one table row a copy, and with it, evenly spread over the copies of a partition,
that partition's records of alerts and remarks, all of them by the end. So it reads, sends and writes as many records
and bytes as the app, and decodes, encodes and decides nothing.

One wiring serves three apps: stock Faust, our transport on the embedded log, our transport on a cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from schemas.codec import decode_fact
from streams.rules.placing import Copy, place
from streams.topology import FACT_TOPICS, GROUP
from streams.transport.app import events_of, make_app, make_table, make_topic
from streams.transport.ports import Outgoing, Record


class Said(msgspec.Struct, frozen=True):
    """A record that the app wrote into a table of its own."""

    key: bytes
    value: bytes


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """How far a round has come when so much is done [count]."""

    facts: int
    sent: int
    """Copies of all facts; a fact that comes twice has its copies twice."""
    rows: int
    """Different copies: what stands in the table of rows."""


class Script(msgspec.Struct, kw_only=True):
    """Everything that the app sends for some facts."""

    partitions: int
    warm: Mark
    """What comes first and is not measured: a process that has just begun builds its register of names and decoders."""
    whole: Mark
    copies: dict[bytes, list[Copy]]
    """Body of a fact to its copies."""
    alerts: dict[int, list[Said]]
    """Records of `alerts` by partition, in the order of a real run."""
    remarks: dict[int, list[Said]]
    by_partition: dict[int, int] = msgspec.field(default_factory=dict)
    """Copies by partition."""

    def measures(self) -> dict[str, float]:
        """What a fact costs the log, as means over the facts [count, bytes]."""
        said = [one for each in self.alerts.values() for one in each]
        copied = [len(c.value) for copies in self.copies.values() for c in copies]
        return {
            "copies per fact": self.whole.sent / self.whole.facts,
            "bytes per copy": sum(copied) / max(1, len(copied)),
            "alerts written per fact": len(said) / self.whole.facts,
            "bytes per alert": sum(len(one.value) for one in said) / max(1, len(said)),
            "remarks written per fact": sum(map(len, self.remarks.values())) / self.whole.facts,
        }


def script_of(
    records: Sequence[Outgoing], warm: int, partitions: int, derived: Mapping[str, Sequence[Record]] | None = None
) -> Script:
    """What the app sends for the facts in `records`, of which the first `warm` are not measured.

    `derived` is what a run of it wrote into `alerts` and `remarks`; without it the script has only copies.
    """
    derived = derived or {}
    bodies = [record.value for record in records if record.value is not None]
    copies = {body: list(place(decode_fact(body), partitions)) for body in set(bodies)}
    each = [copy for body in bodies for copy in copies[body]]
    counts = {p: sum(copy.partition == p for copy in each) for p in range(partitions)}
    return Script(
        partitions=partitions, copies=copies, by_partition=counts,
        warm=_mark(bodies[:warm], copies), whole=_mark(bodies, copies),
        alerts=_by_partition(derived.get("alerts", ())), remarks=_by_partition(derived.get("remarks", ())),
    )  # fmt: skip


def _mark(bodies: Sequence[bytes], copies: Mapping[bytes, Sequence[Copy]]) -> Mark:
    each = [copy for body in bodies for copy in copies[body]]
    rows = {(copy.partition, copy.key) for copy in each}
    return Mark(facts=len(bodies), sent=len(each), rows=len(rows))


def _by_partition(records: Iterable[Record]) -> dict[int, list[Said]]:
    found: dict[int, list[Said]] = {}
    for record in records:
        if record.key is not None and record.value is not None:
            found.setdefault(record.partition, []).append(Said(record.key, record.value))
    return found


class Progress:
    """How far the agents of a skeleton have come."""

    def __init__(self) -> None:
        self.placed = self.watched = 0

    def at(self, mark: Mark) -> bool:
        """Whether so many facts and copies have been handled."""
        return self.placed >= mark.facts and self.watched >= mark.sent


class Ports(msgspec.Struct, kw_only=True):
    """The parts of an app that the wiring needs; made by stock Faust or by our transport."""

    app: Any
    facts: Any
    """The fact topics, read as one."""
    dossiers: Any
    rows: Any
    alerts: Any
    remarks: Any
    events: Callable[[Any], Any] = lambda stream: stream.events()
    """How an agent reads its stream."""
    send: Callable[..., Any] | None = None
    """How a copy is sent; `None`: as Faust's topics do."""


def wire(ports: Ports, script: Script) -> Progress:
    """Give the app of `ports` its two agents; returns what tells how far they are."""
    progress = Progress()
    copies, rows, send = script.copies, ports.rows, ports.send or ports.dossiers.send
    spoken = {p: _Speaker(script, p, ports.alerts, ports.remarks) for p in range(script.partitions)}

    async def skeleton_place(stream: Any) -> None:
        async for event in ports.events(stream):
            for copy in copies[event.message.value]:
                await send(key=copy.key, value=copy.value, partition=copy.partition)
            progress.placed += 1

    async def skeleton_watch(stream: Any) -> None:
        async for event in ports.events(stream):
            message = event.message
            key = b"%d|" % message.partition + message.key
            if key not in rows:
                rows[key] = message.value
            spoken[message.partition].one_more()
            progress.watched += 1

    ports.app.agent(ports.facts, name="place")(skeleton_place)
    ports.app.agent(ports.dossiers, name="watch")(skeleton_watch)
    return progress


class _Speaker:
    """Writes a partition's alerts and remarks, evenly spread over its copies."""

    def __init__(self, script: Script, partition: int, alerts: Any, remarks: Any) -> None:
        self._left = iter(_spread(script.by_partition.get(partition, 0), [
            *((alerts, said) for said in script.alerts.get(partition, ())),
            *((remarks, said) for said in script.remarks.get(partition, ())),
        ]))  # fmt: skip

    def one_more(self) -> None:
        """A copy has come."""
        for table, said in next(self._left, ()):
            table[said.key] = said.value


def _spread(copies: int, said: Sequence[tuple[Any, Said]]) -> Iterator[Sequence[tuple[Any, Said]]]:
    for n in range(copies):
        yield said[n * len(said) // copies : (n + 1) * len(said) // copies]


def expected_ends(script: Script, changelog: str) -> dict[str, int]:
    """How many records each topic that a skeleton writes has in the end; `changelog` is that of the rows."""
    return {
        "dossiers": script.whole.sent,
        changelog: script.whole.rows,
        "alerts": sum(map(len, script.alerts.values())),
        "remarks": sum(map(len, script.remarks.values())),
    }


def stock_ports(make_app: Callable[..., Any], **settings: Any) -> Ports:
    """The skeleton's parts as stock Faust makes them: its topics, its tables, its schema, its monitor."""
    app = make_app(**settings)
    raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    partitions = app.conf.topic_partitions

    def topic(*names: str) -> Any:
        return app.topic(*names, partitions=partitions, **raw)

    def table(name: str, **more: Any) -> Any:
        made = app.Table(name, partitions=partitions, key_type=bytes, value_type=bytes, **more)
        made.key_serializer = made.value_serializer = "raw"
        return made

    return Ports(
        app=app, facts=topic(*FACT_TOPICS), dossiers=topic("dossiers"), rows=table("rows"),
        alerts=table("alerts", changelog_topic=topic("alerts")),
        remarks=table("remarks", changelog_topic=topic("remarks")),
    )  # fmt: skip


def own_ports(log_url: str, partitions: int, home: Path, *, name: str = GROUP) -> Ports:
    """The skeleton's parts as our transport makes them, on the log at `log_url`."""
    app = make_app(name, log_url, partitions, home)
    topics = {name: make_topic(app, name, compacted=True) for name in (*FACT_TOPICS, "dossiers", "alerts", "remarks")}
    return Ports(
        app=app, facts=make_topic(app, *FACT_TOPICS, compacted=True), dossiers=topics["dossiers"],
        rows=make_table(app, "rows"), alerts=make_table(app, "alerts", changelog=topics["alerts"], read_back=True),
        remarks=make_table(app, "remarks", changelog=topics["remarks"]), events=events_of, send=topics["dossiers"].post,
    )  # fmt: skip


def at_rest(app: Any) -> bool:
    """Whether an app on our transport has done all that was delivered, and the log has all that it sent."""
    return bool(app.consumer.at_rest and not len(app.producer.ledger))
