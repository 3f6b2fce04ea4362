"""What must be 0 after a run, whatever the form; and the table of what hit and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from chaos_striking import Blow
from leftovers import Left, Told, told_under_two_ids, untold

from schemas import AnyFact, Retraction
from schemas.codec import encode, fact_key, kind_of
from streams.agents.naming import RegisterNamer
from streams.rules.assess import assess_facts


class Run(msgspec.Struct, kw_only=True):
    """How one run went."""

    blows: list[Blow]
    repeated: int
    """Batches that the feeder had to send again [count]."""
    acknowledged: list[Told]
    complaints: list[str]
    ended: list[str]
    """What ended by itself and was started again, in words."""
    seconds: float
    told_at: Path
    """Folder of the routes by which officers were told."""
    left: Left


class Verdict(msgspec.Struct, kw_only=True):
    """What must all be 0, and what was counted on the way."""

    form: str
    seed: int
    facts: int
    faults: int
    killed: int
    """By `kill -9`."""
    stopped: int
    """By SIGSTOP, then SIGCONT."""
    leaders: int
    """Blows at a broker that led partitions."""
    ended_by_themselves: int
    """Processes that could not go on and were started again."""
    repeated_batches: int
    acknowledged: int
    alerts: int
    notices: int
    mails: int
    lost: int
    """Acknowledged facts that the log does not have."""
    doubled: int
    """Facts that the log has more than once: harmless, but nothing should make them."""
    parked: int
    differ_from_core: int
    """Alerts whose bytes differ from the pure core over the same facts, or that only one of both has."""
    differ_from_undisturbed: int
    """The same against the run without a fault, where there was one."""
    unstored: int
    """Records of the log that the warehouse has not."""
    stored_twice: int
    stored_alerts_differ: int
    stored_facts_differ: int
    told_under_two_ids: int
    """Words to a channel about an alert that stand under two ids."""
    mails_without_notice: int
    """Mails whose id no notice has: they would be told again under another one."""
    untold: int
    """Steps that a channel has not been told of."""
    complaints: int
    """Lines that the processes printed beside their ordinary ones."""
    slowest_recovery: float
    """From a blow until the part was well again [s]; the time that it was kept away counts."""
    seconds: float
    seconds_undisturbed: float

    def must_be_zero(self) -> dict[str, int]:
        """The counts of which any makes the run fail."""
        names = (
            "lost", "doubled", "parked", "differ_from_core", "differ_from_undisturbed", "unstored", "stored_twice",
            "stored_alerts_differ", "stored_facts_differ", "told_under_two_ids", "mails_without_notice", "untold",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


def judge(form: str, seed: int, facts: Sequence[AnyFact], disturbed: Run, undisturbed: Run | None) -> Verdict:
    """Hold what the disturbed run has left against everything that it must equal."""
    core = {alert.id: encode(alert) for found in assess_facts(facts, namer_of=RegisterNamer) for alert in found.alerts}
    left, there, blows = disturbed.left, disturbed.left.told(), disturbed.blows
    notices = {notice.id for notice in left.notices}
    return Verdict(
        form=form, seed=seed, facts=len(facts), faults=len(blows),
        killed=sum(1 for blow in blows if blow.fault.how == "kill -9"),
        stopped=sum(1 for blow in blows if blow.fault.how == "SIGSTOP"),
        leaders=sum(1 for blow in blows if blow.part.startswith("broker") and not blow.what.startswith("leads 0 ")),
        ended_by_themselves=len(disturbed.ended), repeated_batches=disturbed.repeated,
        acknowledged=len(disturbed.acknowledged), alerts=len(left.alerts), notices=len(notices), mails=len(left.mails),
        lost=sum(1 for fact in disturbed.acknowledged if fact not in there),
        doubled=sum(1 for count in there.values() if count > 1), parked=left.parked,
        differ_from_core=len(different(left.alerts, core)),
        differ_from_undisturbed=len(different(left.alerts, undisturbed.left.alerts)) if undisturbed else 0,
        unstored=left.unstored, stored_twice=left.stored_twice,
        stored_alerts_differ=len(different(left.stored_alerts, left.alerts)),
        stored_facts_differ=len(different(left.stored_facts, _counting(facts))),
        told_under_two_ids=told_under_two_ids(left.notices),
        mails_without_notice=sum(1 for mail in left.mails if mail not in notices),
        untold=untold(left, disturbed.told_at), complaints=len(disturbed.complaints),
        slowest_recovery=round(max((blow.lasted or 0.0 for blow in blows), default=0.0), 1),
        seconds=round(disturbed.seconds, 1), seconds_undisturbed=round(undisturbed.seconds, 1) if undisturbed else 0.0,
    )  # fmt: skip


def different(left: Mapping[str, object], right: Mapping[str, object]) -> list[str]:
    """The names under which two mappings do not say the same."""
    return sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))


def _counting(facts: Iterable[AnyFact]) -> dict[str, int]:
    """How many facts of each kind stand: the newest revision is above every retraction."""
    newest: dict[str, int] = {}
    gone: dict[str, int] = {}
    for fact in facts:
        known = gone if isinstance(fact, Retraction) else newest
        known[fact_key(fact)] = max(fact.revision, known.get(fact_key(fact), 0))
    kinds = {fact_key(fact): kind_of(fact) for fact in facts}
    return dict(Counter(kinds[key] for key, revision in newest.items() if revision > gone.get(key, 0)))


_HEAD = ("", "at [s]", "facts", "what", "how", "when", "away [s]", "well after [s]")


def table(blows: Sequence[Blow], verdict: Verdict) -> str:
    """Each fault with when, what, how and how long until it was well again; then one line a count."""
    rows = [_HEAD, *map(_row, blows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ["  ".join(_cell(cell, width, column) for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
             for row in rows]  # fmt: skip
    return "\n".join([*(line.rstrip() for line in lines), "", *_sums(verdict)])


def _row(blow: Blow) -> tuple[str, ...]:
    well = "hit again before" if blow.lasted is None else f"{blow.lasted:.1f}"
    what = f"{blow.part} ({blow.what})" if blow.what else blow.part
    return (
        str(blow.fault.number), f"{blow.at:.1f}", f"{blow.facts:,}", what, blow.fault.how, blow.fault.moment,
        f"{blow.fault.away:.1f}", well,
    )  # fmt: skip


def _cell(cell: str, width: int, column: int) -> str:
    return cell.rjust(width) if column in (0, 1, 2, 6, 7) else cell.ljust(width)


def _sums(verdict: Verdict) -> list[str]:
    zero = verdict.must_be_zero()
    return [
        f"{name.replace('_', ' '):26} {value:>10,}{_mark(name, zero)}"
        if isinstance(value, (int, float))
        else f"{name.replace('_', ' '):26} {value:>10}"
        for name, value in msgspec.structs.asdict(verdict).items()
    ]


def _mark(name: str, zero: Mapping[str, int]) -> str:
    if name not in zero:
        return ""
    return "   must be 0" if zero[name] else "   as it must be"
