"""The policy as the rules use it: shipped data, and whole numbers ready for sums.

All weights are whole micro-nats, all shares millionths, so that sums are exact whoever adds them.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from functools import lru_cache
from typing import cast

import msgspec

from schemas import Policy
from schemas.codec import body_hash, decode_fact
from schemas.legal import ImpliedClause, UsualParameters
from schemas.policy import ClauseDefaults, Number, RegisteredSource
from schemas.vocabulary import ClauseKind, DecisionKind
from streams.rules.days import calendars_of
from streams.rules.packs import START, pack

MILLION = 1_000_000


def shipped_policy() -> Policy:
    """The first policy, as it ships: every number with its source, none calibrated yet."""
    return pack(START)


def policy_in_force(policies: Iterable[Policy], today: dt.date) -> Policy:
    """The policy that counts on `today`: the one that came into force last; the shipped one where there is none."""
    ready = [p for p in policies if p.in_force_from <= today]
    return max(ready, key=lambda p: (p.in_force_from, p.version, body_hash(p))) if ready else shipped_policy()


class Weights:
    """The numbers of one policy, compiled. Log-odds in micro-nats, shares in millionths."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.digest = body_hash(policy)
        w, f, b = policy.weighing, policy.fitting, policy.banding
        self.prior = logit_micro(w.prior.value / 1000)
        self.reliability = {grade: logit_micro(n.value / 1000) for grade, n in w.reliability.items()}
        self.credibility = {int(grade): share(n) for grade, n in w.credibility.items()}
        self.verified = {what: share(n) for what, n in w.verified.items()}
        self.cap_low, self.cap_forensic = w.cap_low.value * 1000, w.cap_forensic.value * 1000
        self.cap_reviewed, self.cap_found = w.cap_reviewed.value * 1000, w.cap_found.value * 1000
        self.cap_doubtful = w.cap_doubtful.value * 1000
        self.near_copy = w.near_copy.value / 1000
        self.fit = {name: share(getattr(f, name)) for name in f.__struct_fields__}
        self.review, self.alert, self.alert_fit = share(b.review), share(b.alert), share(b.alert_fit)
        self.silence_review, self.silence_alert = b.silence_review.value, b.silence_alert.value
        self.flood = b.flood.value
        self.sources: dict[str, RegisteredSource] = {s.source: s for s in policy.sources}
        self.clauses: dict[ClauseKind, ClauseDefaults] = policy.clauses
        self.calendars = calendars_of(policy.calendars)
        self.usual: dict[ClauseKind, tuple[UsualParameters, ...]] = {
            kind: tuple(u for _, u in sorted(held.usual.items(), reverse=True) if not u.unverified)
            for kind, held in sorted(policy.clauses.items())
        }
        self.implied: dict[ClauseKind, ImpliedClause] = {
            kind: held.implied
            for kind, held in sorted(policy.clauses.items())
            if held.implied and not held.implied.unverified
        }
        self.footing: dict[DecisionKind, str] = {
            kind: f"{held.decider}: {held.words} ({held.origin})"
            for kind, held in policy.footing.items()
            if not held.unverified
        }

    @property
    def version(self) -> str:
        """The policy's version, as alerts show it."""
        return self.policy.version


@lru_cache(maxsize=8)
def _compiled(raw: bytes) -> Weights:
    return Weights(cast(Policy, decode_fact(raw)))


def weights_of(policy: Policy) -> Weights:
    """The compiled numbers of `policy`; compiled once."""
    return _compiled(msgspec.json.encode(policy))


def share(number: Number) -> int:
    """A per-mille number in millionths."""
    return number.value * 1000


def logit_micro(probability: float) -> int:
    """ln(p / (1 - p)) in whole micro-nats."""
    return round(math.log(probability / (1 - probability)) * MILLION)


def probability_of(log_odds: int) -> int:
    """P in millionths for log-odds in micro-nats: 1 / (1 + e^-L)."""
    return round(MILLION / (1 + math.exp(-log_odds / MILLION)))


def tempered(weight: int, fit: int) -> int:
    """ln(1 + m (e^w - 1)): a weight [micro-nats] thinned by a fit m [millionths]; grows with both."""
    if fit >= MILLION:
        return weight
    return round(math.log1p(fit / MILLION * math.expm1(weight / MILLION)) * MILLION)
