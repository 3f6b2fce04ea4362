import typing

import pytest

import schemas
from schemas.codec import FACT_TYPES, TOPIC_OF, AnyRow
from schemas.topics import TOPICS, read_topic

GOOD = """
name = "licenses"
meaning = "What was granted, on which pledge."
written_by = ["intake"]
read_by = ["place"]
key = "kind:source:id"
partition_by = "kind:source:id"
types = ["License"]
cleanup = "compact"
why = "Facts are kept for ever, for replay."
"""


def test_every_fact_has_its_topic_and_every_type_its_place():
    assert set(TOPIC_OF.values()) <= set(TOPICS)
    for kind in FACT_TYPES:
        tag = kind.__struct_config__.tag
        topic = TOPICS[TOPIC_OF[tag]] if tag != "retraction" else TOPICS["licenses"]
        assert kind.__name__ in topic.types


def test_dossiers_take_every_row_that_the_codec_knows():
    assert set(TOPICS["dossiers"].types) == {kind.__name__ for kind in typing.get_args(AnyRow)}


def test_topics_name_only_types_that_exist():
    for topic in TOPICS.values():
        for name in topic.types:
            assert isinstance(getattr(schemas, name), type), f"{topic.name} names {name}"


def test_derived_records_have_their_topics():
    assert {"alerts", "remarks", "notices", "parked", "dossiers"} <= set(TOPICS)


def test_facts_and_state_are_never_deleted_for_their_age():
    assert [topic.name for topic in TOPICS.values() if topic.cleanup == "delete"] == ["parked"]


def test_parked_records_stay_at_least_ninety_days():
    assert (TOPICS["parked"].retention_days or 0) >= 90


def test_only_the_clock_writes_ticks_and_none_is_taken_back():
    assert TOPICS["ticks"].types == ("Tick",)
    assert len(TOPICS["ticks"].written_by) == 1


def test_good_topic_is_read():
    assert read_topic(GOOD, "licenses.toml").name == "licenses"


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ('name = "licenses"', 'name = "export_licenses"'),
        ('name = "licenses"', 'name = "licenses"\nretention = 3'),
        ('cleanup = "compact"', 'cleanup = "compat"'),
        ('cleanup = "compact"', 'cleanup = "delete"'),
        ('cleanup = "compact"', 'cleanup = "compact"\nretention_days = 3'),
        ("why = ", "reason = "),
    ],
)
def test_topic_that_is_misspelt_or_contradicts_itself_is_refused(line, instead):
    with pytest.raises(ValueError, match=r"licenses\.toml|retention_days"):
        read_topic(GOOD.replace(line, instead), "licenses.toml")
