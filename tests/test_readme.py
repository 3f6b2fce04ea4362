"""The README holds: its commands, topics, settings and paths exist, and its example does what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from schemas import Incident, Tick
from schemas.reading import read_fact
from schemas.topics import TOPICS
from schemas.vocabulary import BANDS
from streams.agents.naming import RegisterNamer
from streams.cli import program
from streams.demo.world import world
from streams.intake.door import state_code
from streams.rules.assess import assess_facts
from streams.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def example() -> dict[str, object]:
    return json.loads(re.search(r"-d '(\{.*?\})'\n", README, re.DOTALL)[1])  # type: ignore[index]


def test_every_make_target_it_names_exists() -> None:
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`?make ([a-z-]+)`?", README)) - {"world"}
    assert named
    assert named <= made


def test_every_command_it_names_exists() -> None:
    named = {tuple(c.split()) for c in re.findall(r"pledgewatch ((?:names |keys |draft |notices )?[a-z]+)", README)}
    assert len(named) > 6
    for words in named:
        command = program
        for word in words:
            if hasattr(command, "commands"):
                assert word in command.commands, " ".join(words)
                command = command.commands[word]


def test_every_topic_in_the_picture_exists() -> None:
    picture = README.split("```")[1]
    for topic in ("licenses", "deliveries", "reports", "incidents", "decisions", "judgments", "names", "policies",
                  "ticks", "dossiers", "alerts", "remarks", "notices"):  # fmt: skip
        assert topic in picture
        assert topic in TOPICS


def test_every_setting_it_names_exists() -> None:
    named = set(re.findall(rf"{PREFIX}[A-Z_]+", README))
    assert named
    assert named <= {PREFIX + field.upper() for field in Settings.__struct_fields__}


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:streams|schemas|infra|tests)/[^`\s]*)`", README))))
def test_every_path_it_names_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_its_incident_raises_the_alert_that_it_names() -> None:
    incident = read_fact(json.dumps(example()).encode(), resolve_country=state_code, expect="incident")
    assert isinstance(incident, Incident)
    alert_id = re.search(r"pledgewatch alert (XM~\S+)", README)[1]  # type: ignore[index]
    known = [f for f in world() if not isinstance(f, Tick)] + [f for f in world() if isinstance(f, Tick)][-1:]
    alerts = {a.id: a for each in assess_facts([*known, incident], namer_of=RegisterNamer) for a in each.alerts}
    before = {a.id for each in assess_facts(known, namer_of=RegisterNamer) for a in each.alerts}
    assert alert_id not in before
    assert BANDS.index(alerts[alert_id].band) >= BANDS.index("alert")
