"""Agent `place`: copies of what can be read, in order; what cannot be read is parked and the next one goes on."""

from __future__ import annotations

import pytest

from builders import a_license, a_tick, an_incident
from schemas.codec import decode_row, encode, log_key, topic_of
from streams.agents.arrival import Arrival
from streams.agents.place import place_facts
from streams.rules.placing import Copy, partition_of, place

PARTITIONS = 4


def arrival(value, offset=0, key=b"incident:desk:broken@1"):
    if isinstance(value, bytes):
        return Arrival("incidents", 0, offset, 1000, key, value)
    return Arrival(topic_of(value), 0, offset, 1000, log_key(value), encode(value))


class Sent:
    """A log that takes copies, and can fail at one of them."""

    def __init__(self, fails_at=None):
        self.copies: list[Copy] = []
        self.parked = []
        self._fails_at = fails_at

    async def send(self, copy):
        if len(self.copies) == self._fails_at:
            raise ConnectionError("the log is away")
        self.copies.append(copy)

    async def park(self, parked):
        self.parked.append(parked)


async def placed(*values, sent=None):
    sent = sent or Sent()

    async def arrivals():
        for offset, value in enumerate(values):
            yield arrival(value, offset)

    await place_facts(arrivals(), PARTITIONS, sent.send, sent.park)
    return sent


async def test_every_copy_of_every_fact_is_sent_in_order():
    facts = (a_license(), an_incident(), a_tick(), an_incident(revision=2))
    sent = await placed(*facts)
    assert sent.copies == [copy for fact in facts for copy in place(fact, PARTITIONS)]
    assert sent.parked == []


async def test_a_fact_arrives_as_it_was_said():
    sent = await placed(an_incident())
    (copy,) = sent.copies
    assert copy.partition == partition_of("XA", PARTITIONS)
    assert decode_row(copy.value) == an_incident()


async def test_what_cannot_be_read_is_parked_and_the_next_one_goes_on():
    broken = (b"not json", b'{"fact":"incident"}', b'{"fact":"rumor","id":"x"}', b"\xff\xfe")
    sent = await placed(*broken, an_incident())
    assert [p.offset for p in sent.parked] == [0, 1, 2, 3]
    assert {p.stage for p in sent.parked} == {"decode"}
    assert len(sent.copies) == 1


async def test_a_stub_over_what_was_erased_is_read_over():
    sent = await placed(b"", an_incident())
    assert sent.parked == []
    assert len(sent.copies) == 1


async def test_what_a_newer_house_adds_to_a_fact_is_read_over():
    newer = encode(an_incident()).replace(b'"id"', b'"mood":"new","id"', 1)
    assert b"mood" in newer
    sent = await placed(newer)
    assert sent.parked == []
    assert decode_row(sent.copies[0].value) == an_incident()


async def test_a_send_that_fails_stops_the_agent_before_the_next_fact():
    sent = Sent(fails_at=1)
    with pytest.raises(ConnectionError, match="the log is away"):
        await placed(an_incident("I1"), an_incident("I2"), an_incident("I3"), sent=sent)
    assert [decode_row(c.value).id for c in sent.copies] == ["I1"]
