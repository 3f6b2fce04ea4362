"""The recipes on made-up samples, and on the public data where it is there."""

import datetime as dt
import json
from pathlib import Path

import pytest

from schemas.reading import LineRefused, read_ndjson
from streams.errors import Stop
from streams.intake.recipes import (
    Drafts,
    draft_reports,
    draft_stix,
    parse_reports,
    parse_stix,
    published_in_name,
)

PUBLIC = Path(__file__).parents[4] / "shared" / "data"

REPORTS = """
"year","month","day","author","title","link","country"
2019,10,10,"Citizen Lab","Morocco: Alma Quist Targeted","https://lab.example/2019/10/alma-quist/","MO"
2019,11,10,"Harbor Lab","Macao: Somebody Targeted","https://lab.example/2019/11/b","MO"
2016,8,27,"Ada Berg, Olu Stein","A Year Wrong","https://lab.example/2015/08/c","XB,XC"
2016,8,x,"Harbor Lab","No Day","https://lab.example/d",""
"""
INDICATORS = """"type","ioc","family","country","reference"
"domain","bad.example","Lantern","Xanadu","http://www.lab.example/2019/10/alma-quist"
"domain","worse.example","Phishing","Xanadu","https://lab.example/2019/11/b"
"""


@pytest.fixture(name="drafts")
def drafts_fixture() -> Drafts:
    return parse_reports(REPORTS.encode(), INDICATORS.encode())


def test_report_becomes_a_draft_of_an_incident(drafts: Drafts) -> None:
    incident = drafts.drafted[0].incident
    assert incident.draft
    assert (incident.published_at, incident.occurred.last) == (dt.date(2019, 10, 10), dt.date(2019, 10, 10))
    assert (incident.occurred.start, incident.occurred.precision) == (dt.date(2017, 5, 4), "unknown")
    assert incident.technology == "intrusion_spyware"
    assert [product.name for product in incident.products] == ["Lantern"]
    assert incident.publications[0].source == "citizen-lab"
    assert drafts.drafted[2].incident.publications[0].source == "independent-researchers"


def test_no_title_no_address_and_no_person_is_kept(drafts: Drafts) -> None:
    text = b"".join(drafts.ndjson()).decode().casefold() + repr([each.hints for each in drafts.drafted]).casefold()
    for word in ("quist", "morocco: ", "example", "berg", "stein", "http"):
        assert word not in text, word


def test_country_of_the_list_is_no_operator_and_no_place(drafts: Drafts) -> None:
    for each in drafts.drafted:
        assert each.incident.operators == ()
        assert each.incident.use_country is None
        assert each.incident.victims == ()


def test_code_of_macao_is_corrected_only_where_the_title_says_morocco(drafts: Drafts) -> None:
    morocco, macao = drafts.drafted[0].hints, drafts.drafted[1].hints
    assert "so MA is meant" in morocco[0]
    assert "names MA" in morocco[1]
    assert len(macao) == 1
    assert "names MO" in macao[0]


def test_day_of_publication_that_contradicts_its_address_is_left_out(drafts: Drafts) -> None:
    assert drafts.drafted[2].incident.published_at is None
    assert drafts.drafted[2].incident.publications[0].published_at is None


def test_row_of_which_nothing_can_be_made_is_told(drafts: Drafts) -> None:
    assert [each.where for each in drafts.skipped] == ["row 4"]


def test_drafts_are_the_same_each_time_and_told_apart(drafts: Drafts) -> None:
    again = parse_reports(REPORTS.encode(), INDICATORS.encode())
    assert list(again.ndjson()) == list(drafts.ndjson())
    assert len({each.incident.id for each in drafts.drafted}) == 3


def bundle(*objects: dict[str, object]) -> bytes:
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": list(objects)}).encode()


LANTERN: dict[str, object] = {
    "type": "malware",
    "id": "malware--1",
    "name": "Lantern",
    "created": "2024-01-26T21:28:21Z",
}
INDICATES: dict[str, object] = {
    "type": "relationship", "relationship_type": "indicates", "source_ref": "indicator--1", "target_ref": "malware--1",
}  # fmt: skip


def test_bundle_becomes_one_draft_for_what_it_indicates() -> None:
    idle, astray = LANTERN | {"id": "malware--2", "name": "Idle"}, INDICATES | {"target_ref": "malware--9"}
    address: dict[str, object] = {
        "type": "indicator",
        "id": "indicator--1",
        "pattern": "[email-addr:value='alma.quist@mail.example']",
    }
    drafts = parse_stix(
        bundle(LANTERN, idle, INDICATES, astray, address), publisher="harbor-lab", published=dt.date(2021, 7, 18)
    )
    (drafted,) = drafts.drafted
    assert [product.name for product in drafted.incident.products] == ["Lantern"]
    assert drafted.incident.occurred.last == dt.date(2021, 7, 18)
    assert b"quist" not in b"".join(drafts.ndjson())


def test_object_whose_name_cannot_come_in_is_told_and_not_repeated() -> None:
    named = LANTERN | {"name": "call +41 79 123 45 67"}
    drafts = parse_stix(bundle(named, INDICATES), publisher="harbor-lab", published=dt.date(2021, 7, 18))
    assert drafts.drafted == ()
    assert [problem.path for problem in drafts.skipped[0].problems] == ["/products/0/name"]
    assert "41 79" not in repr(drafts)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'{"type":"campaign"}', b'{"type":"bundle","objects":3}', b"[" * 99999]
)
def test_what_is_no_bundle_stops_in_words(raw: bytes) -> None:
    with pytest.raises(Stop, match="expected"):
        parse_stix(raw, publisher="harbor-lab", published=dt.date(2021, 7, 18))


def test_day_of_publication_is_in_the_name_or_must_be_said(tmp_path: Path) -> None:
    assert published_in_name(Path("2021-07-18_a__b.stix2")) == dt.date(2021, 7, 18)
    assert published_in_name(Path("2021-17-18_a.stix2")) is None
    (tmp_path / "lantern.stix2").write_bytes(bundle(LANTERN, INDICATES))
    with pytest.raises(Stop, match="day of publication"):
        draft_stix(tmp_path / "lantern.stix2", publisher="harbor-lab")
    with pytest.raises(Stop, match="cannot be read"):
        draft_stix(tmp_path / "2021-07-18_none.stix2", publisher="harbor-lab")


def public(name: str) -> Path:
    if not (PUBLIC / name).exists():
        pytest.skip(f"the public data set {name} is not on this machine")
    return PUBLIC / name


def test_public_list_of_reports_becomes_101_drafts() -> None:
    drafts = draft_reports(public("incident_reports_botherder"))
    assert (len(drafts.drafted), len(drafts.skipped)) == (101, 0)
    assert len({each.incident.id for each in drafts.drafted}) == 101
    assert sum(bool(each.incident.vendors or each.incident.products) for each in drafts.drafted) >= 40
    moroccan = [each for each in drafts.drafted if any("MA is meant" in hint for hint in each.hints)]
    assert len(moroccan) == 2
    assert not any(isinstance(read, LineRefused) for read in read_ndjson(drafts.ndjson()))


def test_public_bundle_becomes_a_draft() -> None:
    file = public("stix2_amnesty") / "2021-12-16_cytrox__cytrox.stix2"
    drafts = draft_stix(file, publisher="amnesty-security-lab")
    (drafted,) = drafts.drafted
    assert drafted.incident.published_at == dt.date(2021, 12, 16)
    assert len(drafted.incident.products) == 1
