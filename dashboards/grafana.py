"""Grafana over grafana-api 1.0.3: one thin class with a method for each thing that is asked of it, and no other.

    grafana = Grafana("http://127.0.0.1:3000", read_token(Path("grafana.token")))
    grafana.board("pledgewatch-overview")     # None where there is none

Typed calls where the package has them, raw verbs for data sources by uid (the calls by number are off in Grafana 13).
Its known defects end here: an empty answer (204) that it cannot read, a body without the message it looks for, five
seconds and no second try, a misspelt verb that fails only when called.

Errors are named for what the caller must do: `Wait` where Grafana is away or slow, `Stop` for the rest, with what to
mend. Neither ever holds the token.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from streams.errors import Stop, Wait

Json = dict[str, Any]

TIMEOUT = 30.0
"""How long one answer may take [seconds]; the package's own five are too few for a busy Grafana."""
_TOKEN = re.compile(r"[!-~]{8,}")
_AWAY = frozenset({429, 502, 503, 504})


def read_token(file: Path) -> str:
    """The service account's token in `file`; raises `Stop` that never quotes what is in there."""
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Stop(f"The token file {file} cannot be read: {reason}") from None
    if not _TOKEN.fullmatch(text):
        raise Stop(
            f"The token file {file} holds {len(text)} characters that are no token, expected one word such as glsa_…"
        )
    return text


class Grafana:
    """The Grafana at `address` (`http://host:3000`, with or without a path), asked with a service account's `token`."""

    def __init__(self, address: str, token: str, *, timeout: float = TIMEOUT) -> None:
        from grafana_api.grafana_face import GrafanaFace

        parts = urlsplit(address)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.username
            or parts.query
            or parts.fragment
        ):
            raise Stop(f"Grafana's address is {_without_user(address)!r}, expected http(s)://host[:port][/path]")
        try:
            port = parts.port
        except ValueError:
            raise Stop(f"Grafana's address is {address!r}: its port is no number up to 65535") from None
        prefix = parts.path.strip("/")
        self.address = f"{parts.scheme}://{parts.netloc}{'/' + prefix if prefix else ''}"
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self._face = GrafanaFace(
            auth=token,
            host=host,
            port=port,
            protocol=parts.scheme,
            url_path_prefix=f"{prefix}/" if prefix else "",
            timeout=timeout,
        )
        _prepare(self._face.api.s)

    def version(self) -> str:
        """Which Grafana it is: `9.4.0`."""
        answer = self._ask("its health", lambda: self._face.api.GET("/health"))
        return str(answer.get("version", "unknown"))

    def folder(self, uid: str) -> Json | None:
        """The folder, or None."""
        return self._find(f"folder {uid}", lambda: self._face.folder.get_folder(quote(uid)))

    def make_folder(self, uid: str, title: str) -> None:
        """Make the folder; raises `Stop` where the uid or the title is taken."""
        self._ask(f"folder {uid}", lambda: self._face.folder.create_folder(title, uid))

    def rename_folder(self, uid: str, title: str, version: int) -> None:
        """Give the folder its title, if it still is at `version`."""
        self._ask(f"folder {uid}", lambda: self._face.folder.update_folder(quote(uid), title, version=version))

    def data_source(self, uid: str) -> Json | None:
        """The data source, or None. Its secrets are told by name only."""
        return self._find(f"data source {uid}", lambda: self._face.api.GET(f"/datasources/uid/{quote(uid)}"))

    def make_data_source(self, wanted: Json) -> None:
        """Make the data source; raises `Stop` where its uid or name is taken."""
        self._ask(f"data source {wanted['uid']}", lambda: self._face.datasource.create_datasource(wanted))

    def change_data_source(self, wanted: Json) -> None:
        """Change the data source to `wanted`, whose `version` must be the one that was read."""
        path = f"/datasources/uid/{quote(wanted['uid'])}"
        self._ask(f"data source {wanted['uid']}", lambda: self._face.api.PUT(path, json=wanted))

    def data_source_works(self, uid: str) -> str:
        """Grafana's own words on whether the data source works; raises `Stop` where it does not."""
        path = f"/datasources/uid/{quote(uid)}/health"
        return str(self._ask(f"data source {uid}", lambda: self._face.api.GET(path)).get("message", ""))

    def board(self, uid: str) -> Json | None:
        """The board as `{"dashboard": …, "meta": …}`, or None."""
        return self._find(f"board {uid}", lambda: self._face.dashboard.get_dashboard(quote(uid)))

    def save_board(self, board: Json, folder: str, version: int, message: str) -> None:
        """Save `board` into `folder`, if it still is at `version` (0: there is none); never overwrites another's "
        "work."""
        sent = {
            "dashboard": board | {"id": None, "version": version},
            "folderUid": folder,
            "overwrite": False,
            "message": message,
        }
        answer = self._ask(f"board {board['uid']}", lambda: self._face.dashboard.update_dashboard(sent))
        if answer.get("uid") != board["uid"]:
            raise Stop(
                f"Grafana saved board {board['uid']} under the uid {answer.get('uid')}: one of the same title is in "
                f"the "
                "folder. Remove it there, then push again"
            )

    def _find(self, what: str, call: Callable[[], object]) -> Json | None:
        return self._asked(what, call, missing=True)

    def _ask(self, what: str, call: Callable[[], object]) -> Json:
        return self._asked(what, call, missing=False) or {}

    def _asked(self, what: str, call: Callable[[], object], *, missing: bool) -> Json | None:
        """The answer to `call`, None for a 404 where that may be; every failure in words."""
        from grafana_api.grafana_api import GrafanaException
        from requests import exceptions as http

        try:
            answer = call()
        except GrafanaException as error:
            if missing and error.status_code == 404 and isinstance(error.response, dict):
                return None
            raise self._in_words(what, error.status_code, error.response) from None
        except http.Timeout:
            raise Wait(f"Grafana at {self.address} did not answer in time, asked for {what}. Try again") from None
        except http.TooManyRedirects:
            raise Stop(
                f"Grafana at {self.address} leads elsewhere, asked for {what}: a sign-in page, or https? Give the "
                f"address "
                "that answers itself"
            ) from None
        except http.JSONDecodeError as error:
            if not str(error.doc).strip():
                return {}  # 204, or 200 with nothing: done
            raise self._not_json(what, str(error.doc)) from None
        except http.RequestException as error:
            raise Wait(
                f"Grafana at {self.address} cannot be reached: {type(error).__name__}, asked for {what}"
            ) from None
        except TypeError:  # the package looked for a message in a body that has none
            raise Stop(f"Grafana at {self.address} refused {what} without a word") from None
        if not isinstance(answer, dict):
            raise self._not_json(what, json.dumps(answer))
        return answer

    def _in_words(self, what: str, status: int, response: object) -> Stop | Wait:
        if not isinstance(response, dict):
            text = str(response)
            if status in _AWAY:
                return Wait(
                    f"Something before Grafana at {self.address} answered {status}, asked for {what}. Try again"
                )
            return self._not_json(what, text, status)
        said = str(response.get("message", ""))[:300]
        if status in _AWAY:
            return Wait(f"Grafana at {self.address} is not ready ({status}: {said}), asked for {what}")
        return Stop(f"Grafana at {self.address} refused {what} ({status}: {said}). {_mend(status, response)}".rstrip())

    def _not_json(self, what: str, text: str, status: int = 200) -> Stop:
        kind = (
            "a page of HTML" if text.lstrip()[:1] == "<" else f"{len(text)} characters that are not what Grafana says"
        )
        return Stop(
            f"{self.address} answered with {kind} (status {status}), asked for {what}: a proxy or a sign-in page "
            f"stands "
            "before Grafana, or the address lacks Grafana's path"
        )


def _mend(status: int, response: Json) -> str:
    """What to do about it."""
    said = f"{response.get('status', '')} {response.get('message', '')}".lower()
    if status == 401:
        return "The token is unknown or has expired: make one for a service account and put it into the token file"
    if "read-only" in said or "provisioned" in said:
        return "It comes from a provisioning file: change it there, or take it out of there first"
    if status == 403:
        return "The token's service account may not do this: Editor for boards and folder, Admin for the data source"
    if "name-exists" in said or "same name" in said or "same uid" in said:
        return "Something else bears this name or uid: rename or remove it there"
    if status in (409, 412):
        return "Someone changed it meanwhile: look at `pledgewatch boards diff`, then push again"
    if status == 404:
        return "It is not there: was it removed meanwhile, or is the address another organization's?"
    return ""


def _prepare(session: Any) -> None:
    """Reads are tried again where the connection failed; a redirect is an error, it would carry the token on."""
    from requests.adapters import HTTPAdapter
    from urllib3.util.retry import Retry

    again = Retry(
        total=2,
        read=False,  # a read that timed out is told at once
        redirect=0,
        status_forcelist=_AWAY,
        allowed_methods={"GET"},
        backoff_factor=0.2,
        raise_on_status=False,
        raise_on_redirect=False,
    )
    session.mount("http://", HTTPAdapter(max_retries=again))
    session.mount("https://", HTTPAdapter(max_retries=again))
    session.max_redirects = 0


def _without_user(address: str) -> str:
    return re.sub(r"//[^/@]*@", "//…@", address)
