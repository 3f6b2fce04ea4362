"""The data source and the provisioning files say the same, and name only what is there."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import yaml

from dashboards.boards import BOARDS, FOLDER
from dashboards.compiled import PLUGIN
from dashboards.source import FOLDER_TITLE, FOLDER_UID, READER, Warehouse, data_source

PROVISIONING = files("infra.grafana").joinpath("provisioning")
README = files("infra.grafana").joinpath("README.md").read_text(encoding="utf-8")
USERS = files("infra.clickhouse").joinpath("users.sql").read_text(encoding="utf-8")


def read(kind: str) -> Any:
    return yaml.safe_load(PROVISIONING.joinpath(kind, "pledgewatch.yaml").read_text(encoding="utf-8"))


def test_the_file_makes_the_data_source_that_a_push_makes() -> None:
    said = read("datasources")
    (source,) = said["datasources"]
    assert said["apiVersion"] == 1
    assert {key: source[key] for key in data_source(Warehouse())} == data_source(Warehouse())
    assert set(source) - set(data_source(Warehouse())) == {"isDefault", "editable", "secureJsonData"}


def test_no_password_is_written_down() -> None:
    (source,) = read("datasources")["datasources"]
    assert re.fullmatch(r"\$__file\{/run/secrets/\w+\}", source["secureJsonData"]["password"])
    assert "password" not in str(source["jsonData"]).lower()
    assert source["secureJsonData"]["password"][8:-1] in README


def test_the_data_source_asks_as_the_user_who_may_read_views_only() -> None:
    assert data_source(Warehouse())["jsonData"]["username"] == READER
    assert f"CREATE USER IF NOT EXISTS {READER} " in USERS
    assert f"GRANT pledgewatch_reads TO {READER};" in USERS


def test_settings_are_spelt_for_both_ages_of_the_plugin_and_times_are_text() -> None:
    said = data_source(Warehouse(host="ch"))["jsonData"]
    assert said["host"] == said["server"] == "ch"
    assert said["timeout"] == said["dialTimeout"] == "10"
    assert isinstance(said["queryTimeout"], str)


def test_the_provider_puts_the_boards_where_a_push_puts_them() -> None:
    (provider,) = read("dashboards")["providers"]
    assert (provider["folder"], provider["folderUid"], provider["type"]) == (FOLDER_TITLE, FOLDER_UID, "file")
    assert provider["allowUiUpdates"] is False
    assert f"| `dashboards/json` | `{provider['options']['path']}` |" in README
    assert len(list(FOLDER.glob("*.json"))) == len(BOARDS)


def test_a_board_has_not_the_name_of_its_folder() -> None:
    assert FOLDER_TITLE not in {board.title for board in BOARDS}
    assert read("datasources")["datasources"][0]["type"] == PLUGIN


def test_commands_that_the_readme_names_exist() -> None:
    from dashboards.commands import boards

    assert set(re.findall(r"pledgewatch boards (\w+)", README)) <= set(boards.commands)
    options = {opt for command in boards.commands.values() for each in command.params for opt in each.opts}
    assert set(re.findall(r"(--[a-z][a-z-]+)", README)) <= options
