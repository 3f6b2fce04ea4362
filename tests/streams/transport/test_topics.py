from schemas.topics import TOPICS
from streams.transport.topics import Wanted, _compared, wanted

DAY = 86_400_000


def by_name(partitions: int = 8, replication: int = 3) -> dict[str, Wanted]:
    asked = wanted(TOPICS.values(), partitions=partitions, replication=replication, changelogs=("rows-changelog",))
    return {each.name: each for each in asked}


def described(name: str, partitions: int, copies: int) -> dict[str, object]:
    """A topic as kafka-python's admin client tells it."""
    return {
        "name": name,
        "partitions": [{"partition_index": n, "replica_nodes": [1] * copies} for n in range(partitions)],
    }


def test_every_topic_file_and_every_changelog_is_asked_for() -> None:
    assert by_name().keys() == {*TOPICS, "rows-changelog"}


def test_facts_are_compacted_and_an_erased_body_is_off_the_disks_within_a_week() -> None:
    assert by_name()["incidents"].settings["cleanup.policy"] == "compact"
    for topic in ("incidents", "dossiers", "alerts", "rows-changelog"):
        settings = by_name()[topic].settings
        assert settings["max.compaction.lag.ms"] == str(7 * DAY)
        assert settings["segment.ms"] == str(DAY), "an open segment is never compacted"
        assert settings["delete.retention.ms"] == str(DAY), "the stub bears the key, and goes too"


def test_parked_records_go_at_the_age_that_their_file_says() -> None:
    settings = by_name()["parked"].settings
    assert (settings["cleanup.policy"], settings["retention.ms"]) == ("delete", str(400 * DAY))


def test_two_of_three_copies_must_have_a_record_before_it_counts() -> None:
    assert by_name(replication=3)["alerts"].settings["min.insync.replicas"] == "2"
    assert "min.insync.replicas" not in by_name(replication=1)["alerts"].settings


def test_a_topic_as_asked_does_not_differ() -> None:
    asked = by_name()["alerts"]
    assert _compared(asked, described("alerts", 8, 3), asked.settings) == []


def test_what_differs_is_told_with_what_was_found_and_expected() -> None:
    asked = by_name()["alerts"]
    found = _compared(asked, described("alerts", 4, 1), asked.settings | {"cleanup.policy": "delete"})
    assert [(d.setting, d.found, d.expected) for d in found] == [
        ("partitions", "4", "8"),
        ("replication", "1", "3"),
        ("cleanup.policy", "delete", "compact"),
    ]
    assert str(found[0]) == "@@ alerts: partitions\n- 4\n+ 8"


def test_a_missing_topic_is_one_difference() -> None:
    (found,) = _compared(by_name()["alerts"], None, {})
    assert str(found) == "@@ alerts: topic\n- is not there\n+ is there"
