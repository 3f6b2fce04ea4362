"""A back-test in words: what was counted, what came out, and what it does not allow to conclude."""

from __future__ import annotations

from collections.abc import Iterator

from streams.backtest.judged import Backtest, Group, Trial
from streams.backtest.scores import Score, Share

FEW, FEW_IN_GROUP, WIDE = 30, 10, 0.3
"""Below these many matters, and above this width of an interval, a number is said to show little."""


def told(said: Backtest) -> Iterator[str]:
    """The whole back-test, line by line."""
    yield from _counted(said)
    for each in said.trials:
        yield ""
        yield from _tried(each, said)
    for pair in said.paired:
        d = pair.disagreement
        differ = d.only_first_right + d.only_second_right
        yield ""
        yield (
            f"{pair.first} and {pair.second} judge {differ} matters differently: {pair.first} is with the officer on "
            f"{d.only_first_right}, {pair.second} on {d.only_second_right}; a coin would divide them so, or more "
            f"unevenly, with probability {d.chance:.3f}."
        )
    yield "\nWhat this does not allow to conclude"
    yield from (f"- {line}" for line in limits(said))


def _counted(said: Backtest) -> Iterator[str]:
    yield (
        f"{said.facts} facts, {said.decisions} decisions; {said.matters} matters decided on {said.licenses} licenses: "
        f"{said.upheld} upheld, {said.matters - said.upheld} not."
    )
    yield (
        "Upheld: suspended, restricted, revoked, modified, referred, listed, or closed as acted upon or remedied. Not: "
        "closed as unfounded, not our license, or explained as lawful."
    )
    if said.undecided:
        words = ", ".join(f"{_spoken(kind)} {count}" for kind, count in said.undecided.items())
        yield f"Decide nothing and are left out: {words}."
    if said.unknown_then:
        yield f"Left out, because the log did not have their evidence when they were decided: {said.unknown_then}."
    if said.undated:
        yield f"{said.undated} facts have no record time; they count as known from the day that they tell of."
    yield f"A matter counts as raised from the band `{said.band}` on, judged with what the log had at the decision."


def _tried(trial: Trial, said: Backtest) -> Iterator[str]:
    yield f"{trial.policy} (version {trial.version})"
    yield f"  {'':28} {'matters':>7} {'raised':>6} {'upheld':>6} {'both':>5}  {'precision':22} {'recall':22} {'F1':>5}"
    yield _row(Group("all", trial.overall))
    for title, groups in (("by band", trial.by_band), ("by rule", trial.by_rule), ("by source", trial.by_source)):
        yield f"  {title}"
        yield from (_row(group) for group in groups)
    yield from _calibration(trial)
    yield f"  Open and undecided on the last day, from `{said.band}` on: {trial.open_undecided} alerts."


def _row(group: Group) -> str:
    s = group.score
    raised, upheld = s.true_positive + s.false_positive, s.true_positive + s.false_negative
    counts = f"{s.matters:>7} {raised:>6} {upheld:>6} {s.true_positive:>5}"
    f1 = "    –" if s.f1 is None else f"{s.f1:5.2f}"
    return f"  {_spoken(group.name)[:28]:28} {counts}  {_share(s.precision):22} {_share(s.recall):22} {f1}"


def _share(said: Share) -> str:
    return "–" if said.value is None else f"{said.value:.2f} ({said.low:.2f} to {said.high:.2f})"


def _calibration(trial: Trial) -> Iterator[str]:
    c = trial.calibration
    if c.brier is None or c.brier_of_base_rate is None:
        yield "  Calibration: no decided matter was weighed."
        return
    better = "better" if c.brier < c.brier_of_base_rate else "not better"
    yield (
        f"  Calibration over {c.matters} weighed matters: Brier {c.brier:.3f}, {better} than "
        f"{c.brier_of_base_rate:.3f} for always saying the share of all."
    )
    for b in c.bins:
        if b.happened.of:
            yield (
                f"    said {b.low:.1f} to {b.high:.1f}, {b.mean:.3f} in the mean: so in {b.happened.hits} of "
                f"{b.happened.of}, {_share(b.happened)}"
            )


def limits(said: Backtest) -> Iterator[str]:
    """What the numbers do not show, by how many there are."""
    if not said.matters:
        yield "No matter is decided that the log knew of in time: nothing can be said of any policy."
        return
    if said.matters < FEW:
        yield (
            f"{said.matters} decided matters are few: below {FEW} no policy should be preferred, and no number fitted, "
            "on their account."
        )
    if said.upheld in (0, said.matters):
        yield "All matters ended the same way: any policy that always says so would do as well."
    for each in said.trials:
        wide = ", ".join(_wide(each.overall))
        if wide:
            yield f"Under {each.policy} {wide} could be almost anything within its interval (95 %, Wilson)."
        if each.calibration.matters:
            thin = sum(0 < b.happened.of < FEW_IN_GROUP for b in each.calibration.bins)
            full = sum(b.happened.of > 0 for b in each.calibration.bins)
            if thin:
                yield f"Under {each.policy} {thin} of {full} bins hold fewer than {FEW_IN_GROUP} matters: no curve."
        small = sum(0 < g.score.matters < FEW_IN_GROUP for g in (*each.by_rule, *each.by_source))
        if small:
            groups = len(each.by_rule) + len(each.by_source)
            yield (
                f"Under {each.policy} {small} of {groups} rules and sources have fewer than {FEW_IN_GROUP} matters: "
                "listed, not to be ranked."
            )
    for pair in said.paired:
        if pair.disagreement.chance > 0.05:
            yield f"Which of {pair.first} and {pair.second} is nearer to the officers is not shown: it may be chance."
    if said.licenses < said.matters:
        yield (
            f"{said.matters} matters on {said.licenses} licenses are not independent of each other: "
            "the true intervals are wider."
        )
    yield (
        "Only what was put before an officer could be decided: recall is over that, not over what happened, and a "
        "policy that raises more is not rewarded for what nobody has looked at."
    )
    yield "A decision is an officer's word with what was known then, not the truth."


def _wide(score: Score) -> Iterator[str]:
    for name, each in (("precision", score.precision), ("recall", score.recall)):
        if each.high - each.low > WIDE:
            yield f"{name}" if each.value is None else f"{name} ({each.hits} of {each.of})"


def _spoken(word: str) -> str:
    return word.replace("_", " ")
