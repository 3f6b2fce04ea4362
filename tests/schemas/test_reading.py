import datetime as dt
import json
import time

import msgspec
import pytest

from schemas.codec import encode
from schemas.examples import facts, valid
from schemas.problems import Refused
from schemas.reading import MAX_FACT, LineRefused, read_fact, read_many, read_ndjson
from schemas.shapes import MAX_LIST, MAX_PROBLEMS
from schemas.tick import Tick

MINIMAL = {
    "fact": "incident",
    "id": "report-12",
    "source": "lab-a",
    "occurred": {"start": "2024-01-01"},
    "technology": "intrusion_spyware",
}
STATES = {"Xandria": "XA", "XA": "XA", "Ксандрия": "XA", "桑德里亚": "XA"}


def raw(**changed):
    return json.dumps({**MINIMAL, **changed}).encode()


def refused(source, **door):
    with pytest.raises(Refused) as caught:
        read_fact(source, **door)
    return [(problem.path, problem.found, problem.expected) for problem in caught.value.problems]


def paths(source, **door):
    return [path for path, _, _ in refused(source, **door)]


def test_good_fact_comes_through_unchanged():
    for fact in facts():
        assert encode(read_fact(encode(fact))) == encode(fact)


def test_fact_made_in_the_house_is_read_like_any_other():
    fact = read_fact(raw())
    assert read_fact(fact) == fact
    assert paths(msgspec.structs.replace(fact, may_use_for=())) == ["/may_use_for"]


def test_decoded_json_and_its_bytes_are_read_alike():
    assert read_fact(MINIMAL) == read_fact(json.dumps(MINIMAL).encode()) == read_fact(bytearray(raw()))


def test_every_fault_is_told_at_once_with_its_path():
    source = raw(
        id="a b",
        source="LAB",
        occurred={"start": "2024-13-01", "from": "2024-01-01"},
        technology="bugging",
        victims=[{"klass": "journalist", "count": -1}, {"klass": "nobody"}],
        operators=[{"country": "Xandria", "confidence": "high"}],
    )
    assert set(paths(source)) == {
        "/id",
        "/source",
        "/occurred/start",
        "/occurred",
        "/technology",
        "/victims/0/count",
        "/victims/1/klass",
        "/operators/0/country",
        "/operators/0/confidence",
    }


def test_near_miss_of_a_field_or_a_word_is_named():
    [(path, _, expected)] = refused(raw(evidence_levle="E3"))
    assert path == "/evidence_levle"
    assert "did you mean 'evidence_level'?" in expected
    [(_, found, expected)] = refused(raw(technology="Intrusion Spyware"))
    assert (found, "did you mean 'intrusion_spyware'?" in expected) == ("'Intrusion Spyware'", True)


def test_unknown_field_is_refused_at_every_depth():
    deep = raw(
        publications=[{"source": "daily-one", "kind": "news", "title": "x"}], operator_agency={"name": "A", "person": 1}
    )
    assert set(paths(deep)) == {"/publications/0/title", "/operator_agency/person"}


def test_free_text_is_never_repeated():
    secret = "Ovari Quill of the third floor"
    source = raw(
        id=secret,
        source=secret,
        technology=secret,
        victims=secret,
        occurred={"start": secret, secret: 1},
        operators=[{"country": secret}],
        products=[{"name": secret * 20}],
        **{secret: 1},
    )
    assert not any("Ovari" in part or "Quill" in part for told in refused(source) for part in told)


def test_key_of_a_table_is_not_repeated_unless_it_is_our_own_word():
    policy = next(json.loads(each.raw) for each in valid() if each.kind == "policy")
    policy["weighing"]["reliability"]["Ovari Quill"] = {"value": "x", "unit": "percent", "origin": ""}
    policy["weighing"]["reliability"]["A"]["value"] = "x"
    told = refused(policy)
    assert "/weighing/reliability/A/value" in [path for path, _, _ in told]
    policy["weighing"]["reliability"]["Ovari Quill"]["value"] = 5000
    policy["weighing"]["reliability"]["A"]["value"] = 950
    told += refused(policy)
    assert "/weighing/reliability" in [path for path, _, _ in told]
    assert "Ovari" not in str(told)


def test_states_are_resolved_from_any_name():
    for name in STATES:
        fact = read_fact(raw(operators=[{"country": name}], use_country=name), resolve_country=STATES.get)
        assert (fact.operators[0].country, fact.use_country) == ("XA", "XA")


def test_state_that_does_not_resolve_is_refused_never_dropped():
    assert paths(raw(operators=[{"country": "Nowhere"}]), resolve_country=STATES.get) == ["/operators/0/country"]
    assert paths(raw(operators=[{"country": "XB"}]), resolve_country=STATES.get) == ["/operators/0/country"]
    assert paths(raw(operators=[{"country": "XB"}]), resolve_country=lambda _: "not a code") == ["/operators/0/country"]


def test_without_a_register_of_states_only_codes_pass():
    assert paths(raw(operators=[{"country": "Xandria"}])) == ["/operators/0/country"]
    assert paths(raw(operators=[{"country": "XA\n"}])) == ["/operators/0/country"]


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"[",
        b"{",
        b"nul",
        b"\xff\xfe{}",
        raw().replace(b"report-12", b"report-\xff"),
        b'{"fact": NaN}',
        b'{"count": Infinity}',
        b'{"count": -Infinity}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"count": ' + b"9" * 5000 + b"}",
        b"[]",
        b"3",
        b'"incident"',
        b"null",
        b" " * (MAX_FACT + 1),
    ],
    ids=lambda source: source[:12].decode(errors="replace") or "empty",
)
def test_what_is_no_fact_is_refused_as_a_whole(source):
    assert paths(source) == [""]


def test_repeated_field_is_refused_where_it_stands():
    source = raw().replace(b'"id": "report-12"', b'"id": "report-12", "id": "report-13"')
    assert paths(source) == ["/id"]
    nested = raw().replace(b'{"start": "2024-01-01"}', b'{"start": "2024-01-01", "start": "2024-01-02"}')
    assert paths(nested) == ["/occurred/start"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("revision", 0),
        ("revision", 10**30),
        ("revision", 1.5),
        ("revision", True),
        ("revision", "1"),
        ("draft", 1),
        ("draft", "true"),
        ("tlp", None),
        ("tlp", "amber"),
        ("embargo_until", "0000-00-00"),
        ("embargo_until", "9999-12-31"),
        ("embargo_until", "2024-02-30"),
        ("embargo_until", "20240101"),
        ("embargo_until", 1704067200),
        ("recorded_at", "2024-01-01T00:00:00"),
        ("recorded_at", "2024-01-01"),
        ("recorded_at", "0001-01-01T00:00:00+14:00"),
        ("document_ref", "a\n"),
        ("document_ref", "../secret"),
        ("operator_agency", "Directorate"),
        ("operators", {"country": "XA"}),
        ("operators", [None]),
    ],
)
def test_value_of_the_wrong_kind_is_refused_at_its_path(field, value):
    assert all(path.startswith(f"/{field}") for path in paths(raw(**{field: value})))


@pytest.mark.parametrize("text", ["", "   ", "a\x00b", "a\u202eb", "\ud800", "x" * 201])
def test_name_that_shows_nothing_or_hides_something_is_refused(text):
    assert paths(raw(operator_agency={"name": text})) == ["/operator_agency/name"]


def test_whole_number_written_with_a_point_is_whole():
    assert read_fact(raw(revision=2.0)).revision == 2


def test_time_is_kept_in_utc_so_that_equal_times_have_equal_bytes():
    east, west = (
        read_fact(raw(recorded_at=f"2024-01-01T{hour}:00{zone}"))
        for hour, zone in (("12:00", "+02:00"), ("10:00", "Z"))
    )
    assert encode(east) == encode(west)
    assert east.recorded_at == dt.datetime(2024, 1, 1, 10, tzinfo=dt.UTC)


def test_long_list_is_refused_without_being_gone_into():
    [(path, found, _)] = refused(raw(harms=["nonsense"] * (MAX_LIST + 1)))
    assert (path, found) == ("/harms", f"a list of {MAX_LIST + 1}")


def test_faults_beyond_the_bound_are_counted():
    told = refused(raw(harms=["nonsense"] * 1000))
    assert len(told) == MAX_PROBLEMS + 1
    assert told[-1][1] == f"{1000 - MAX_PROBLEMS} further faults"


def test_kind_may_be_left_to_the_address_that_it_is_sent_to():
    untagged = {name: value for name, value in MINIMAL.items() if name != "fact"}
    assert read_fact(untagged, expect="incident") == read_fact(MINIMAL)
    assert paths(untagged) == ["/fact"]


def test_another_kind_than_expected_is_refused():
    assert paths(MINIMAL, expect="license") == ["/fact"]
    assert paths({**MINIMAL, "fact": "story"}, expect="incident") == ["/fact"]


def test_retraction_comes_where_that_which_it_takes_back_may_come():
    retraction = {"fact": "retraction", "of": "incident", "id": "report-12", "source": "lab-a"}
    assert read_fact(retraction, expect="incident").of == "incident"
    assert paths(retraction, expect="license") == ["/fact"]


def test_lines_are_read_or_refused_each_by_itself():
    lines = [raw(), b"", b"\n", b"{", raw(id="b"), raw(technology="x"), b"\xff"]
    read = list(read_ndjson(lines))
    assert [each.line if isinstance(each, LineRefused) else each.id for each in read] == ["report-12", 4, "b", 6, 7]
    assert read[3].problems[0].path == "/technology"


def test_body_of_many_is_an_array_lines_or_one():
    array, lines = b"[" + raw() + b"," + raw(technology="x") + b"]", raw() + b"\r\n" + raw(technology="x") + b"\n"
    for body, kind in ((array, "application/json"), (lines, "application/x-ndjson")):
        first, second = read_many(body, kind)
        assert first == read_fact(raw())
        assert (second.line, second.problems[0].path) == (2, "/technology")
    assert read_many(raw()) == [read_fact(raw())]


def test_array_that_cannot_be_taken_apart_is_refused_as_a_whole():
    with pytest.raises(Refused):
        read_many(b"[" + raw() + b",")


def test_byte_order_mark_is_passed_over():
    assert read_fact(b"\xef\xbb\xbf" + raw()) == read_fact(raw())


def test_tick_can_be_read_so_that_a_log_can_be_replayed():
    tick = Tick(id="2026-01-01", source="clock", day=dt.date(2026, 1, 1))
    assert read_fact(encode(tick)) == tick


def test_twenty_thousand_facts_are_read_in_seconds():
    sources = [example.raw for example in valid() if example.kind in ("incident", "delivery", "report")]
    lines = [sources[number % len(sources)] for number in range(2_000)]
    begun = time.process_time()
    assert not any(isinstance(each, LineRefused) for each in read_ndjson(lines))
    assert time.process_time() - begun < 1.0  # a tenth of the facts in a tenth of ten seconds
