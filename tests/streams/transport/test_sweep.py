"""The sweep of the embedded log: killed anywhere and done again, it ends where an undisturbed one ends."""

from __future__ import annotations

import pytest

from builders import a_retraction, an_erasure, an_incident
from schemas import Parked
from schemas.codec import TOPIC_OF, encode, log_key
from schemas.erasure import erased_by
from schemas.problems import Problem
from streams.rules.placing import place
from streams.transport.log import Log
from streams.transport.ports import Outgoing
from streams.transport.sweep import fact_of_log_key, stub_key, sweep

CHANGELOG = "pledgewatch-rows-changelog"
GONE = [an_incident("I@1"), an_incident("I@1", revision=2), a_retraction(an_incident("I@1", revision=3))]
KEPT = [an_incident("I@10"), an_incident("I")]
ERASED = erased_by(an_erasure(GONE[0]))


class Killed(BaseException):
    """The process was killed."""


class MortalLog(Log):
    """A log whose process dies before the change that `left` counts down to."""

    left: int | None = None

    def _change(self):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed
        return super()._change()


@pytest.fixture
def log(tmp_path):
    log = MortalLog(tmp_path / "log.sqlite")
    for topic in (*TOPIC_OF.values(), "dossiers", "alerts", "remarks", "notices", "parked", CHANGELOG):
        log.create_topic(topic, 2, compacted=topic != "parked")
    for fact in [*GONE, *KEPT]:
        log.append([Outgoing("incidents", encode(fact), log_key(fact))])
        for copy in place(fact, 2):
            log.append([Outgoing("dossiers", copy.value, copy.key, copy.partition)])
            log.append([Outgoing(CHANGELOG, copy.value, b"%d|" % copy.partition + copy.key, copy.partition)])
    parked = Parked(
        topic="incidents", partition=0, offset=0, stage="check", key="incident:desk:I@1", source="desk", at=GONE[0].recorded_at,
        problems=(Problem(path="/x", found="y", expected="z"),),
    )  # fmt: skip
    log.append([Outgoing("parked", encode(parked), b"incident:desk:I@1")])
    for said in (b'{"evidence":"incident:desk:I@1"}', b"{}"):
        log.append([Outgoing("alerts", said, b"XA~a:L1~c")])
    yield log
    log.close()


def contents(log):
    return {
        (topic.name, p): [(r.offset, r.key, r.value) for r in log.read(topic.name, p, 0, 1000)]
        for topic in log.topics()
        for p in range(topic.partitions)
    }


def occurrences(log):
    return log.in_file(b"incident:desk:I@1@") + log.in_file(b"incident|desk|I@1|")


def test_everything_of_it_is_overwritten_and_all_else_stays(log):
    assert occurrences(log) > 8, "the check can fail"
    before = contents(log)
    assert sweep(log, [ERASED], [CHANGELOG])
    assert occurrences(log) == 0
    others = {log_key(fact) for fact in KEPT}
    assert log.in_file(b"incident:desk:I@1") == len(others), "I@10, and the first revision of I"
    for part, records in contents(log).items():
        if part[0] == "alerts":
            assert [value for _, _, value in records] in ([b"{}"], []), "the older word goes"
            continue
        was = {offset: (key, value) for offset, key, value in before[part]}
        assert was.keys() == {offset for offset, _, _ in records}
        for offset, key, value in records:
            assert (key, value) == was[offset] or (value is None and (key or b"").startswith(b"erased"))
    kept = [
        value for part, records in contents(log).items() if part[0] == "incidents" for _, _, value in records if value
    ]
    assert sorted(kept) == sorted(encode(fact) for fact in KEPT)


@pytest.mark.parametrize("after", range(9))
def test_killed_between_any_two_changes_and_done_again_it_ends_the_same(log, after):
    log.left = after
    try:
        sweep(log, [ERASED], [CHANGELOG])
    except Killed:
        pass
    log.left = None
    assert sweep(log, [ERASED], [CHANGELOG])
    ended = contents(log)
    assert occurrences(log) == 0
    assert sweep(log, [ERASED], [CHANGELOG])
    assert contents(log) == ended


def test_a_stub_no_longer_names_what_lay_under_it():
    assert fact_of_log_key(b"incident:desk:I@1@2!") == "incident:desk:I@1"
    assert b"desk" not in stub_key("incident:desk:I@1")
