"""What is said: the facts, the derived records, their vocabularies, one codec, one file per topic."""

from schemas.alert import Alert, Case, Match, Remark
from schemas.codec import AnyFact, AnyRow
from schemas.common import Fact, Period
from schemas.decision import Decision
from schemas.delivery import Delivery
from schemas.erasure import Erasure, Hold
from schemas.incident import Incident
from schemas.judgment import Judgment
from schemas.license import Clause, License, Pledge
from schemas.name import Name
from schemas.notice import Notice, NoticeBody, SentAgain
from schemas.parked import Parked
from schemas.policy import Policy
from schemas.problems import Problem, Refused
from schemas.report import PostShipmentReport
from schemas.retraction import Retraction
from schemas.row import Header, Recheck
from schemas.tick import Tick

__all__ = [
    "Alert", "AnyFact", "AnyRow", "Case", "Clause", "Decision", "Delivery", "Erasure", "Fact",
    "Header", "Hold", "Incident", "Judgment", "License", "Match", "Name", "Notice", "NoticeBody", "Parked", "Period",
    "Pledge",
    "Policy", "PostShipmentReport", "Problem", "Recheck", "Refused", "Remark", "Retraction", "SentAgain", "Tick",
]  # fmt: skip
