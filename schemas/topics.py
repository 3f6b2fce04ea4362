"""The topics, one file each in `topics/`: what a record means, who writes and reads it, its key, its end and why.

Nothing else names a topic's retention or cleanup; the transport makes them as said here. Source of the policies:
`faust.md` section 7 of the project's design papers.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Cleanup = Literal["compact", "delete"]


class Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One topic. `types` are names of types in `schemas`; a fact's topic also holds the retractions of its kind."""

    name: Annotated[str, Meta(pattern=r"^[a-z]+(-[a-z]+)*$")]
    """No dot or underscore: in Kafka's metrics they are one."""
    meaning: Annotated[str, Meta(min_length=20)]
    """What a record says, and what it does not."""
    written_by: Annotated[tuple[str, ...], Meta(min_length=1)]
    read_by: Annotated[tuple[str, ...], Meta(min_length=1)]
    key: Annotated[str, Meta(min_length=2)]
    """The record's key, in words."""
    partition_by: Annotated[str, Meta(min_length=2)]
    """What is hashed to find the partition, in words."""
    types: Annotated[tuple[str, ...], Meta(min_length=1)]
    cleanup: Cleanup
    """`compact`: the newest record of a key is kept for ever; `delete`: records go when they are old."""
    retention_days: Annotated[int, Meta(ge=1, le=36_525)] | None = None
    """Age at which records go [days]; only where cleanup is `delete`."""
    why: Annotated[str, Meta(min_length=20)]
    """The reason for cleanup and retention."""

    def __post_init__(self) -> None:
        """Retention and deletion go together."""
        if (self.cleanup == "delete") != (self.retention_days is not None):
            raise ValueError(f"topic {self.name}: retention_days is {self.retention_days} under cleanup {self.cleanup}")


def read_topic(text: str, where: str) -> Topic:
    """A topic from its TOML; raises `ValueError` that names the file and the fault."""
    try:
        return msgspec.convert(tomllib.loads(text), Topic)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{where}: {error}") from error


def read_topics() -> dict[str, Topic]:
    """Every topic that has a file, by name; raises `ValueError` where a file's name is not its topic's."""
    topics = {}
    for file in sorted(resources.files("schemas").joinpath("topics").iterdir(), key=lambda each: each.name):
        topic = read_topic(file.read_text(encoding="utf-8"), file.name)
        if file.name != f"{topic.name}.toml":
            raise ValueError(f"{file.name}: holds the topic {topic.name}, expected {file.name.removesuffix('.toml')}")
        topics[topic.name] = topic
    return topics


TOPICS: dict[str, Topic] = read_topics()
"""Every topic by name."""
