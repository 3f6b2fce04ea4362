"""What a mail says, and what it must never say."""

from __future__ import annotations

import datetime as dt
import json
import re
from email import message_from_bytes, policy

import pytest

from schemas.alert import DecisionNote
from streams.agents.telling import wording
from streams.agents.telling.letter import compose, compose_short
from streams.agents.telling.mail import mail_of
from streams.agents.telling.notices import drafts_for, steps_for
from streams.agents.telling.routes import House, Pace
from streams.agents.telling.told import told_by


@pytest.fixture
def written(telling):
    """The one message that tells these alerts to a channel that has been told `told`."""

    def write(*alerts, told=None, use="officer", how=compose, **changes):
        channel = telling.mailbox(use=use, tlp="RED")
        routes = telling.routes(channels={"officers": channel}, **changes)
        alerts = [telling.but(a, may_use_for=("officer", "partners", "exporter")) for a in alerts]
        steps = steps_for(channel, told or {}, {a.id: a for a in alerts}, routes, telling.DAY)
        [draft] = drafts_for(channel, steps, routes, telling.DAY)
        return how(draft, routes, channel, telling.NOON)

    return write


def everything(message):
    return "\n".join((message.notice.subject, message.text, message.html, message.payload))


def one_line(text):
    return " ".join(text.split())


def test_a_mail_says_all_that_an_officer_must_know(telling, written):
    message = written(telling.alert(cases=(telling.full_case(),)))
    for said in (
        "appears inconsistent with",
        "Halcyon Systems", "license L-17", "Bureau of Inner Calm",
        "Ministry of Order signed the pledge on 2 February 2027",
        telling.CLAUSE_TEXT, "version 2, in force since 1 January 2026",
        "in June 2029",
        "A laboratory's report (Prism Lab), published on 10 May 2030",
        "One further publication rests on the same origin and does not count again",
        "Well supported; an answer is needed",
        "The end user says that a warrant covered it",
        "A lawful warrant for a serious offense covered it", "It happened before the delivery under this license",
        "Which agency operated it is not known",
        "https://pledges.example/alerts/XM~exports.xa:L-17~c4",
    ):  # fmt: skip
        assert said in one_line(message.text), said
        assert said.replace("'", "&#39;") in one_line(message.html), said


def test_a_clause_that_the_law_implies_is_not_said_to_stand_in_the_pledge(telling, written):
    alert = telling.alert(cases=(telling.full_case(),))
    said = written(telling.but(alert, clause=telling.but(alert.clause, implied_by="a law")))
    for text in (said.text, said.html):
        assert "The pledge on file does not have this clause; the law implies it" in one_line(text).replace(
            "&#39;", "'"
        )
        assert "version 2, in force since" not in one_line(text)


def test_what_an_officer_has_to_judge_is_not_called_inconsistent(telling, written):
    engaged = telling.case(verdict="engaged", sentence="What is reported touches the duty; an officer has to judge it.")
    message = written(telling.alert(cases=(engaged,), title="What is reported touches the duty."))
    assert "appears inconsistent" not in everything(message)
    assert "An officer has to judge whether it is consistent" in one_line(message.text)


def test_only_the_clauses_that_a_rule_speaks_to_are_called_inconsistent(telling, written):
    event = telling.case("lab:i1")
    engaged = telling.but(event, verdict="engaged")
    message = written(telling.alert(cases=(event,)), telling.alert(clause_id="c5", cases=(engaged,)))
    assert "touches 2 clauses of a pledge given for exports to XM and appears inconsistent with 1 of them" in one_line(
        message.text
    )


def test_the_pledge_is_introduced_once_for_its_clauses(telling, written):
    event = telling.case("lab:i1")
    message = written(*(telling.alert(clause_id=c, cases=(event,)) for c in ("c4", "c5")))
    assert message.text.count("THE PLEDGE") == message.html.count("<h2>The pledge</h2>") == 1
    assert message.text.count("WHAT IS REPORTED") == 1
    assert "and 1 more clause" in message.notice.subject


def test_the_subject_names_the_clause_of_which_most_is_said(telling, written):
    event = telling.case("lab:i1")
    touched = telling.alert(
        clause_id="c3", cases=(telling.but(event, verdict="engaged"),),
        clause=telling.clause("c3", kind="permitted_purpose"),
    )  # fmt: skip
    subject = written(touched, telling.alert(clause_id="c4", cases=(event,))).notice.subject
    assert wording.DUTY["prohibited_target_class"] in subject
    assert wording.DUTY["permitted_purpose"] not in subject


def test_it_never_says_violated(telling, written):
    assert not re.search(r"violat|breach of", everything(written(telling.alert(cases=(telling.full_case(),)))), re.I)


NUMBERS_OF_THE_HOUSE = (
    "203456", "0.203", ".203", "20.3", "950000", "0.95", "777777", "333333", "3891820", "2345678", "2.345", "1546142",
    "E3", "A2", "micro-nats", "nats", "prior", "probability", "reliability", "credibility", "83",
)  # fmt: skip


@pytest.mark.parametrize("use", ["officer", "partners", "exporter"])
def test_no_probability_prior_or_grade_leaves_the_house(telling, written, use):
    sure = "P(H) = 0.203, prior .02, grade A2"
    alert = telling.alert(cases=(telling.full_case(sentence=sure, how_sure=sure, unknown=(sure,)),), title=sure)
    message = written(alert, use=use)
    words = re.sub(r"[0-9a-f]{32}|https?://\S+", "", everything(message))
    words = re.sub(r"<style>.*?</style>", "", words, flags=re.S)
    for number in NUMBERS_OF_THE_HOUSE:
        assert not re.search(rf"(?<![\w]){re.escape(number)}(?![\w])", words), number


def test_a_denial_stands_as_large_as_the_claim(telling, written):
    html = written(telling.alert(cases=(telling.full_case(),))).html
    assert html.index("<h3>Denials and replies</h3>") > html.index("<h3>On what evidence</h3>")
    evidence = html.split("<h3>On what evidence</h3>")[1].split("<h3>")[0]
    replies = html.split("<h3>Denials and replies</h3>")[1].split("<h3>")[0]
    assert set(re.findall(r"<(\w+)", evidence)) == set(re.findall(r"<(\w+)", replies)) == {"ul", "li"}


def test_where_nobody_has_replied_the_mail_says_so(telling, written):
    assert "Nobody may have been asked yet" in written(telling.alert()).text


def test_the_html_loads_nothing_from_elsewhere(telling, written):
    html = written(telling.alert(cases=(telling.full_case(),))).html
    assert not re.search(r"<(script|img|link|iframe|object|form|video|audio)\b|@import|url\(|\bsrc=|\bon\w+=", html)
    assert "prefers-color-scheme: dark" in html
    assert set(re.findall(r'href="([^"]*)"', html)) == {"https://pledges.example/alerts/XM~exports.xa:L-17~c4"}


def test_what_sources_write_stays_text(telling, written):
    nasty = "<script>alert(1)</script>\r\nBcc: all@example.org \u202e\x00"
    alert = telling.alert(title=nasty, license=telling.license(exporter=nasty, number=nasty, responsible_officer=nasty))
    message = written(alert)
    assert "<script" not in message.html
    assert "\r" not in message.notice.subject
    assert "\u202e" not in everything(message)
    mail = message_from_bytes(mail_of(message, House()).as_bytes(), policy=policy.SMTP)
    assert mail["Bcc"] is None


def test_few_persons_are_not_counted_and_nobody_affected_is_in_a_webhook(telling, written):
    message = written(telling.alert(cases=(telling.full_case(),)))
    assert "lawyers: fewer than 5" in message.text
    assert "at least 37" in message.text
    grounds = json.loads(message.payload)["data"]["grounds"]
    assert "people" not in grounds[0]
    assert "37" not in re.sub(r"[0-9a-f]{32}", "", message.payload)


def test_other_issuing_states_candidates_are_counted_never_named(telling, written):
    fits = tuple(
        telling.candidate(license_, state)
        for license_, state in (
            ("exports.xa:L-17", "XA"), ("exports.xa:L-20", "XA"),
            ("exports.xb:HIDDEN-9", "XB"), ("exports.xc:HIDDEN-8", "XC"),
        )
    )  # fmt: skip
    alert = telling.alert(cases=(telling.full_case(candidates=fits, group="g1"),))
    message = written(alert)
    assert "HIDDEN" not in everything(message)
    assert "4 licenses fit what is reported" in one_line(message.text)
    assert "2 of them were granted by other states" in one_line(message.text)
    assert "Also granted by your state: exports.xa:L-20" in one_line(message.text)
    for use in ("partners", "exporter"):
        assert "L-20" not in everything(written(alert, use=use))


def test_partners_are_told_of_no_exporter_and_no_license_number(telling, written):
    message = written(telling.alert(cases=(telling.full_case(),)), use="partners")
    words = re.sub(r"https?://[^\s\"]+", "", everything(message))
    assert "Halcyon" not in words
    assert "license L-17" not in words


def test_a_clause_is_quoted_once_for_its_destinations(telling, written):
    message = written(telling.alert("XM"), telling.alert("XN", band="review"))
    assert one_line(message.text).count(telling.CLAUSE_TEXT) == 1
    assert "XM and XN" in message.notice.subject
    assert message.text.count("https://pledges.example/alerts/") == 2


def test_mails_about_one_clause_share_a_thread_and_answer_the_one_before(telling, written):
    first = written(telling.alert())
    told = {t.alert: t for t in told_by(first.notice)}
    second = written(telling.alert(band="urgent", version="v2"), told=told)
    assert second.in_reply_to == first.message_id
    assert first.references[0] == second.references[0]
    assert "told on 1 June 2030" in one_line(second.text)
    assert "stood at “Needs an answer”" in one_line(second.text)


def test_a_withdrawal_names_only_what_was_told(telling, written):
    first = written(telling.alert())
    told = {t.alert: t for t in told_by(first.notice)}
    message = written(telling.gone(telling.alert()), told=told)
    assert message.notice.subject.startswith("Withdrawn: pledge")
    assert first.notice.subject in one_line(message.text)
    assert telling.CLAUSE_TEXT not in everything(message)
    assert "Needs an answer" not in message.text


def test_a_partial_withdrawal_says_that_it_is_partial(telling, written):
    first = written(telling.alert("XM"), telling.alert("XN"))
    told = {t.alert: t for t in told_by(first.notice)}
    message = written(telling.gone(telling.alert("XM")), told=told)
    assert message.notice.subject.startswith("Withdrawn in part: ")
    assert "A part of what we told you no longer stands" in one_line(message.text)


def test_news_that_may_not_be_described_is_bare(telling, written):
    first = written(telling.alert(cases=(telling.full_case(),)))
    told = {t.alert: t for t in told_by(first.notice)}
    lower = telling.alert(band="review", version="v2", embargo_until=dt.date(2031, 1, 1), title="Hidden sentence.")
    message = written(lower, told=told)
    assert message.notice.transition == "lowered"
    assert "may not be described" in one_line(message.text)
    assert "Hidden sentence" not in everything(message)
    assert "review" not in message.text + message.payload


def test_closing_gives_the_ground_and_the_reason_to_officers_only(telling, written):
    told = {t.alert: t for t in told_by(written(telling.alert()).notice)}
    note = DecisionNote(
        ref="x", kind="close", by_role="desk 3", at=telling.NOON, reason="The warrant was shown.",
        close_reason="explained_lawful",
    )  # fmt: skip
    closed = telling.alert(status="closed", version="v2", decisions=(note,))
    assert "explained lawful" in one_line(written(closed, told=told).text)
    assert "The warrant was shown" in one_line(written(closed, told=told).text)
    assert "The warrant was shown" not in everything(written(closed, told=told, use="exporter"))


def test_a_digest_lists_what_opened_and_counts_what_it_cannot_list(telling, written):
    alerts = [telling.alert(clause_id=f"d{n}", band="review") for n in range(230)] + [telling.alert(clause_id="z")]
    message = written(*alerts, pace=Pace(burst=1))
    assert message.notice.digest
    assert len(message.notice.alerts) == 231
    assert "231 alerts about pledges of XA" in message.notice.subject
    assert "And 31 more" in message.text
    assert message.text.index("Needs an answer") < message.text.index("Worth a review")


def test_the_short_form_holds_no_clause(telling, written):
    message = written(telling.alert(cases=(telling.full_case(),)), how=compose_short)
    assert telling.CLAUSE_TEXT not in everything(message)
    assert "https://pledges.example/alerts/" in message.text


def test_the_mail_reads_back_as_text_and_html(telling, written):
    message = written(telling.alert(cases=(telling.full_case(),)))
    raw = mail_of(message, House(name="Amt für Ausfuhr"), to=("duty@office.example",)).as_bytes()
    assert max(map(len, raw.splitlines())) < 998
    mail = message_from_bytes(raw, policy=policy.SMTP)
    assert mail["From"].addresses[0].display_name == "Amt für Ausfuhr"
    assert mail["To"].addresses[0].addr_spec == "duty@office.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == message.text
    assert "<blockquote" in mail.get_body(("html",)).get_content()


def test_the_same_message_gives_the_same_mail(telling, written):
    alert = telling.alert()
    assert mail_of(written(alert), House()).as_bytes() == mail_of(written(alert), House()).as_bytes()


def test_a_withdrawal_from_a_digest_says_which_alert(telling, written):
    alerts = [telling.alert(clause_id=f"d{n}", cases=(telling.case(f"lab:{n}"),)) for n in range(3)]
    digest = written(*alerts, pace=Pace(burst=1))
    told = {t.alert: t for t in told_by(digest.notice)}
    message = written(telling.gone(alerts[0]), told=told)
    assert "Pledge not to turn it on protected groups of people, XM, license L-17" in one_line(message.text)
    assert message.notice.words == digest.notice.words[:1]
