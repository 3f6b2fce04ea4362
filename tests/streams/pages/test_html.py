"""Every page is well-formed, can be read aloud and by keyboard, needs no script and loads nothing from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import streams.pages
from streams.pages.render import alert_path

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SHAPES = {"path", "rect", "line", "circle"}
GROUP = "QM~xa-register:LIC-2023-0117~c2"
PAGES = [
    ("pw_all", "/"),
    ("pw_all", "/?since=2026-01-01&band=alert"),
    ("pw_all", "/?status=withdrawn&destination=xx1"),
    ("pw_all", alert_path(GROUP)),
    ("pw_desk", alert_path(GROUP, as_known_at="2025-05-01", tour=2)),
    ("pw_all", alert_path("QM~xa-register:LIC-2023-0117~c9")),
    ("pw_all", alert_path("QP~xa-register:LIC-2020-0002~c1")),
    ("pw_all", alert_path("QN~xa-register:LIC-2022-0031~r1")),
    ("pw_all", alert_path("QP~xa-register:LIC-2021-0007~c1")),
    ("pw_all", "/destinations/QM"),
    ("pw_all", "/destinations/QX"),
    ("pw_staff", "/board"),
    ("pw_desk", "/board/triage?window=90d&destination=QM"),
    ("pw_all", "/board/pipeline?as_known_at=2025-05-01"),
    ("pw_feed", "/parked"),
    ("pw_all", "/facts/incident:northlight:2025-02"),
    ("pw_all", "/facts/license:xb-register:B/23/88"),
    ("pw_all", "/about"),
    ("pw_all", "/tour"),
    (None, "/enter"),
    ("pw_staff", "/"),
    ("pw_all", "/alerts/none"),
]
STATIC = Path(streams.pages.__file__).parent / "static"


class Seen(HTMLParser):
    """Reads a page and notes what is wrong with it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.open: list[str] = []
        self.ids: list[str] = []
        self.headings: list[int] = []
        self.wanted: list[str] = []
        self.labels: set[str] = set()
        self.fields: list[tuple[str, dict[str, str | None]]] = []
        self.addresses: list[str] = []
        self.text_of: list[list[str]] = []
        self.feed(page)
        self.close()
        self.faults += [f"<{tag}> is not closed" for tag in self.open]
        self.faults += [f"id {id} twice" for id in set(self.ids) if self.ids.count(id) > 1]
        self.faults += [f"{id} is referred to and not there" for id in self.wanted if id not in self.ids]
        self.faults += [
            f"{tag} {a.get('name')} has no label" for tag, a in self.fields if a.get("id") not in self.labels
        ]
        self.faults += [
            f"h{after} follows h{before}"
            for before, after in zip(self.headings, self.headings[1:], strict=False)
            if after > before + 1
        ]
        if self.headings.count(1) != 1 or self.headings[0] != 1:
            self.faults.append(f"headings begin {self.headings[:3]}, expected one h1 and first")

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.faults += [f"{name} on <{tag}>" for name in given if name.startswith("on") or name == "style"]
        self.faults += [f"<{tag}>" for _ in [0] if tag in ("script", "iframe", "object", "base", "font", "center")]
        if len(given) != len(attributes):
            self.faults.append(f"<{tag}> bears an attribute twice")
        if tag in ("p", "ul", "ol", "dl", "div", "table", "h2", "h3", "form", "figure") and "p" in self.open:
            self.faults.append(f"<{tag}> within <p>")
        if tag == "li" and self.open[-1] not in ("ul", "ol"):
            self.faults.append("<li> outside a list")
        if tag == "tr" and self.open[-1] not in ("thead", "tbody", "tfoot"):
            self.faults.append("<tr> outside a part of a table")
        if tag == "th" and given.get("scope") not in ("row", "col"):
            self.faults.append("<th> without scope")
        if tag == "svg" and not (
            given.get("aria-hidden") == "true" or (given.get("role") == "img" and given.get("aria-label"))
        ):
            self.faults.append("<svg> without words and not hidden")
        if tag == "html" and not given.get("lang"):
            self.faults.append("no language")
        if id := given.get("id"):
            self.ids.append(id)
        for name in ("aria-labelledby", "aria-describedby", "for"):
            self.wanted += (given.get(name) or "").split()
        if tag == "label":
            self.labels.add(given.get("for") or "")
        if tag in ("select", "textarea") or (tag == "input" and given.get("type") != "hidden"):
            self.fields.append((tag, given))
        self.addresses += [value for name in ("href", "src", "action") if (value := given.get(name)) is not None]
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in ("a", "button", "th", "h1", "h2", "h3", "h4", "summary", "label", "legend", "title"):
            self.text_of.append([])
        if tag not in VOID and tag not in SHAPES:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in SHAPES:
            self.faults.append(f"<{tag}/> closes itself")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes another element")
        if (
            tag in ("a", "button", "th", "h1", "h2", "h3", "h4", "summary", "label", "legend", "title")
            and not "".join(self.text_of.pop()).strip()
        ):
            self.faults.append(f"<{tag}> without text")

    def handle_data(self, data: str) -> None:
        for texts in self.text_of:
            texts.append(data)


@pytest.mark.parametrize(("key", "path"), PAGES)
def test_a_page_is_well_formed_and_can_be_read_aloud(visit, key: str | None, path: str) -> None:
    assert Seen(visit(key).get(path).text).faults == []


@pytest.mark.parametrize(("key", "path"), PAGES)
def test_a_page_leads_and_loads_nowhere_else(visit, key: str | None, path: str) -> None:
    page = visit(key).get(path).text
    assert not [a for a in Seen(page).addresses if not a.startswith(("/", "#")) or a.startswith("//")]
    assert not re.search(r"https?://", page)


@pytest.mark.parametrize(("key", "path"), PAGES)
def test_every_answer_bears_the_strict_policy(visit, key: str | None, path: str) -> None:
    headers = visit(key).get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_the_page_of_a_refused_form_is_well_formed_too(visit) -> None:
    client = visit()
    page = client.get(alert_path(GROUP)).text
    hidden = dict(
        re.findall(
            r'<input type="hidden" name="(token|form|version)" value="([^"]*)">', page[page.index('id="decide"') :]
        )
    )
    answer = client.post(alert_path(GROUP), data={**hidden, "kind": "suspend"})
    assert answer.status_code == 422
    assert Seen(answer.text).faults == []


def test_every_page_begins_with_a_way_past_its_head(visit) -> None:
    page = visit().get("/").text
    assert page.index('href="#main"') < page.index("<header")
    assert 'id="main"' in page


@pytest.mark.parametrize(
    "broken",
    [
        "<h1>a</h1><h3>b</h3>",
        "<h1>a</h1><p><div></div></p>",
        '<h1>a</h1><input name="x">',
        "<h1>a</h1><svg></svg>",
        '<h1>a</h1><a href="/"></a>',
        '<h1 onclick="x()">a</h1>',
        '<h1 id="a">a</h1><p id="a"></p>',
        "<h1>a",
        '<h1>a</h1><p aria-describedby="gone"></p>',
        "<h1>a</h1><script></script>",
        '<h1 style="color:red">a</h1>',
    ],
)
def test_the_check_sees_what_is_broken(broken: str) -> None:
    assert Seen(broken).faults


# -- the stylesheet -------------------------------------------------------------------------------------------------


def themes() -> dict[str, dict[str, str]]:
    """Colors by name, in daylight, at night and in print."""
    css = (STATIC / "pledgewatch.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    read = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", block)) for block in blocks]
    day, night, paper = read
    return {"day": day, "night": day | night, "paper": day | paper}


def luminance(color: str) -> float:
    digits = color.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["day", "night", "paper"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("ink", "paper"),
        ("ink", "wash"),
        ("ink", "tour"),
        ("soft", "paper"),
        ("soft", "wash"),
        ("soft", "tour"),
        ("link", "paper"),
        ("link", "wash"),
        ("link", "tour"),
        ("on-accent", "accent"),
        ("fault", "paper"),
        ("fault", "fault-wash"),
    ],
)
def test_text_stands_out_from_its_ground(theme: str, ink: str, ground: str) -> None:
    colors = themes()[theme]
    assert contrast(colors[ink], colors[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["day", "night"])
@pytest.mark.parametrize(
    "mark", ["urgent", "alert", "review", "watch", "context", "for", "against", "sum", "strong-line"]
)
def test_marks_and_bars_stand_out_or_have_an_outline(theme: str, mark: str) -> None:
    colors = themes()[theme]
    assert contrast(colors[mark], colors["paper"]) >= (3 if mark not in ("alert", "watch") else 1.9)


def test_the_stylesheet_loads_nothing_and_moves_nothing() -> None:
    css = (STATIC / "pledgewatch.css").read_text()
    assert not re.search(r"url\(|@import|animation|transition|https?:", css)


def test_there_are_two_weights_and_no_more() -> None:
    css = (STATIC / "pledgewatch.css").read_text()
    assert set(re.findall(r"font-weight: (\w+)", css)) | set(re.findall(r"font: (\d+)", css)) <= {"400", "600"}


def test_stylesheet_and_mark_are_served_with_their_type(visit) -> None:
    client = visit(None)
    assert client.get("/static/pledgewatch.css").headers["content-type"].startswith("text/css")
    assert client.get("/static/mark.svg").headers["content-type"].startswith("image/svg+xml")
