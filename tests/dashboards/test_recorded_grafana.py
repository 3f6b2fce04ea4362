"""The stand-in is held against the recordings: the same requests in the same order, the same answers."""

from __future__ import annotations

from typing import Any

from recorded_grafana import RECORDED, RecordedGrafana

OF_THE_MOMENT = {
    "id",
    "created",
    "updated",
    "createdBy",
    "updatedBy",
    "url",
    "folderId",
    "folderUrl",
    "folderTitle",
    "slug",
}
Json = dict[str, Any]


def told(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: told(each) for key, each in value.items() if key not in OF_THE_MOMENT}
    return [told(each) for each in value] if isinstance(value, list) else value


def replay(grafana: RecordedGrafana, *names: str) -> None:
    for name in names:
        request, response = RECORDED[name]["request"], RECORDED[name]["response"]
        status, body = grafana.answer(request["method"], request["path"], request.get("json") or {})
        assert status == response["status"], name
        assert told(body) == told(response["json"]), name


def test_folders_answer_as_recorded() -> None:
    replay(
        RecordedGrafana(),
        "folder-create",
        "folder-create-same",
        "folder-create-same-title-other-uid",
        "folder-get",
        "folder-get-missing",
    )


def test_a_folder_is_renamed_only_at_its_version() -> None:
    grafana = RecordedGrafana()
    replay(grafana, "folder-create")
    request = RECORDED["folder-update-version"]["request"]
    assert grafana.answer("PUT", request["path"], request["json"])[0] == 200
    replay(grafana, "folder-update-stale", "folder-update-noversion")


def test_data_sources_answer_as_recorded() -> None:
    grafana = RecordedGrafana()
    replay(grafana, "ds-create", "ds-create-same", "ds-create-same-uid-other-name", "ds-get-uid", "ds-get-missing")
    assert (
        grafana.answer("PUT", "/api/datasources/uid/eum-clickhouse", RECORDED["ds-update-uid"]["request"]["json"])[0]
        == 200
    )
    replay(grafana, "ds-update-missing")
    grafana.sources["eum-clickhouse"]["version"] = 5
    replay(grafana, "ds-version-2")


def test_boards_answer_as_recorded() -> None:
    grafana = RecordedGrafana()
    replay(grafana, "folder-create", "dash-create", "dash-get", "dash-create-again-no-overwrite")
    replay(grafana, "dash-same-title-other-uid", "dash-get-new-uid", "dash-missing-folder", "dash-no-title")
    grafana.boards["eum-check"]["dashboard"]["version"] = 3
    replay(grafana, "dash-update-right-version")
