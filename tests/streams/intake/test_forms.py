import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from streams.access import COOKIE, Access
from streams.errors import Wait

Client = TestClient[Litestar]
Typed = dict[str, str | list[str]]


@pytest.fixture(name="at_the_form")
def at_the_form_fixture(intake: Any, intake_client: Client) -> Callable[[Access], Client]:
    """A browser of somebody who has entered."""

    def enter(access: Access) -> Client:
        token = intake.keys.add(
            access.name, access.scopes, source=access.source, states=access.states, licenses=access.licenses
        )
        intake_client.cookies.set(COOKIE, intake.keys.open_session(token))
        return intake_client

    return enter


def ours(client: Client) -> dict[str, str]:
    return {"Origin": f"http://{client.base_url.netloc.decode()}"}


def hidden(page: str) -> Typed:
    """What a browser would send back from a page of hidden fields."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page):
        found.setdefault(unescape(name), []).append(unescape(value))
    return dict(found)


INCIDENT: Typed = {
    "id": "case-9", "start": "2025-03-03", "technology": "intrusion_spyware", "operator": "Egypt", "product": "Lantern",
    "victims": "journalist", "count": "2", "evidence": "E3", "harms": ["silencing", "detention"], "step": "look",
}  # fmt: skip


def test_form_is_looked_at_then_sent_then_received(
    at_the_form: Callable[[Access], Client], intake: Any, lab: Access
) -> None:
    browser = at_the_form(lab)
    assert browser.get("/send/incident").status_code == 200
    look = browser.post("/send/incident", data=INCIDENT, headers=ours(browser))
    assert look.status_code == 200
    assert intake.everything() == []
    assert "E3, forensic, by one lab" in look.text
    assert "silencing, detention" in look.text
    sent = browser.post("/send/incident", data=hidden(look.text) | {"step": "send"}, headers=ours(browser))
    assert str(sent.url.path).startswith("/send/receipt/")
    assert "cannot be lost" in sent.text
    (fact,) = intake.everything()
    assert (fact.ref, fact.operators[0].country, fact.victims[0].count) == ("lab-one:case-9", "EG", 2)


def test_second_click_sends_nothing_twice(at_the_form: Callable[[Access], Client], intake: Any, lab: Access) -> None:
    browser = at_the_form(lab)
    pages = [browser.post("/send/incident", data=INCIDENT | {"step": "send"}, headers=ours(browser)) for _ in range(2)]
    assert pages[0].url == pages[1].url
    assert len(intake.everything()) == 1


def test_number_is_made_with_the_form_and_stays(at_the_form: Callable[[Access], Client], lab: Access) -> None:
    browser = at_the_form(lab)
    made = re.search(r'name="id"[^>]* value="(form-[a-z]{12})"', browser.get("/send/incident").text)
    assert made is not None
    look = browser.post("/send/incident", data=INCIDENT | {"id": made[1]}, headers=ours(browser))
    assert hidden(look.text)["id"] == [made[1]]


def test_fault_stands_beside_its_field_and_what_was_typed_stays(
    at_the_form: Callable[[Access], Client], intake: Any, lab: Access
) -> None:
    browser = at_the_form(lab)
    wrong = INCIDENT | {"operator": "Narnia", "count": "many", "vendor": "call +41 79 123 45 67"}
    page = browser.post("/send/incident", data=wrong, headers=ours(browser))
    assert page.status_code == 422
    assert intake.everything() == []
    for name in ("operator", "count", "vendor"):
        assert f'id="fault-{name}"' in page.text
        assert re.search(rf'id="{name}"[^>]*aria-invalid="true" aria-describedby="fault-{name}', page.text), name
    assert 'value="Narnia"' in page.text
    assert "<details open>" in page.text
    assert "3 places are to be mended" in page.text


def test_every_field_has_its_label(at_the_form: Callable[[Access], Client], lab: Access) -> None:
    browser = at_the_form(lab)
    for kind in ("incident", "report"):
        page = browser.get(f"/send/{kind}").text
        controls = set(re.findall(r'<(?:input|select|textarea) [^>]*\bid="([^"]+)"', page))
        assert controls == set(re.findall(r'<label for="([^"]+)"', page))
        assert len(re.findall(r"<details", page)) == 1
        assert "Never a name" in page
        assert "<script" not in page


def test_page_of_markup_is_shown_as_text(at_the_form: Callable[[Access], Client], lab: Access) -> None:
    browser = at_the_form(lab)
    odd = '"><script>alert(1)</script>'
    page = browser.post("/send/incident", data=INCIDENT | {"product": odd, "count": "x"}, headers=ours(browser))
    assert "<script>" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_report_on_a_license_that_is_not_ours_is_refused_beside_the_license(
    at_the_form: Callable[[Access], Client], intake: Any, embassy: Access
) -> None:
    browser = at_the_form(embassy)
    report: Typed = {
        "license": "xa-reg:L-2", "destination": "XB", "kind": "post_shipment", "start": "2025-06-01", "step": "look",
    }  # fmt: skip
    page = browser.post("/send/report", data=report, headers=ours(browser))
    assert page.status_code == 422
    assert 'id="fault-license"' in page.text
    good = browser.post("/send/report", data=report | {"license": "xa-reg:L-1", "step": "send"}, headers=ours(browser))
    assert good.status_code == 200
    assert len(intake.in_log("reports")) == 1


def test_who_has_not_entered_is_led_to_the_entrance(intake_client: Client) -> None:
    answer = intake_client.get("/send/incident", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/enter?next=%2Fsend%2Fincident")


def test_an_officer_at_a_form_keeps_the_way_back_to_the_pages(at_the_form: Callable[[Access], Client]) -> None:
    form = at_the_form(Access(name="desk", scopes=frozenset({"officer", "feed"}))).get("/send/incident").text
    assert re.findall(r'<li><a href="([^"]+)">', form)[:3] == ["/", "/board", "/parked"]


def test_a_feeder_at_a_form_is_led_to_no_page_that_is_closed_to_it(
    at_the_form: Callable[[Access], Client], lab: Access
) -> None:
    form = at_the_form(lab).get("/send/incident").text
    assert re.findall(r'<li><a href="([^"]+)">', form) == ["/parked", "/send/incident", "/send/report"]


def test_form_of_another_page_sends_nothing(at_the_form: Callable[[Access], Client], intake: Any, lab: Access) -> None:
    browser = at_the_form(lab)
    forged = browser.post(
        "/send/incident", data=INCIDENT | {"step": "send"}, headers={"Origin": "http://elsewhere.example"},
        follow_redirects=False,
    )  # fmt: skip
    assert forged.status_code == 303
    assert forged.headers["location"].startswith("/enter")
    assert intake.everything() == []


def test_staff_are_told_that_their_key_does_not_send(at_the_form: Callable[[Access], Client]) -> None:
    browser = at_the_form(Access(name="board", scopes=frozenset({"staff"})))
    assert browser.get("/send/incident").status_code == 403


def test_officer_without_a_source_is_asked_for_one(
    at_the_form: Callable[[Access], Client], intake: Any, office: Access
) -> None:
    browser = at_the_form(office)
    assert 'name="source"' in browser.get("/send/incident").text
    missing = browser.post("/send/incident", data=INCIDENT, headers=ours(browser))
    assert 'id="fault-source"' in missing.text
    look = browser.post("/send/incident", data=INCIDENT | {"source": "lab-two"}, headers=ours(browser))
    browser.post("/send/incident", data=hidden(look.text) | {"step": "send"}, headers=ours(browser))
    assert [fact.source for fact in intake.everything()] == ["lab-two"]


def test_log_that_is_away_leaves_the_form_as_it_was(
    at_the_form: Callable[[Access], Client], intake: Any, lab: Access
) -> None:
    browser = at_the_form(lab)
    intake.producer.away = "before"
    page = browser.post("/send/incident", data=INCIDENT | {"step": "send"}, headers=ours(browser))
    assert page.status_code == 503
    assert 'value="Lantern"' in page.text


def test_foreign_receipt_and_unknown_receipt_look_alike(
    at_the_form: Callable[[Access], Client], intake: Any, lab: Access
) -> None:
    browser = at_the_form(lab)
    receipt = browser.post("/send/incident", data=INCIDENT | {"step": "send"}, headers=ours(browser)).url.path
    other = at_the_form(Access(name="lab-two", source="lab-two", scopes=frozenset({"feed"})))
    foreign, unknown = other.get(receipt), other.get("/send/receipt/" + "0" * 32)
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.text == unknown.text


def test_warehouse_that_is_away_is_told_as_a_page(
    at_the_form: Callable[[Access], Client], intake: Any, lab: Access
) -> None:
    browser = at_the_form(lab)
    receipt = browser.post("/send/incident", data=INCIDENT | {"step": "send"}, headers=ours(browser)).url.path

    def away(**_: object) -> list[Any]:
        raise Wait("The warehouse is away", retry_after=9)

    intake.reads.parked = away
    page = browser.get(receipt)
    assert (page.status_code, page.headers["retry-after"]) == (503, "9")
    assert page.headers["content-type"].startswith("text/html")
    assert "The warehouse is away" in page.text


def test_form_that_is_too_large_is_told_as_a_page(intake: Any, lab: Access) -> None:
    token = intake.keys.add(lab.name, lab.scopes, source=lab.source)
    with TestClient(intake.app(max_body=1_024)) as browser:
        browser.cookies.set(COOKIE, intake.keys.open_session(token))
        page = browser.post("/send/incident", data=INCIDENT | {"vendor": "x" * 2_000}, headers=ours(browser))
    assert page.status_code == 413
    assert "<h1>The body is too large</h1>" in page.text
