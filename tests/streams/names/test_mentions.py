"""Mentions: everyday words do not become vendors without context."""

from __future__ import annotations

import pytest

from streams.names.mentions import mentions

EVERYDAY = [
    "The lion is the apex predator of the savanna.",
    "A predator like the wolf hunts in packs, and the herd was attacked.",
    "Predator and prey keep each other in balance.",
    "A hacking team from the north broke into the bank.",
    "Our hacking team meets on Tuesdays to practice for the competition.",
    "Hacking team arrested in the capital after a raid.",
    "She moved in circles of power all her life.",
    "Circles on the floor marked the places to stand.",
    "The Circles of the poem are nine.",
    "Pegasus, the winged horse, was painted on the vase.",
    "Graphite is a form of carbon.",
    "He wrote the report with graphite and charcoal.",
    "A hermit lived in the cave above the village.",
    "The hermit crab moved into another shell.",
    "Helios drove the chariot of the sun.",
    "Triton is the largest moon of Neptune.",
    "She was a paragon of virtue, the minister said.",
    "The avalanche closed the road for three days.",
    "The falcon circled near the area of the utility.",
    "An alien landscape lay before them, near the edge of the citadel.",
    "He found the candle near the window and read the gospel.",
    "The camp was targeted by hermit crabs.",
    "The town was attacked by a hacking team.",
    "Customers of circles and clubs were asked.",
    "The verdict was innovative and the court took the time it needed.",
]

IN_CONTEXT = [
    ("The phone was infected with Predator spyware.", "product/predator"),
    ("Traces of predator spyware were found on the device.", "product/predator"),
    ("Intellexa sold Predator to the ministry.", "product/predator"),
    ("The spyware vendor Hacking Team lost its license.", "vendor/hacking-team"),
    ("Customers of Hacking Team were named.", "vendor/hacking-team"),
    ("The reporter was targeted with Graphite.", "product/graphite"),
    ("NSO Group and its affiliate Circles denied it.", "vendor/circles"),
    ("NSO Group denied it.", "vendor/nso-group"),
    ("Officers of the FSB were present.", "agency/ru/federal-security-service"),
]


@pytest.mark.parametrize("sentence", EVERYDAY)
def test_everyday_words_are_no_vendors(sentence: str) -> None:
    assert mentions(sentence) == ()


@pytest.mark.parametrize(("sentence", "entity"), IN_CONTEXT)
def test_with_context_the_same_words_are_names(sentence: str, entity: str) -> None:
    found = mentions(sentence)
    assert entity in {one.entity for mention in found for one in mention.resolutions}
    for mention in found:
        assert sentence[mention.start : mention.end] == mention.text
        assert mention.reason
