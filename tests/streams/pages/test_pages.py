from __future__ import annotations

import datetime as dt
import html
import re

import msgspec
import pytest

from schemas import License, PostShipmentReport, Retraction
from schemas.alert import Option, Waiting
from schemas.problems import Problem, Refused
from schemas.reading import read_fact
from streams.errors import Wait
from streams.pages.render import alert_path
from streams.pages.routes import page_routes, tour_address
from streams.rules.known import read_standpoint

GROUP = "QM~xa-register:LIC-2023-0117~c2"
BOTH = "QM~xa-register:LIC-2023-0117~c9"
OTHER = "QM~xb-register:B/23/88~p4"
GONE = "QP~xa-register:LIC-2020-0002~c1"
ORIGIN = {"origin": "http://127.0.0.1:8460"}


def text_of(answer) -> str:
    """What a reader sees: tags taken out, space made even."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def form_of(client, id: str = GROUP, **changes: object) -> dict[str, object]:
    """The hidden fields of the form on an alert's page, and what an officer filled in."""
    page = client.get(alert_path(id)).text
    hidden = dict(
        re.findall(
            r'<input type="hidden" name="(token|form|version)" value="([^"]*)">', page[page.index('id="decide"') :]
        )
    )
    cases = re.findall(r'name="case" id="c-\d+" value="([^"]*)"', page)
    return {**hidden, "case": cases, **changes}


# -- who may open what ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", alert_path(GROUP), "/destinations/QM", "/facts/license:a:b", "/board", "/parked", "/about", "/tour"]
)
def test_nobody_opens_a_page_without_a_key(visit, path: str) -> None:
    answer = visit(None).get(path, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/enter")


def test_after_entering_a_reader_comes_to_the_page_asked_for(visit) -> None:
    client = visit(None)
    page = client.get(alert_path(GROUP, as_known_at="2026-01-22"))
    hidden = dict(re.findall(r'<input type="hidden" name="(token|next)" value="([^"]*)">', page.text))
    answer = client.post(
        "/enter", data={**hidden, "next": html.unescape(hidden["next"]), "key": "pw_desk"}, follow_redirects=False
    )
    assert answer.headers["location"] == alert_path(GROUP, as_known_at="2026-01-22")
    assert "pledgewatch-session=s" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "wanted", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "/a\nb"]
)
def test_nobody_is_led_to_another_site(visit, wanted: str) -> None:
    assert 'name="next" value="/"' in visit(None).get("/enter", params={"next": wanted}).text


def test_a_wrong_key_is_told_apart_from_a_right_one_and_not_repeated(visit) -> None:
    client = visit(None)
    token = re.search(r'name="token" value="([^"]+)"', client.get("/enter").text)[1]
    answer = client.post("/enter", data={"token": token, "key": "pw_stolen"})
    assert answer.status_code == 403
    assert "not known here" in answer.text
    assert "pw_stolen" not in answer.text


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("pw_staff", alert_path(GROUP)),
        ("pw_staff", "/facts/incident:northlight:2025-02"),
        ("pw_feed", alert_path(GROUP)),
        ("pw_feed", "/board"),
        ("pw_feed", "/destinations/QM"),
    ],
)
def test_a_key_of_another_scope_is_turned_away_in_words(visit, key: str, path: str) -> None:
    answer = visit(key).get(path)
    assert answer.status_code == 403
    assert "This key is for" in answer.text


@pytest.mark.parametrize(("key", "elsewhere"), [("pw_staff", "/board"), ("pw_feed", "/send")])
def test_each_reader_is_led_to_what_their_key_is_for(visit, key: str, elsewhere: str) -> None:
    assert visit(key).get("/", follow_redirects=False).headers["location"] == elsewhere


def test_a_feeder_sees_only_its_own_parked_records(visit) -> None:
    page = visit("pw_feed").get("/parked").text
    assert "incident:daily-courier:9" in page
    assert "no UTF-8" not in page


def test_an_alert_of_another_issuing_state_is_not_even_there(visit) -> None:
    client = visit("pw_desk")
    assert client.get(alert_path(OTHER)).status_code == 404
    assert "B/23/88" not in client.get("/").text
    assert "Brightwater" not in client.get("/destinations/QM").text
    assert visit("pw_all").get(alert_path(OTHER)).status_code == 200


@pytest.mark.parametrize("key", ["license:xb-register:B/23/88", "report:xb-embassy:r9"])
def test_facts_about_another_states_license_are_not_there(visit, key: str) -> None:
    assert visit("pw_desk").get(f"/facts/{key}").status_code == 404
    assert visit("pw_all").get(f"/facts/{key}").status_code == 200


def test_no_page_names_an_exporter_of_another_state(visit) -> None:
    for path in ("/", alert_path(GROUP), alert_path(BOTH), "/destinations/QM"):
        page = visit("pw_desk").get(path).text
        assert "Brightwater" not in page
        assert "Kestrel" not in page


def test_probability_is_for_officers_only(visit) -> None:
    assert "P about 16" in visit("pw_desk").get(alert_path(GROUP)).text
    board = visit("pw_staff").get("/board").text
    assert not re.search(r"\bP (about|after)\b|nats|%", board)


# -- what an alert says ---------------------------------------------------------------------------------------------


def test_an_alert_says_claim_then_why_then_against_then_what_to_do(visit) -> None:
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", visit().get(alert_path(GROUP)).text)
    assert headings == ["What is claimed", "Why", "What speaks against it", "What to do", "Record"]


@pytest.mark.parametrize(
    "said",
    [
        "The End User shall use the System solely for the investigation and prevention of terrorist acts",
        "Version 2, in force from 1 January 2024, without end; verbatim, in English",
        "In another part of the time in question version 1 was in force",
        "one of 3 that fit",
        "2 licenses of other issuing states 62",
        "Weighs nothing in the ledger",
        "every measure was covered by a court's warrant",
        "It happened before delivery.",
        "Which agency operated the system.",
        "at least 3 journalists in Marisol (QM)",
        "Known since 22 January 2026, 11 months after it happened",
        "shipment of 3 pieces to Marisol (QM) on 4 September 2023",
        "then in force, today in force",
        "Policy 2025-11, names seed-3, code 0.1.0",
        "incident:northlight:2025-02 revision 2, 9f31c0aa77e41b02 9f31c0aa77e41b02",
        "Two persons sign.",
        "due 18 February 2026",
        "desk mailbox, raised at Alert",
        "purpose_outside_the_pledge",
    ],
)
def test_an_alert_explains_itself(visit, said: str) -> None:
    assert said in text_of(visit().get(alert_path(GROUP)))


def test_claims_and_replies_stand_in_the_same_size(visit) -> None:
    page = visit().get(alert_path(GROUP)).text
    assert page.count('class="said"') == 3
    assert page.count('class="statement reply"') == 2


def test_the_ledger_shows_prior_each_origin_and_sum(visit) -> None:
    page = visit().get(alert_path(GROUP)).text
    bars = re.findall(r'<svg class="bar".*?aria-label="([^"]*)"', page)
    assert [bar.split(":")[0] for bar in bars] == [
        "Prior",
        "Northlight Lab report",
        "Regional Press Union",
        "Oversight committee",
        "Sum",
    ]
    assert bars[-1] == "Sum: \u22121.68 nats"


def test_a_ledger_that_does_not_sum_is_shown_with_a_warning(visit, world) -> None:
    alert = world.newest[GROUP]
    case = msgspec.structs.replace(alert.cases[0], total=1)
    world.newest[GROUP] = msgspec.structs.replace(alert, cases=(case,))
    assert "The terms do not sum" in visit().get(alert_path(GROUP)).text


def test_no_page_says_violated(visit) -> None:
    for path in ("/", alert_path(GROUP), alert_path(BOTH), "/destinations/QM", "/board", "/parked", "/tour"):
        assert "violated" not in visit("pw_all").get(path).text.lower()


def test_an_alert_can_be_shown_as_it_was_known(visit) -> None:
    page = visit().get(alert_path(GROUP, as_known_at="2025-05-01"))
    assert "What was known on 1 May 2025." in text_of(page)
    assert 'id="decide"' not in page.text


def test_of_a_past_day_nothing_is_shown_that_came_later(visit, world) -> None:
    now = text_of(visit().get(alert_path(GROUP)))
    assert "Raised from" in now
    assert "desk mailbox" in now
    world.at(read_standpoint(None, "2025-05-01")).notified = False
    past = text_of(visit().get(alert_path(GROUP, as_known_at="2025-05-01")))
    assert "Opened at" in past
    assert "Raised from" not in past
    assert "desk mailbox" not in past
    assert "Nobody had been told by then." in past


def test_what_was_true_and_what_was_known_may_be_asked_together(visit, world) -> None:
    both = read_standpoint("2024-06-01", "2025-05-01")
    world.at(both).newest[GROUP] = msgspec.structs.replace(world.newest[GROUP], title="What held on the first of June")
    said = text_of(visit().get(alert_path(GROUP, as_of="2024-06-01", as_known_at="2025-05-01")))
    assert "What was true on 1 June 2024, as known on 1 May 2025." in said
    assert "What held on the first of June" in said


def test_before_it_was_known_there_was_no_alert_and_today_is_one_link_away(visit) -> None:
    page = visit().get(alert_path(GROUP, as_known_at="2024-01-01"))
    assert page.status_code == 404
    assert "There was no such alert" in text_of(page)
    assert f'href="{alert_path(GROUP)}"' in page.text


def test_after_it_was_withdrawn_it_is_shown_as_withdrawn(visit) -> None:
    said = text_of(visit("pw_all").get(alert_path(GONE, as_known_at="2026-03-02")))
    assert "Withdrawn: nothing is left" in said
    assert visit("pw_all").get(alert_path(GONE, as_of="2026-03-02")).status_code == 404


def test_links_keep_the_day_so_that_the_address_shows_a_colleague_the_same(visit) -> None:
    for path in ("/", alert_path(GROUP), "/destinations/QM"):
        page = visit().get(f"{path}?as_known_at=2026-02-01")
        block = page.text[page.text.index("<main") : page.text.index("</main>")]
        links = re.findall(r'href="(/(?:alerts|facts|destinations)/[^"]*)"', block)
        assert links, path
        assert all("as_known_at=" in link for link in links if link != path)
        assert 'value="2026-02-01"' in page.text


def test_a_day_that_is_none_is_named_and_never_taken_for_today(visit) -> None:
    for path in ("/", alert_path(GROUP), "/destinations/QM", "/board", "/facts/license:xa-register:1"):
        page = visit("pw_all").get(f"{path}?as_of=last-summer")
        assert page.status_code == 400
        assert "as_of: expected a day as in 2025-03-09" in text_of(page)


def test_only_officers_look_back(visit) -> None:
    assert visit("pw_staff").get("/board").status_code == 200
    assert visit("pw_staff").get("/board?as_known_at=2025-05-01").status_code == 403
    assert visit("pw_feed").get("/parked?as_of=2025-05-01").status_code == 403
    assert visit("pw_all").get("/board?as_known_at=2025-05-01").status_code == 200
    assert visit("pw_all").get("/parked?as_known_at=2025-05-01").status_code == 200


def test_a_fact_shows_the_revisions_known_then(visit, world) -> None:
    newer, older = world.stored[:2]
    recorded = dt.datetime(2026, 1, 22, 9, tzinfo=dt.UTC)
    world.stored[0] = msgspec.structs.replace(newer, recorded_at=recorded)
    world.stored[1] = msgspec.structs.replace(older, recorded_at=recorded - dt.timedelta(days=100))
    address = f"/facts/incident:{newer.ref}"
    assert "2 revisions" in text_of(visit("pw_all").get(address))
    assert "1 revision," in text_of(visit("pw_all").get(f"{address}?as_known_at=2026-01-21"))


def test_a_clause_that_the_law_implies_is_not_said_to_stand_in_the_pledge(visit, world) -> None:
    alert = world.newest[GROUP]
    clause = msgspec.structs.replace(
        alert.clause, implied_by="certificate as reported", supplied=("threshold years: 6, by the certificate",)
    )
    option = Option(kind="suspend", sentence="Suspend it.", two_persons=True, footing="The ministry: may suspend.")
    world.newest[GROUP] = msgspec.structs.replace(alert, clause=clause, options=(option,))
    said = text_of(visit().get(f"/alerts/{GROUP}"))
    assert "the pledge on file does not have this clause; the law implies it, by certificate as reported" in said
    assert "The clause does not say so itself: threshold years: 6, by the certificate" in said
    assert "Two persons sign. The ministry: may suspend." in said
    assert "verbatim, in" not in said


def test_clauses_of_one_license_stand_together_in_the_list(visit, world) -> None:
    second = msgspec.structs.replace(
        world.newest[GROUP], id=GROUP[:-1] + "3", title="Another clause (license XA/2023/0117)"
    )
    world.newest[second.id] = second
    said = text_of(visit().get("/"))
    assert "License XA/2023/0117 in Marisol (QM): 2 clauses" in said
    assert "Another clause Fairly sure" in said


def test_a_withdrawn_alert_says_so_and_offers_no_decision(visit) -> None:
    page = visit().get(alert_path(GONE))
    assert "Withdrawn: nothing is left" in page.text
    assert "it no longer holds" in page.text
    assert 'id="decide"' not in page.text


def test_a_closed_alert_asks_for_nothing_more(visit) -> None:
    said = text_of(visit().get(alert_path("QP~xa-register:LIC-2021-0007~c1")))
    assert "Closed : what is known was judged." in said
    assert "kept in view" not in said


def test_a_warehouse_that_is_away_is_told_in_words(visit, world) -> None:
    def away(*_: object, **__: object) -> None:
        raise Wait("The warehouse is being restarted.")

    world.alerts = away
    answer = visit().get("/")
    assert answer.status_code == 503
    assert "being restarted" in answer.text


def test_what_the_source_wrote_is_never_taken_for_markup(visit, world) -> None:
    alert = world.newest[GROUP]
    world.newest[GROUP] = msgspec.structs.replace(
        alert, title='<script>alert("x")</script>', waiting_for='"><img src=x>'
    )
    page = visit().get("/").text + visit().get(alert_path(GROUP)).text
    assert "<script" not in page
    assert "<img" not in page


def test_an_option_says_which_step_of_the_pledge_it_is(visit, world) -> None:
    alert = world.newest[GROUP]
    step = "step 2 of 3 that the pledge foresees (clause c20): next"
    options = tuple(msgspec.structs.replace(o, foreseen=step if n == 0 else "") for n, o in enumerate(alert.options))
    world.newest[GROUP] = msgspec.structs.replace(alert, options=options)
    assert text_of(visit().get(alert_path(GROUP))).count("tep 2 of 3 that the pledge foresees (clause c20): next") == 1


def test_each_who_waits_for_whom_is_a_line_of_its_own(visit, world) -> None:
    since, until = dt.date(2026, 1, 20), dt.date(2026, 2, 18)
    waits = (
        Waiting(waits="authority", on="exporter", what="an answer", since=since, until=until),
        Waiting(waits="authority", on="host", what="an inspection", since=since),
    )
    world.newest[GROUP] = msgspec.structs.replace(world.newest[GROUP], waiting=waits)
    page = text_of(visit().get(alert_path(GROUP)))
    assert "The authority waits for the exporter: an answer, since 20 January 2026, due on 18 February 2026." in page
    assert "The authority waits for the host of the inspection: an inspection, since 20 January 2026." in page


# -- lists ----------------------------------------------------------------------------------------------------------


def test_filters_in_the_address_choose(visit) -> None:
    client = visit("pw_all")
    assert "XA/2022/0031" not in client.get("/?destination=QM&band=alert").text
    assert "QP~" in client.get("/?status=closed").text
    assert (
        OTHER.replace("/", "%2F") in client.get("/?group=QM-lantern-2025-02").text
        or OTHER in client.get("/?group=QM-lantern-2025-02").text
    )


def test_what_changed_since_a_day_is_listed_withdrawals_too(visit) -> None:
    said = text_of(visit().get("/?since=2026-01-22"))
    assert "Changed since 22 January 2026" in said
    assert "Raised from Watch to Alert" in said
    assert "Withdrawn: nothing is left of it" in said


def test_an_empty_list_says_whether_anything_was_heard(visit, world) -> None:
    world.newest.clear()
    assert "nothing on record appears inconsistent with a pledge" in visit().get("/").text
    world.heard = {}
    assert "no source has sent anything" in visit().get("/").text


def test_a_flood_of_alerts_is_cut_and_counted(visit, world) -> None:
    for number in range(60):
        id = f"QM~xa-register:L{number}~c2"
        world.newest[id] = msgspec.structs.replace(world.newest[GROUP], id=id, band="watch")
    page = visit().get("/").text
    assert "35 more in this band" in page


def test_a_dossier_keeps_what_matched_nothing(visit) -> None:
    said = text_of(visit().get("/destinations/QM"))
    assert "Credible account without a license" in said
    assert "Would mend it: A license of another state" in said
    assert "500 unproven accounts" in said


def test_a_destination_lists_what_stands_beside_no_alert_for_whoever_may_see_it(visit, world) -> None:
    known, about = (next(f for f in world.stored if isinstance(f, kind)) for kind in (License, PostShipmentReport))
    quiet = msgspec.structs.replace(known, id="quiet", number="B/25/01")
    report = msgspec.structs.replace(about, id="r10", license="xb-register:quiet", outcome="favourable")
    world.stored += [quiet, report]
    said = text_of(visit("pw_all").get("/destinations/QM"))
    assert "B/25/01" in said
    assert "xb-register:quiet" in said
    mine = text_of(visit("pw_desk").get("/destinations/QM"))
    assert "B/25/01" not in mine
    assert "xb-register:quiet" not in mine
    world.stored += [Retraction(id="quiet", source="xb-register", of="license", revision=1, recorded_at=None)]
    assert "B/25/01" not in text_of(visit("pw_all").get("/destinations/QM"))


def test_a_fact_is_shown_in_every_revision(visit) -> None:
    said = text_of(visit().get("/facts/incident:northlight:2025-02"))
    assert said.index("Revision 2") < said.index("Revision 1")
    assert "taken back, its source withdrew it" in text_of(visit().get("/facts/incident:northlight:gone"))


def test_a_board_of_the_past_shows_nothing_of_the_present(visit) -> None:
    said = text_of(visit("pw_all").get("/board/triage?as_known_at=2025-05-01"))
    assert "A board is of the present" in said
    assert "Can still be stopped" not in said


def test_a_board_that_is_not_there_is_said_by_name(visit) -> None:
    answer = visit("pw_staff").get("/board/everything")
    assert answer.status_code == 404
    assert "There are overview, triage, pipeline" in text_of(answer)


# -- deciding -------------------------------------------------------------------------------------------------------


def test_a_decision_judges_the_evidence_shown(visit, log) -> None:
    client = visit()
    answer = client.post(
        alert_path(GROUP), data=form_of(client, kind="acknowledge"), headers=ORIGIN, follow_redirects=False
    )
    assert answer.status_code == 303
    (decision,) = log.taken
    assert read_fact(decision) == decision
    assert (decision.kind, decision.by_role, decision.alert) == ("acknowledge", "licensing-desk-3", GROUP)
    assert [(j.fact, j.revision) for j in decision.judged] == [
        ("incident:northlight:2025-02", 2),
        ("incident:rpu:77", 1),
        ("license:xa-register:LIC-2023-0117", 3),
    ]
    assert answer.headers["location"] == alert_path(GROUP, recorded=decision.ref)
    assert "Recorded." in client.get(answer.headers["location"]).text


def test_a_decision_covers_only_the_cases_ticked(visit, log) -> None:
    client = visit()
    form = form_of(
        client,
        BOTH,
        kind="close",
        close_reason="remedied",
        reason="The inventory came.",
        case=["silence:c9:2025-10-01"],
    )
    client.post(alert_path(BOTH), data=form, follow_redirects=False)
    assert [j.fact for j in log.taken[0].judged] == ["license:xa-register:LIC-2023-0117"]


def test_a_second_click_is_not_a_second_decision(visit, log) -> None:
    client = visit()
    form = form_of(client, kind="acknowledge")
    first, second = (client.post(alert_path(GROUP), data=form, follow_redirects=False) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert len(log.taken) == 1


def test_a_withdrawn_alert_cannot_be_decided_on(visit, log) -> None:
    client = visit()
    form = form_of(client, kind="acknowledge", version="")
    assert client.post(alert_path(GONE), data=form).status_code == 409
    assert not log.taken


def test_a_reason_of_several_lines_is_kept_as_written(visit, log) -> None:
    client = visit()
    form = form_of(client, kind="watch", reason="First line.\r\nSecond line.")
    assert client.post(alert_path(GROUP), data=form, follow_redirects=False).status_code == 303
    assert log.taken[0].reason == "First line.\nSecond line."


def test_a_form_changed_after_going_back_is_another_decision(visit, log) -> None:
    client = visit()
    form = form_of(client, kind="watch", reason="First.")
    for reason in ("First.", "Second."):
        client.post(alert_path(GROUP), data={**form, "reason": reason}, follow_redirects=False)
    assert [decision.reason for decision in log.taken] == ["First.", "Second."]
    assert len({decision.id for decision in log.taken}) == 2


@pytest.mark.parametrize("token", ["", "forged"])
def test_a_form_from_elsewhere_is_not_accepted(visit, log, token: str) -> None:
    client = visit()
    answer = client.post(alert_path(GROUP), data=form_of(client, kind="acknowledge", token=token))
    assert answer.status_code == 403
    assert not log.taken


def test_a_browser_that_never_saw_our_form_cannot_post_one(visit, log) -> None:
    assert visit().post(alert_path(GROUP), data={"kind": "acknowledge", "token": ""}).status_code == 403
    assert not log.taken


def test_an_alert_that_changed_meanwhile_is_shown_again_with_the_text(visit, log, world) -> None:
    client = visit()
    form = form_of(client, kind="close", close_reason="unfounded", reason="Nothing in it.")
    world.newest[GROUP] = msgspec.structs.replace(world.newest[GROUP], version="newer")
    answer = client.post(alert_path(GROUP), data=form)
    assert answer.status_code == 409
    assert "changed while you were deciding" in answer.text
    assert "Nothing in it." in answer.text
    assert not log.taken


def test_faults_stand_beside_their_field_and_nothing_is_recorded(visit, log) -> None:
    client = visit()
    answer = client.post(alert_path(GROUP), data=form_of(client, kind="close", reason="Kept text"))
    assert answer.status_code == 422
    assert re.search(r'id="d-close"[^>]*aria-invalid="true" aria-describedby="fault-close_reason-1"', answer.text)
    assert 'id="fault-close_reason-1"' in answer.text
    assert "Kept text" in answer.text
    assert not log.taken


def test_a_reason_that_could_name_somebody_is_refused_beside_its_field(visit, log) -> None:
    client = visit()
    answer = client.post(
        alert_path(GROUP),
        data=form_of(client, kind="watch", reason="call +44 20 7946 0958 or write to a.b@example.org"),
    )
    assert answer.status_code == 422
    assert 'id="fault-reason-1"' in answer.text
    assert not log.taken


def test_the_second_person_signs_with_their_own_key(visit, log) -> None:
    client = visit()
    grave = {"kind": "suspend", "reason": "Until the logs are in."}
    assert client.post(alert_path(GROUP), data=form_of(client, **grave)).status_code == 422
    assert client.post(alert_path(GROUP), data=form_of(client, **grave, second="pw_guess")).status_code == 422
    assert client.post(alert_path(GROUP), data=form_of(client, **grave, second="pw_staff")).status_code == 422
    assert client.post(alert_path(GROUP), data=form_of(client, **grave, second="pw_desk")).status_code == 422
    assert not log.taken
    assert (
        client.post(
            alert_path(GROUP), data=form_of(client, **grave, second="pw_second"), follow_redirects=False
        ).status_code
        == 303
    )
    assert log.taken[0].second_by_role == "head-of-licensing"
    assert "pw_second" not in str(log.taken[0])


def test_a_key_typed_into_the_form_is_never_sent_back(visit) -> None:
    client = visit()
    answer = client.post(alert_path(GROUP), data=form_of(client, kind="suspend", reason="", second="pw_second"))
    assert "pw_second" not in answer.text


def test_an_officer_cannot_decide_on_another_states_alert(visit, log) -> None:
    client = visit()
    assert client.post(alert_path(OTHER), data=form_of(client, kind="acknowledge")).status_code == 404
    assert not log.taken


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (Wait("The log is full."), 503, "The log is full."),
        (
            Refused([Problem(path="/reason", found="an address", expected="none")]),
            422,
            "Found an address; expected none.",
        ),
    ],
)
def test_what_the_log_refuses_is_told_and_can_be_sent_again(
    visit, log, fault: Exception, status: int, said: str
) -> None:
    client = visit()
    form = form_of(client, kind="watch", reason="Kept text")
    log.fault = fault
    answer = client.post(alert_path(GROUP), data=form)
    assert answer.status_code == status
    assert said in answer.text
    assert "Kept text" in answer.text
    log.fault = None
    assert client.post(alert_path(GROUP), data=form, follow_redirects=False).status_code == 303
    assert len(log.taken) == 1


# -- tour -----------------------------------------------------------------------------------------------------------


def test_the_tour_leads_from_stop_to_stop_and_ends(visit) -> None:
    client, path = visit("pw_all"), re.search(r'class="button" href="([^"]+)"', visit("pw_all").get("/tour").text)[1]
    seen = []
    while path != "/":
        page = client.get(html.unescape(path))
        assert page.status_code == 200
        seen.append(re.search(r'<p class="head">(.*?)</p>', page.text)[1])
        path = re.search(r'<a class="button" href="([^"]+)"', page.text)[1]
    assert seen == ["A state signs", "Ten articles, one origin", "The laboratory reports"]


def test_a_stop_keeps_the_place_on_its_page(visit) -> None:
    from streams.pages.ports import TourStep

    steps = (TourStep("a", "b", "/x?as_known_at=2025-01-01#why"), TourStep("c", "d", "/y"))
    assert tour_address(steps, 1) == "/x?as_known_at=2025-01-01&tour=1#why"
    assert tour_address(steps, 2) == "/y?tour=2"
    assert tour_address(steps, 3) == ""


@pytest.mark.parametrize("number", ["0", "99", "x", "-1", "²"])
def test_a_stop_that_does_not_exist_shows_the_page_without_a_strip(visit, number: str) -> None:
    answer = visit().get("/", params={"tour": number})
    assert answer.status_code == 200
    assert 'class="tour"' not in answer.text


def test_without_a_demo_there_is_no_tour(visit) -> None:
    assert "not the demo world" in visit("pw_desk", tour=None).get("/tour").text


def test_the_demo_key_is_offered_only_in_the_demo(visit) -> None:
    assert 'value="pw_demo"' in visit(None, demo_key="pw_demo").get("/enter").text
    assert "demo" not in visit(None).get("/enter").text


def test_the_routes_are_one_router() -> None:
    assert callable(page_routes)
