"""Who is told what, read from one file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from streams.agents.telling.routes import House, Quiet, default_routes, kept_by, parse_routes, read_routes, routes_at
from streams.errors import Stop

GOOD = """
[house]
name = "Licensing Office of XA"
pages = "https://pledges.example"

[telling]
settle_seconds = 20

[channels.duty]
kind = "smtp"
host = "mail.example"
sender = "pledges@office.example"
to = ["duty@office.example"]
user = "pledges"
password_file = "secrets/mail"
tlp = "AMBER+STRICT"
quiet = { start = 20:00:00, end = 07:00:00, zone = "UTC", weekends = true }

[channels.file]
kind = "mailbox"
path = "mailbox/duty.mbox"

[channels.cases]
kind = "webhook"
url = "https://cases.example/hook"
secret_file = "secrets/hook"
use = "partners"

[[routes]]
issuing_states = ["XA"]
destinations = ["XM"]
from_band = "alert"
channels = ["duty", "cases"]

[[routes]]
channels = ["file"]
"""


def test_a_file_gives_channels_and_routes_with_paths_beside_it(tmp_path):
    path = tmp_path / "routes.toml"
    path.write_text(GOOD, encoding="utf-8")
    routes = read_routes(path)
    assert set(routes.channels) == {"duty", "file", "cases"}
    assert routes.channels["file"].path == tmp_path / "mailbox/duty.mbox"
    assert routes.channels["duty"].password_file == tmp_path / "secrets/mail"
    assert routes.pace.settle_seconds == 20


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('host = "mail.example"', "host = 7", "channels.duty.host: Expected `str`, got `int`; found 7"),
        ('host = "mail.example"', 'host = "m"\nport = 99999', "channels.duty.port"),
        ('kind = "mailbox"', 'kind = "fax"', "channels.file.kind: found 'fax', expected 'mailbox'"),
        ('channels = ["file"]', 'channels = ["flie"]', "routes[1].channels: found 'flie', expected one of: cases,"),
        ('issuing_states = ["XA"]', 'issuing_states = ["xa"]', "routes[0].issuing_states[0]"),
        ('from_band = "alert"', 'from_band = "context"', "routes[0].from_band: Invalid enum value 'context'"),
        ("[telling]", "[tolling]", "found [tolling], expected [house]"),
        ('user = "pledges"', "", "channels.duty: user and password_file belong together"),
        ('user = "pledges"', 'user = "pledges"\nsecurity = "none"', "a password would go in the clear"),
        ("https://cases.example", "http://cases.example", "expected https"),
        ('use = "partners"', 'use = "end_user"', "channels.cases.use"),
        ('use = "partners"', 'use = "exporter"', "exporters are not named to each other"),
        ('zone = "UTC"', 'zone = "Mars"', "channels.duty.quiet.zone: found 'Mars'"),
        ('path = "mailbox/duty.mbox"', 'path = "m"\nname = "other"', "channels.file.name: found 'other'"),
        ("settle_seconds = 20", "settle_seconds = ", "is not TOML"),
        ("settle_seconds = 20", "settle_second = 20", "unknown field `settle_second`"),
    ],
)
def test_a_fault_names_the_place(old, new, says):
    assert old in GOOD
    with pytest.raises(Stop) as refused:
        parse_routes(GOOD.replace(old, new), name="routes.toml")
    assert says in str(refused.value)
    assert "routes.toml" in str(refused.value)


def test_a_missing_file_stops_the_start(tmp_path):
    with pytest.raises(Stop, match="cannot be read"):
        read_routes(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("change", "heard"),
    [
        ({}, True),
        ({"destination": "XN"}, False),
        ({"tlp": "RED"}, False),
        ({"tlp": "AMBER+STRICT"}, True),
        ({"may_use_for": ("partners",)}, False),
        ({"embargo_until": dt.date(2030, 6, 2)}, False),
        ({"embargo_until": dt.date(2030, 6, 1)}, True),
        ({"license": None}, False),
    ],
)
def test_route_tlp_use_and_embargo_decide_what_a_channel_hears(telling, change, heard):
    routes = parse_routes(GOOD)
    hearing = routes.hearing(routes.channels["duty"], telling.alert(**change), telling.DAY)
    assert hearing.describable is heard


def test_no_day_keeps_an_embargo(telling):
    alert = telling.alert(embargo_until=dt.date(2000, 1, 1))
    assert kept_by(alert, telling.mailbox(), None).startswith("it is under an embargo until")


def test_another_states_license_is_not_heard(telling):
    routes = parse_routes(GOOD)
    alert = telling.alert(license=telling.license(issuing_state="XB"))
    assert not routes.hearing(routes.channels["duty"], alert, telling.DAY).describable


def test_the_lowest_band_of_its_routes_is_the_floor(telling):
    routes = parse_routes(GOOD + '[[routes]]\nfrom_band = "watch"\nchannels = ["duty"]\n')
    assert routes.hearing(routes.channels["duty"], telling.alert(), telling.DAY).floor == "watch"
    assert routes.hearing(routes.channels["cases"], telling.alert(), telling.DAY).floor == "alert"


def test_by_default_a_mailbox_hears_everything(telling):
    routes = default_routes(Path("var/mailbox"))
    [channel] = routes.channels.values()
    assert routes.hearing(channel, telling.alert(tlp="RED"), telling.DAY).describable


def test_a_file_in_the_home_folder_comes_before_the_default(tmp_path):
    house = House(name="Licensing Office of XB")
    assert set(routes_at(tmp_path, house).channels) == {"officers"}
    (tmp_path / "routes.toml").write_text(GOOD, encoding="utf-8")
    assert set(routes_at(tmp_path, house).channels) == {"duty", "file", "cases"}


@pytest.mark.parametrize(
    ("now", "band", "waits"),
    [
        (dt.datetime(2030, 6, 3, 23, tzinfo=dt.UTC), "alert", True),
        (dt.datetime(2030, 6, 3, 23, tzinfo=dt.UTC), "urgent", False),
        (dt.datetime(2030, 6, 3, 6, 59, tzinfo=dt.UTC), "review", True),
        (dt.datetime(2030, 6, 3, 7, tzinfo=dt.UTC), "review", False),
        (dt.datetime(2030, 6, 2, 12, tzinfo=dt.UTC), "alert", True),
    ],
)
def test_quiet_hours_hold_back_what_is_not_pressing(now, band, waits):
    assert Quiet(weekends=True).holds(now, band) is waits
