import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.errors import Stop, Wait
from streams.transport.log import Log, acquire, release
from streams.transport.ports import Committed, Outgoing, Position


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    opened = Log(tmp_path / "log.sqlite", clock=lambda: 1_700_000_000_000)
    opened.create_topic("facts", 4)
    opened.create_topic("alerts", 2, compacted=True)
    yield opened
    opened.close()


def reopened(log: Log) -> Log:
    log.close()
    return Log(log.path)


def fact(key: str, value: str = "body", partition: int | None = None) -> Outgoing:
    return Outgoing("facts", value.encode(), key.encode(), partition)


def alert(key: str, value: str | None) -> Outgoing:
    return Outgoing("alerts", None if value is None else value.encode(), key.encode(), 0)


def values(log: Log, topic: str = "alerts") -> list[bytes | None]:
    return [record.value for record in log.read(topic, 0, 0, 1000)]


def test_records_come_back_as_they_were_sent(log: Log) -> None:
    sent = Outgoing("facts", b"\x00body\xff", b"\x00key", 2, 1_600_000_000_123, (("party", b"embassy"),))
    assert log.append([sent]) == [Position("facts", 2, 0)]
    (found,) = log.read("facts", 2, 0, 10)
    assert (found.value, found.key, found.partition, found.offset) == (b"\x00body\xff", b"\x00key", 2, 0)
    assert (found.timestamp_ms, found.headers) == (1_600_000_000_123, (("party", b"embassy"),))


def test_a_record_without_time_gets_the_clocks(log: Log) -> None:
    log.append([fact("a", partition=0)])
    assert log.read("facts", 0, 0, 1)[0].timestamp_ms == 1_700_000_000_000


def test_offsets_of_a_part_count_from_zero_without_holes(log: Log) -> None:
    positions = log.append([fact("a", partition=1), fact("b", partition=3), fact("c", partition=1)])
    assert [(p.partition, p.offset) for p in positions] == [(1, 0), (3, 0), (1, 1)]
    assert log.append([fact("d", partition=1)])[0].offset == 2
    assert log.highwaters("facts") == {0: 0, 1: 3, 2: 0, 3: 1}


def test_records_without_a_key_go_to_the_parts_by_turns(log: Log) -> None:
    sent = [Outgoing("facts", b"tick") for _ in range(8)]
    assert sorted(p.partition for p in log.append(sent)) == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_range_is_read_in_pieces(log: Log) -> None:
    log.append([fact("k", str(n), partition=0) for n in range(10)])
    assert [r.offset for r in log.read("facts", 0, 3, 4)] == [3, 4, 5, 6]
    assert [r.offset for r in log.read("facts", 0, 8, 4)] == [8, 9]
    assert log.read("facts", 0, 10, 4) == []
    assert log.read("facts", 1, 0, 4) == []


def test_what_was_appended_is_there_after_a_restart(log: Log) -> None:
    log.append([fact("a", "1", 0), fact("a", "2", 0)])
    log.commit("watch", {("facts", 0): Committed(1, "pending:end=2")})
    again = reopened(log)
    assert [r.value for r in again.read("facts", 0, 0, 10)] == [b"1", b"2"]
    assert again.offsets("watch") == {("facts", 0): Committed(1, "pending:end=2")}
    assert again.append([fact("a", "3", 0)])[0].offset == 2
    again.close()


def test_a_batch_with_one_bad_record_leaves_none(log: Log) -> None:
    with pytest.raises(ValueError, match="topic 'rumors' is not in the log"):
        log.append([fact("a", partition=0), Outgoing("rumors", b"x", b"k")])
    with pytest.raises(ValueError, match="partition 9 of topic 'facts' is not in the log; expected 4 partitions"):
        log.append([fact("a", partition=0), fact("b", partition=9)])
    assert log.highwater("facts", 0) == 0


def test_a_failed_transaction_leaves_offsets_as_they_were(log: Log) -> None:
    with pytest.raises((Stop, sqlite3.Error)):
        log.append([fact("a", partition=0), Outgoing("facts", object(), b"k", 0)])  # type: ignore[arg-type]
    assert log.append([fact("b", partition=0)])[0].offset == 0
    assert log.count("facts") == 1


def test_a_compacted_topic_takes_no_record_without_a_key(log: Log) -> None:
    with pytest.raises(ValueError, match="compacted topic alerts has no key"):
        log.append([Outgoing("alerts", b"x", None, 0)])


def test_the_partition_count_is_fixed(log: Log) -> None:
    assert log.create_topic("facts", 4).partitions == 4
    with pytest.raises(Stop, match=r"Topic facts .* has 4 partitions, 8 were asked for"):
        log.create_topic("facts", 8)


def test_what_is_kept_once_is_kept(log: Log) -> None:
    log.keep("partitions", "4")
    log.keep("partitions", "4")
    with pytest.raises(Stop, match="made with partitions = 4, 8 was asked for"):
        log.keep("partitions", "8")
    assert (log.kept("partitions"), log.kept("nothing")) == ("4", None)


def test_compaction_keeps_the_newest_of_every_key_and_its_offset(log: Log) -> None:
    log.append([alert("a", "a1"), alert("b", "b1"), alert("a", "a2"), alert("c", "c1"), alert("a", "a3")])
    log.append([fact("a", "1", 0), fact("a", "2", 0)])
    assert log.compact() == 2
    assert [(r.offset, r.value) for r in log.read("alerts", 0, 0, 10)] == [(1, b"b1"), (3, b"c1"), (4, b"a3")]
    assert log.earliest("alerts") == {0: 1, 1: 0}
    assert log.highwater("alerts", 0) == 5
    assert values(log, "facts") == [b"1", b"2"]


def test_compaction_keeps_a_tombstone(log: Log) -> None:
    log.append([alert("a", "a1"), alert("a", None)])
    log.compact()
    assert values(log) == [None]


def test_offsets_go_on_after_compaction_and_a_restart(log: Log) -> None:
    log.append([alert("a", str(n)) for n in range(5)])
    log.compact()
    again = reopened(log)
    assert again.append([alert("a", "5")])[0].offset == 5
    again.close()


def test_a_part_with_little_new_is_not_due(log: Log) -> None:
    log.append([alert("a", "1"), alert("a", "2")])
    assert log.compact(only_if_due=True) == 0
    log.append([alert("a", str(n)) for n in range(10_000)])
    assert log.compact(only_if_due=True) == 10_001
    assert log.compact(only_if_due=True) == 0


def test_what_is_too_old_goes_and_the_newest_of_a_part_stays(log: Log) -> None:
    log.append([Outgoing("facts", b"%d" % n, b"k", 0, 1000 * n) for n in range(5)])
    log.append([Outgoing("facts", b"alone", b"k", 1, 0)])
    assert log.drop_before("facts", 3000) == 3
    assert values(log, "facts") == [b"3", b"4"]
    assert log.drop_before("facts", 10_000) == 1
    assert log.earliest("facts") == {0: 4, 1: 0, 2: 0, 3: 0}
    again = reopened(log)
    assert again.highwaters("facts") == {0: 5, 1: 1, 2: 0, 3: 0}
    again.close()


def test_compaction_goes_on_while_others_append(log: Log) -> None:
    log.append([alert(str(n % 7), str(n)) for n in range(5000)])
    appending = threading.Thread(target=lambda: [log.append([alert("new", str(n))]) for n in range(200)])
    appending.start()
    log.compact()
    appending.join()
    assert log.highwater("alerts", 0) == 5200
    log.compact()
    assert len(values(log)) == 8


def test_an_erased_body_is_not_left_in_the_file(log: Log) -> None:
    log.append([alert("a", "SECRET-BODY" * 40)])
    log.append([alert("a", "stub")])
    log.compact()
    log.close()
    assert b"SECRET-BODY" not in log.path.read_bytes()


def test_threads_append_without_losing_or_doubling(log: Log) -> None:
    def append(name: int) -> None:
        for n in range(100):
            log.append([fact(f"{name}-{n}", partition=0)])

    threads = [threading.Thread(target=append, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = log.read("facts", 0, 0, 1000)
    assert [r.offset for r in found] == list(range(400))
    assert len({r.key for r in found}) == 400


def test_a_second_process_is_told_who_holds_the_log(log: Log) -> None:
    code = "import sys, pathlib; from streams.transport.log import Log; Log(pathlib.Path(sys.argv[1]))"
    other = subprocess.run([sys.executable, "-c", code, str(log.path)], capture_output=True, text=True, timeout=60)
    assert f"is in use by process {os.getpid()}; one process holds it" in other.stderr
    assert "streams.errors.Stop" in other.stderr


def test_a_closed_log_can_be_opened_again(log: Log) -> None:
    log.close()
    with pytest.raises(Wait, match="is closed"):
        log.append([fact("a")])
    Log(log.path).close()


def test_everybody_in_a_process_shares_one_log(tmp_path: Path) -> None:
    first = acquire(tmp_path / "log.sqlite")
    second = acquire(tmp_path / "." / "log.sqlite")
    assert first is second
    release(first)
    second.create_topic("facts", 1)
    release(second)
    with pytest.raises(Wait):
        second.create_topic("more", 1)


def test_a_damaged_log_is_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    path.write_bytes(b"this is no database, but it is long enough to be taken for one " * 200)
    with pytest.raises(Stop, match=r"The log .* is damaged .*Move it away and restore a copy"):
        Log(path)


def test_damage_inside_the_file_is_found(log: Log) -> None:
    log.append([fact(str(n), "x" * 900, 0) for n in range(300)])
    log.verify()
    log.close()
    spoiled = bytearray(log.path.read_bytes())
    for page in range(6 * 8192, len(spoiled), 8192):
        spoiled[page : page + 8] = b"\xff" * 8
    log.path.write_bytes(spoiled)
    with pytest.raises(Stop, match="damaged"):
        Log(log.path).verify()


def test_a_log_of_a_newer_version_is_refused_in_words(log: Log) -> None:
    log.close()
    with sqlite3.connect(log.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(Stop, match="newer version: schema 99, this program knows 1"):
        Log(log.path)


def test_a_foreign_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.sqlite") as connection:
        connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    with pytest.raises(Stop, match="not a log of this program"):
        Log(tmp_path / "other.sqlite")


def test_an_unknown_synchronous_stops(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="'fast', expected 'normal' or 'full'"):
        Log(tmp_path / "log.sqlite", synchronous="fast")  # type: ignore[arg-type]


async def test_a_follower_reads_what_stands_and_then_what_comes(log: Log) -> None:
    log.append([fact("k", str(n), 0) for n in range(5)])
    following = log.follow({("facts", 0): 1, ("facts", 1): 0}, limit=2)

    async def some() -> list[bytes | None]:
        return [record.value for record in await asyncio.wait_for(anext(following), 10)]

    assert [await some(), await some()] == [[b"1", b"2"], [b"3", b"4"]]
    coming = asyncio.ensure_future(some())
    await asyncio.sleep(0)
    log.append([fact("k", "here", 1)])
    assert await coming == [b"here"]
    coming = asyncio.ensure_future(some())
    await asyncio.sleep(0)
    await asyncio.to_thread(log.append, [fact("k", "thread", 0)])
    assert await coming == [b"thread"]
    await following.aclose()


async def test_a_follower_of_a_closed_log_is_told_to_wait(log: Log) -> None:
    following = asyncio.ensure_future(anext(log.follow({("facts", 0): 0})))
    await asyncio.sleep(0)
    log.close()
    with pytest.raises(Wait):
        await asyncio.wait_for(following, 10)


KILLED = """
import os, sys, pathlib, threading, time
from streams.transport.log import Log
from streams.transport.ports import Outgoing
log = Log(pathlib.Path(sys.argv[1]), synchronous=sys.argv[2]); log.create_topic("facts", 4)
n = log.count("facts")
while True:
    log.append([Outgoing("facts", b"x" * 500, b"%d" % (n + i)) for i in range(7)])
    n += 7
    os.write(1, b"%d\\n" % n)
"""


@pytest.mark.parametrize("synchronous", ["normal", "full"])
def test_what_was_acknowledged_survives_kill_nine(tmp_path: Path, synchronous: str) -> None:
    path = tmp_path / "log.sqlite"
    for patience in (0.3, 0.05, 0.2):
        writer = subprocess.Popen([sys.executable, "-c", KILLED, str(path), synchronous], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        acknowledged = int(writer.stdout.readline())
        threading.Event().wait(patience)
        writer.kill()
        rest = writer.stdout.read().split(b"\n")[:-1]
        acknowledged = int(rest[-1]) if rest else acknowledged
        writer.wait()
        writer.stdout.close()
        log = Log(path)
        keys = {int(r.key or b"") for p in range(4) for r in log.read("facts", p, 0, 1_000_000)}
        log.verify()
        log.close()
        assert keys >= set(range(acknowledged))
        assert keys == set(range(len(keys)))
