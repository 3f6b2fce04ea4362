"""The reads over all destinations: for officers, of their issuing states' licenses, from any standpoint."""

from __future__ import annotations

import msgspec
import pytest

from builders import a_delivery, a_license, a_policy, a_publication, a_tick, an_incident
from streams.access import Access
from streams.rules.known import read_standpoint

PUBLIC = {"tlp": "CLEAR", "may_use_for": ("officer", "publication")}
OURS, THEIRS = a_license(), a_license("L2", "XB", issuing_state="QN")
FACTS = [
    a_policy(), a_tick(), OURS, a_delivery(OURS), THEIRS,
    *(an_incident(f"I{n}", publications=(a_publication(origin=f"o{n}"),), **PUBLIC) for n in range(6)),
]  # fmt: skip
OFFICE = Access(name="office", scopes=frozenset(("officer",)))
QM_OFFICE = Access(name="office of QM", scopes=frozenset(("officer",)), states=frozenset(("QM",)))
STAFF = Access(name="staff", scopes=frozenset(("staff",)))


@pytest.fixture(name="read")
def read_fixture(intake, intake_client, told_to):
    intake.reads.known_facts = {"all": FACTS}
    headers = {each.name: told_to(each) for each in (OFFICE, QM_OFFICE, STAFF)}

    def read(address, access=OFFICE, **query):
        answer = intake_client.get(f"/api/v1/{address}", params=query, headers=headers[access.name])
        return answer.status_code, msgspec.json.decode(answer.content)

    return read


def test_an_officer_reads_what_to_check_next(read):
    status, found = read("next")
    assert status == 200
    assert [e["key"] for e in found["licenses"]] == ["XA~authority:L1", "XB~authority:L2"]
    assert all(e["points"] == sum(t["points"] for t in e["terms"]) for e in found["licenses"])
    _, narrow = read("next", destination="XB", limit="1")
    assert [e["destination"] for e in (*narrow["licenses"], *narrow["end_users"])] == ["XB", "XB"]


def test_licenses_of_other_issuing_states_are_not_an_officers_business(read):
    for query in ({}, {"issuing_state": "QN"}):
        _, found = read("next", QM_OFFICE, **query)
        assert all(e["issuing_states"] == ["QM"] for e in (*found["licenses"], *found["end_users"]))
    _, known = read("foreknown", QM_OFFICE)
    assert {k["issuing_state"] for k in known} == {"QM"}


def test_the_table_for_the_public_is_read_by_whole_years(read):
    status, found = read("aggregate", since="2024-06-01", until="2024-06-30")
    assert status == 200
    assert (found["first_year"], found["rows"][0]["events"]) == (2024, 6)
    _, later = read("aggregate", since="2025-01-01")
    assert later["rows"] == []


def test_an_audience_that_there_is_not_is_refused(read):
    status, answer = read("aggregate", audience="everybody")
    assert status == 422
    assert "publication, partners or officer" in str(answer)


def test_what_was_known_before_a_grant_is_read_by_license(intake, read):
    late = a_license("L9", granted_at=FACTS[1].day, valid_from=FACTS[1].day, valid_to=None)
    intake.reads.known_facts = {"all": [*FACTS, late]}
    _, (found,) = read("foreknown", license="authority:L9")
    assert found["known"][0]["concerns"][0] == "end_user"
    assert read("foreknown", license="authority:L9", destination="XB")[1] == []


def test_from_a_past_standpoint_only_what_was_known_counts(intake, read):
    past = type(intake.reads)()
    past.known_facts = {"all": FACTS[:2]}
    intake.pasts[read_standpoint(None, "2023-01-01")] = past
    _, found = read("next", as_known_at="2023-01-01")
    assert found["licenses"] == []


@pytest.mark.parametrize("address", ["next", "aggregate", "foreknown"])
def test_who_is_no_officer_reads_none_of_it(read, address):
    assert read(address, STAFF)[0] == 403
