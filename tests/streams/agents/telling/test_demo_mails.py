"""The demo world's alerts, told as mails: real sentences of the rules pass the guard."""

from __future__ import annotations

import json
import re

import pytest

from streams.agents.telling import wording
from streams.demo.world import demo_policy, world
from streams.rules.assess import assess_facts


@pytest.fixture(scope="module")
def demo_alerts():
    return [alert for part in assess_facts(world(), policy=demo_policy()) for alert in part.alerts]


async def test_every_sentence_of_the_demo_world_may_leave_the_house(telling, demo_alerts):
    house = telling.House(telling.routes(channels={"officers": telling.mailbox(tlp="RED")}))
    await house.begins(day=telling.DAY)
    await house.hears(*demo_alerts)
    assert len(house.officers.taken) > 10
    for message in house.officers.taken:
        told = json.loads(message.payload)["data"]
        words = json.dumps([told["happened"], told["grounds"], told["also_fit"], told["entries"], told["subject"]])
        assert not re.search(r"\b[EA][0-5]\b|P\(H\)|probabilit|micro-nats|reliability [A-F]\b", words)
        assert wording.ON_THE_PAGE not in message.text, message.notice.alerts
        assert not re.search(r"\bviolat", message.text + message.html, re.IGNORECASE)


async def test_no_mail_of_the_demo_world_names_another_issuing_states_license(telling, demo_alerts):
    house = telling.House(telling.routes(channels={"officers": telling.mailbox(tlp="RED")}))
    await house.begins(day=telling.DAY)
    await house.hears(*demo_alerts)
    by_id = {alert.id: alert for alert in demo_alerts}
    state_of = {alert.license.ref: alert.license.issuing_state for alert in demo_alerts if alert.license}
    exporters = {a.license.issuing_state: set() for a in demo_alerts if a.license}
    for alert in demo_alerts:
        if alert.license:
            exporters[alert.license.issuing_state].add(alert.license.exporter)
    for message in house.officers.taken:
        [own] = {by_id[alert].license.issuing_state for alert in message.notice.alerts}
        own_names = exporters[own]
        for state, names in exporters.items():
            if state != own:
                assert not [name for name in names - own_names if name in message.text + message.html + message.payload]
        foreign = [ref for ref, state in state_of.items() if state != own and ref in message.payload]
        assert foreign == []
