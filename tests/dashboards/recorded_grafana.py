"""A Grafana on loopback that answers as a real one was recorded to (`recorded.ndjson`: Grafana 9.4, plugin 3.3.0).

Each answer is a recorded one, by name, with uid, title and version put in. What it decides (is there one of that uid,
is the version the newest) is what the recordings show; `test_recorded_grafana.py` holds it against them.
"""

from __future__ import annotations

import copy
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Json = dict[str, Any]
RECORDED: dict[str, Json] = {
    each["name"]: each
    for each in map(json.loads, Path(__file__).with_name("recorded.ndjson").read_text(encoding="utf-8").splitlines())
}
Answer = tuple[int, Any]


def recorded(name: str) -> Answer:
    """Status and body of an exchange, by its name."""
    response = copy.deepcopy(RECORDED[name]["response"])
    return response["status"], response["json"]


class RecordedGrafana:
    """Folders, data sources and boards, by uid; `wrote` lists every write, `broken` overrules the next answers."""

    def __init__(self) -> None:
        self.folders: dict[str, Json] = {}
        self.sources: dict[str, Json] = {}
        self.boards: dict[str, Json] = {}
        self.wrote: list[tuple[str, str, Json]] = []
        self.asked: list[tuple[str, str]] = []
        self.tokens: set[str] = set()
        self.broken: dict[tuple[str, str], Any] = {}
        """(method, path) to a recorded name, to (status, text) or to seconds of silence."""
        self.source_health = "ds-health"

    def answer(self, method: str, path: str, body: Json) -> Answer:
        """What Grafana says."""
        if path == "/api/health":
            return recorded("health")
        kind, _, rest = path.removeprefix("/api/").partition("/")
        if kind == "folders":
            return self._folders(method, rest, body)
        if kind == "datasources":
            return self._sources(method, rest.removeprefix("uid/"), body)
        if path == "/api/dashboards/db":
            return self._save(body)
        return self._board(rest.removeprefix("uid/"))

    def _folders(self, method: str, uid: str, body: Json) -> Answer:
        if method == "POST":
            if body["uid"] in self.folders:
                return recorded("folder-create-same")
            if body["title"] in {each["title"] for each in self.folders.values()}:
                return recorded("folder-create-same-title-other-uid")
            status, made = recorded("folder-create")
            self.folders[body["uid"]] = made | {"uid": body["uid"], "title": body["title"], "version": 1}
            return status, self.folders[body["uid"]]
        if uid not in self.folders:
            return recorded("folder-get-missing")
        there = self.folders[uid]
        if method == "PUT":
            if body.get("version") != there["version"]:
                return recorded("folder-update-stale")
            there |= {"title": body["title"], "version": there["version"] + 1}
        return 200, there

    def _sources(self, method: str, uid: str, body: Json) -> Answer:
        if uid.endswith("/health"):
            return recorded(self.source_health)
        if method == "POST":
            if body["name"] in {each["name"] for each in self.sources.values()}:
                return recorded("ds-create-same")
            if body["uid"] in self.sources:
                return recorded("ds-create-same-uid-other-name")
            status, made = recorded("ds-create")
            self.sources[body["uid"]] = _filled(made["datasource"] | {"version": 0}, body)
            return status, made | {"datasource": self.sources[body["uid"]]}
        if uid not in self.sources:
            return recorded("ds-get-missing")
        there = self.sources[uid]
        if method == "PUT":
            if there["readOnly"]:
                return recorded("ds-update-file-provisioned")
            if "version" in body and body["version"] < there["version"]:
                return recorded("ds-version-2")
            status, made = recorded("ds-update-uid")
            self.sources[uid] = _filled(there, body)
            return status, made | {"datasource": self.sources[uid]}
        return 200, there

    def _save(self, body: Json) -> Answer:
        board, folder = body["dashboard"], body["folderUid"]
        if folder not in self.folders:
            return recorded("dash-missing-folder")
        if not board.get("title"):
            return recorded("dash-no-title")
        there = self.boards.get(board["uid"])
        if there and there["meta"]["provisionedExternalId"]:
            return recorded("dash-file-write-2")
        if there and board["version"] != there["dashboard"]["version"]:
            return recorded("dash-create-again-no-overwrite")
        if not there and board["title"] in {
            each["dashboard"]["title"] for each in self.boards.values() if each["meta"]["folderUid"] == folder
        }:
            return recorded("dash-same-title-other-uid")
        version = board["version"] + 1
        _, read = recorded("dash-get")
        self.boards[board["uid"]] = {
            "meta": read["meta"] | {"folderUid": folder, "version": version},
            "dashboard": board | {"id": 5, "version": version},
        }
        status, said = recorded("dash-create")
        return status, said | {"uid": board["uid"], "version": version}

    def _board(self, uid: str) -> Answer:
        return (200, self.boards[uid]) if uid in self.boards else recorded("dash-get-new-uid")


def _filled(there: Json, body: Json) -> Json:
    secrets = there["secureJsonFields"] if "secureJsonData" not in body else {}
    secrets = secrets | {key: True for key, value in body.get("secureJsonData", {}).items() if value}
    said = {key: value for key, value in body.items() if key not in ("secureJsonData", "version")}
    return there | {"isDefault": False} | said | {"secureJsonFields": secrets, "version": there["version"] + 1}


@contextmanager
def serving(grafana: RecordedGrafana, prefix: str = "") -> Iterator[str]:
    """The address under which `grafana` answers, on loopback, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            path = self.path.removeprefix(prefix)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            grafana.asked.append((self.command, path))
            grafana.tokens.add(self.headers.get("Authorization", ""))
            status, said = self._overruled(path) or grafana.answer(self.command, path, body)
            if self.command != "GET" and status < 400:
                grafana.wrote.append((self.command, path, body))
            raw = said if isinstance(said, str) else json.dumps(said)
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if raw.startswith("<") else "application/json")
            if 300 <= status < 400:
                self.send_header("Location", "/login")
            self.send_header("Content-Length", str(len(raw.encode())))
            self.end_headers()
            self.wfile.write(raw.encode())

        def _overruled(self, path: str) -> Answer | None:
            broken = grafana.broken.get((self.command, path))
            if isinstance(broken, float):
                time.sleep(broken)
                return None
            return recorded(broken) if isinstance(broken, str) else broken

        do_GET = do_POST = do_PUT = _serve  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{prefix}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
