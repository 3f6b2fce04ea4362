"""Settings: read once from the environment; an unknown or unreadable one stops the start, in words."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from streams.errors import Stop
from streams.settings import Settings, read_settings


def test_without_any_variable_everything_has_its_default():
    assert read_settings({}) == Settings()
    assert read_settings({"HOME": "/x", "PATH": "/y"}) == Settings()


def test_each_setting_is_a_variable_of_its_own():
    chosen = read_settings({
        "PLEDGEWATCH_HOME": "somewhere", "PLEDGEWATCH_HOST": "127.0.0.9", "PLEDGEWATCH_PORT": "9000",
        "PLEDGEWATCH_PARTITIONS": "3", "PLEDGEWATCH_TICK_EVERY": "0.5", "PLEDGEWATCH_AUTHORITY": "Office of QM",
    })  # fmt: skip
    assert chosen == Settings(
        home=Path("somewhere"), host="127.0.0.9", port=9000, partitions=3, tick_every=0.5, authority="Office of QM"
    )


def test_a_misspelt_variable_stops_the_start_and_the_right_ones_are_named():
    with pytest.raises(Stop) as caught:
        read_settings({"PLEDGEWATCH_PROT": "9000"})
    assert "PLEDGEWATCH_PROT is not a setting" in str(caught.value)
    assert "PLEDGEWATCH_PORT" in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("PLEDGEWATCH_PORT", "lots", "int"),
        ("PLEDGEWATCH_PORT", "0", ">= 1"),
        ("PLEDGEWATCH_PORT", "65536", "<= 65535"),
        ("PLEDGEWATCH_PARTITIONS", "257", "<= 256"),
        ("PLEDGEWATCH_TICK_EVERY", "-1", ">= 0"),
        ("PLEDGEWATCH_MAX_BODY", "10", ">= 1024"),
    ],
)
def test_a_value_that_cannot_be_read_names_the_variable_the_value_and_what_was_expected(variable, value, expected):
    with pytest.raises(Stop) as caught:
        read_settings({variable: value})
    assert str(caught.value).startswith(f"{variable} is '{value}': ")
    assert expected in str(caught.value)


def test_log_and_warehouse_live_in_the_home():
    chosen = Settings(home=Path("h"))
    assert (chosen.log_path, chosen.warehouse_path) == (Path("h/log.sqlite"), Path("h/warehouse"))


def test_settings_do_not_change_once_read():
    with pytest.raises(AttributeError):
        Settings().port = 1
    assert all(f.default is not msgspec.NODEFAULT for f in msgspec.structs.fields(Settings))
