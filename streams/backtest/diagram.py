"""The reliability diagram as SVG: what was said against how often it was so, with intervals. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from streams.backtest.judged import Trial
from streams.backtest.scores import Bin

SIDE, LEFT, TOP = 360, 72, 32
"""Side of the square, and where it begins [user units]."""
MARKS = ("circle", "square", "triangle", "diamond")
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
"""Of Okabe and Ito; the shape says it too."""
RADIUS = 5.0


def reliability(trials: Sequence[Trial]) -> str:
    """The diagram of up to four policies. A point is a bin; its line the Wilson interval at 95 %."""
    shown = trials[: len(MARKS)]
    height = TOP + SIDE + 64 + 20 * len(shown)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + SIDE + 32} {height}" role="img" '
        'aria-labelledby="title described" font-family="system-ui, sans-serif" font-size="12">',
        '<title id="title">Reliability: probability said, and how often it was so</title>',
        f'<desc id="described">{escape(" ".join(_described(each) for each in shown))}</desc>',
        "<style>.ink{fill:#1a1a1a}.line{stroke:#767676;fill:none}svg{background:#fff}"
        "@media(prefers-color-scheme:dark){.ink{fill:#eee}.line{stroke:#999}svg{background:#161616}}</style>",
        *_frame(),
        *(line for number, each in enumerate(shown) for line in _series(number, each)),
        *(line for number, each in enumerate(shown) for line in _legend(number, each)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _x(value: float) -> float:
    return round(LEFT + value * SIDE, 2)


def _y(value: float) -> float:
    return round(TOP + (1 - value) * SIDE, 2)


def _frame() -> Iterator[str]:
    yield f'<rect class="line" x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}"/>'
    yield f'<line class="line" stroke-dasharray="4 4" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>'
    for tenth in range(0, 11, 2):
        value = tenth / 10
        yield f'<text class="ink" x="{_x(value)}" y="{TOP + SIDE + 18}" text-anchor="middle">{value:.1f}</text>'
        yield f'<text class="ink" x="{LEFT - 8}" y="{_y(value) + 4}" text-anchor="end">{value:.1f}</text>'
    yield f'<text class="ink" x="{_x(0.5)}" y="{TOP + SIDE + 40}" text-anchor="middle">probability that was said</text>'
    middle = _y(0.5)
    yield (
        f'<text class="ink" x="20" y="{middle}" text-anchor="middle" transform="rotate(-90 20 {middle})">'
        "share that officers held to be so</text>"
    )


def _series(number: int, trial: Trial) -> Iterator[str]:
    color = COLORS[number]
    yield f'<g data-policy="{escape(trial.policy)}" stroke="{color}" fill="{color}">'
    for each in trial.calibration.bins:
        if each.mean is not None and each.happened.value is not None:
            x = _x(each.mean)
            low, high = _y(each.happened.low), _y(each.happened.high)
            yield f'<line x1="{x}" y1="{low}" x2="{x}" y2="{high}" stroke-width="1.5"/>'
            yield f"{_mark(MARKS[number], x, _y(each.happened.value))}<!-- {each.happened.of} matters -->"
    yield "</g>"


def _mark(shape: str, x: float, y: float) -> str:
    r = RADIUS
    if shape == "circle":
        return f'<circle cx="{x}" cy="{y}" r="{r}"/>'
    corners = {
        "square": ((-r, -r), (r, -r), (r, r), (-r, r)),
        "triangle": ((0, -r), (r, r), (-r, r)),
        "diamond": ((0, -r - 1), (r + 1, 0), (0, r + 1), (-r - 1, 0)),
    }[shape]
    points = " ".join(f"{round(x + dx, 2)},{round(y + dy, 2)}" for dx, dy in corners)
    return f'<polygon points="{points}"/>'


def _legend(number: int, trial: Trial) -> Iterator[str]:
    y = TOP + SIDE + 64 + 20 * number
    brier = "no probability" if trial.calibration.brier is None else f"Brier {trial.calibration.brier:.3f}"
    yield f'<g stroke="{COLORS[number]}" fill="{COLORS[number]}">{_mark(MARKS[number], LEFT + 6, y - 4)}</g>'
    words = f"{trial.policy}: {brier}, {trial.calibration.matters} matters"
    yield f'<text class="ink" x="{LEFT + 20}" y="{y}">{escape(words)}</text>'


def _described(trial: Trial) -> str:
    said = "; ".join(_bin_words(b) for b in trial.calibration.bins if b.happened.of)
    return f"{trial.policy}: {said or 'no probability was said'}."


def _bin_words(said: Bin) -> str:
    return f"said {said.mean:.2f}, so in {said.happened.hits} of {said.happened.of}"
