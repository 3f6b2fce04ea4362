"""Topics on a Kafka cluster: what the topic files ask for, what is there, how they differ, and making what is missing.

The stream never makes a topic there: a topic made by sending to it has the wrong partitions, and is deleted from where
it should be compacted. What differs is told and never changed from here; partitions cannot be changed at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import kafka
import msgspec
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from schemas.topics import Topic
from streams.errors import Stop, Wait

_DAY = 86_400_000
"""Milliseconds."""
LAG_DAYS = 7
"""Within so many days of its segment's end an overwritten body is off the disks: an erasure must end [days]."""
SEGMENT_DAYS = 1
"""An open segment is never compacted; the first record after a day ends it. It keeps recovery short, too [days]."""
STUB_DAYS = 1
"""A stub stays so long for those who read behind; then it goes too, and with it the key that it bears [days]."""
_LARGEST = 8_000_000
"""Largest record [bytes]: as the largest request body of the door."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A topic as it should be."""

    name: str
    partitions: int
    replication: int
    settings: dict[str, str]
    """Kafka's names to values; what is not named here may be as it is."""


class Differs(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it should be."""

    topic: str
    setting: str
    """A setting of Kafka, or `partitions`, `replication`, `topic`."""
    expected: str
    found: str

    def __str__(self) -> str:
        """Three lines, as a diff has them."""
        return f"@@ {self.topic}: {self.setting}\n- {self.found}\n+ {self.expected}"


def wanted(topics: Iterable[Topic], *, partitions: int, replication: int, changelogs: Sequence[str]) -> list[Wanted]:
    """What the topic files ask for on a cluster, and the tables' own `changelogs`, which have no file."""
    asked = [_wanted(topic.name, topic.retention_days, partitions, replication) for topic in topics]
    return [*asked, *(_changelog(name, partitions, replication) for name in changelogs)]


def _wanted(name: str, days: int | None, partitions: int, replication: int) -> Wanted:
    settings = {"max.message.bytes": str(_LARGEST), "unclean.leader.election.enable": "false"}
    if replication >= 3:
        settings["min.insync.replicas"] = str(replication - 1)
    if days is None:
        settings |= {
            "cleanup.policy": "compact",
            "max.compaction.lag.ms": str(LAG_DAYS * _DAY),
            "segment.ms": str(SEGMENT_DAYS * _DAY),
            "delete.retention.ms": str(STUB_DAYS * _DAY),
        }
    else:
        settings |= {"cleanup.policy": "delete", "retention.ms": str(days * _DAY)}
    return Wanted(name=name, partitions=partitions, replication=replication, settings=settings)


def _changelog(name: str, partitions: int, replication: int) -> Wanted:
    return _wanted(name, None, partitions, replication)


class Topics:
    """The topics of a cluster; blocking. `security` are settings of kafka-python's clients."""

    def __init__(self, bootstrap: Sequence[str], *, patience: float = 30.0, **security: Any) -> None:
        self._where = ", ".join(bootstrap)
        try:
            self._admin = kafka.KafkaAdminClient(
                bootstrap_servers=list(bootstrap), bootstrap_timeout_ms=int(patience * 1000), **security
            )
        except (KafkaError, OSError, ValueError) as error:
            raise Wait(f"The log at {self._where} is away: {type(error).__name__}") from error

    def differences(self, asked: Sequence[Wanted]) -> list[Differs]:
        """Everything in which the cluster differs from `asked`, in its order. Raises `Wait` while it is away."""
        try:
            found = {t["name"]: t for t in self._admin.describe_topics() if not t.get("error_code")}
            settings = self._settings([each.name for each in asked if each.name in found])
        except KafkaError as error:
            raise Wait(f"The log at {self._where} is away: {type(error).__name__}") from error
        return [d for each in asked for d in _compared(each, found.get(each.name), settings.get(each.name, {}))]

    def create(self, asked: Sequence[Wanted]) -> list[str]:
        """Make those of `asked` that are not there, and wait until each has its leaders; return their names."""
        there = set(self._admin.list_topics())
        missing = [each for each in asked if each.name not in there]
        if not missing:
            return []
        try:
            self._admin.create_topics(
                {
                    each.name: {
                        "num_partitions": each.partitions,
                        "replication_factor": each.replication,
                        "configs": each.settings,
                    }
                    for each in missing
                },
                timeout_ms=30_000,
                wait_for_metadata=True,
            )
        except KafkaError as error:
            raise Stop(f"Topics cannot be made at {self._where}: {type(error).__name__}: {error}") from error
        return [each.name for each in missing]

    def close(self) -> None:
        """Close the connections."""
        self._admin.close()

    def _settings(self, names: Sequence[str]) -> dict[str, dict[str, str]]:
        if not names:
            return {}
        answer = self._admin.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, name) for name in names], config_filter="all"
        )
        by_name: dict[str, Any] = {}
        for of_type in answer.values():
            by_name |= of_type
        return {name: {key: str(said["value"]) for key, said in found.items()} for name, found in by_name.items()}


def _compared(asked: Wanted, found: Mapping[str, Any] | None, settings: Mapping[str, str]) -> list[Differs]:
    if found is None:
        return [Differs(topic=asked.name, setting="topic", expected="is there", found="is not there")]
    parts = found["partitions"]
    copies = sorted({len(part["replica_nodes"]) for part in parts})
    pairs = [
        ("partitions", str(asked.partitions), str(len(parts))),
        ("replication", str(asked.replication), " and ".join(map(str, copies))),
        *((name, value, settings.get(name, "(not known to this Kafka)")) for name, value in asked.settings.items()),
    ]
    return [
        Differs(topic=asked.name, setting=name, expected=expected, found=there)
        for name, expected, there in pairs
        if expected != there
    ]
