"""What is overwritten in the log is gone from the bytes of its file and its journal; everybody else keeps their place."""

from __future__ import annotations

import random

import pytest

from streams.transport.log import Log
from streams.transport.ports import Outgoing

SECRET = b"a-word-that-must-go"


def bytes_on_disk(path):
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(path.name + "*")))


@pytest.fixture
def log(tmp_path):
    log = Log(tmp_path / "log.sqlite")
    log.create_topic("incidents", 2, compacted=True)
    yield log
    log.close()


def filled(log, count=400, seed=1):
    """Records of many sizes, some of them larger than a page, every seventh with the secret in key and value."""
    dice = random.Random(seed)
    for n in range(count):
        secret = n % 7 == 0
        size = dice.choice((5, 300, 3_000, 40_000))
        key = b"incident:desk:" + (SECRET + b"%d" % n if secret else b"I%d" % n)
        value = dice.randbytes(size) + (SECRET if secret else b"") + dice.randbytes(size)
        log.append([Outgoing("incidents", value, key, headers=(("by", SECRET if secret else b"x"),))])


def test_overwritten_records_are_gone_from_file_and_journal_and_others_stay(log):
    filled(log)
    before = {p: log.read("incidents", p, 0, 1000) for p in (0, 1)}
    assert SECRET in bytes_on_disk(log.path), "the check can fail"
    count = log.overwrite("incidents", lambda r: b"erased:1" if SECRET in (r.key or b"") else None)
    assert count == 58
    assert log.scrub([SECRET])
    assert SECRET not in bytes_on_disk(log.path)
    for partition, records in before.items():
        after = log.read("incidents", partition, 0, 1000)
        assert [r.offset for r in after] == [r.offset for r in records]
        for old, new in zip(records, after, strict=True):
            assert new == old if SECRET not in old.key else (new.key, new.value, new.headers) == (b"erased:1", None, ())
    log.verify()


def test_overwriting_again_changes_nothing(log):
    filled(log, 30)
    stub = lambda r: b"erased:1" if SECRET in (r.key or b"") else None  # noqa: E731
    assert log.overwrite("incidents", stub) == 5
    assert log.overwrite("incidents", stub) == 0


def test_places_go_on_from_where_they_were_after_the_last_record_was_overwritten(tmp_path):
    log = Log(tmp_path / "log.sqlite")
    log.create_topic("incidents", 1, compacted=True)
    log.append([Outgoing("incidents", SECRET, SECRET)])
    log.overwrite("incidents", lambda r: b"erased:1")
    log.close()
    again = Log(tmp_path / "log.sqlite")
    assert again.highwater("incidents", 0) == 1
    again.close()


def test_what_compaction_superseded_is_gone_from_the_file(log):
    for n in range(50):
        log.append([Outgoing("incidents", SECRET * 500 + b"%d" % n, b"one")])
    log.append([Outgoing("incidents", b"clean", b"one")])
    assert SECRET in bytes_on_disk(log.path)
    log.compact("incidents")
    assert log.scrub([SECRET])
    assert SECRET not in bytes_on_disk(log.path)
