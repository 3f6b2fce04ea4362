"""Topics `erasures` and `holds`: what was erased on request, and what must be kept for a court.

An erasure holds what it erased by a digest of its key alone. An id is "never derived from a person's name or number",
but a source may have done just that, and it may be the reason of the request: so the id goes with the body. Whoever
knows the id can still ask whether it was erased; nobody can read it off the log.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Annotated, get_args

import msgspec
from msgspec import Meta

from schemas.common import Fact, Hash, Instant, Prose, RoleAddress, SourceId, Struct
from schemas.notice import Notice
from schemas.vocabulary import ErasableKind, HoldState

ERASURES = "erasures"
"""Source of every erasure: this house, on request."""
ERASED_SUBJECT = "Erased on request"
"""What stands in place of the words of a notice that told of what was erased."""
ERASABLE: tuple[ErasableKind, ...] = get_args(ErasableKind)
_REF = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}:[A-Za-z0-9][A-Za-z0-9._/#@+-]{0,119}")


class ToldOf(Struct, frozen=True, kw_only=True):
    """A notice that told of what was erased: it cannot be called back, so it is listed."""

    notice: Annotated[str, Meta(pattern=r"^[0-9a-f]{8,128}$", description="Id of the notice [hexadecimal].")]
    channel: Annotated[str, Meta(max_length=200, description="Channel that was told [name].", extra={"exact": True})]
    at: Instant


class Erasure(Fact, tag="erasure", frozen=True, kw_only=True):
    """One fact is to be erased (`asked_by` alone), or is erased (`confirmed_by`, too); there is no way back.

    Needs eight fields: `id`, `source`, `of`, `of_source`, `digest`, `why`, `asked_by`, `asked_at`. Made by the house
    alone, for two officers with a key each: the first asks, the second confirms. The id erased is not in it.
    """

    of: Annotated[ErasableKind, Meta(description="Kind of the fact [vocabulary].")]
    of_source: SourceId
    digest: Annotated[
        str,
        Meta(
            pattern=r"^[0-9a-f]{64}$",
            description="SHA-256 of `kind:source:id`, in place of the id [hexadecimal].",
            extra={"exact": True},
        ),
    ]
    why: Prose
    asked_by: RoleAddress
    asked_at: Instant
    confirmed_by: Annotated[RoleAddress | None, Meta(description="The second person; absent: nothing is erased.")] = (
        None
    )
    confirmed_at: Annotated[Instant | None, Meta(description="When the second person confirmed [UTC].")] = None
    bodies: Annotated[
        tuple[Hash, ...], Meta(max_length=1000, description="Digests of the bodies that the log had [hexadecimal].")
    ] = ()
    told: Annotated[tuple[ToldOf, ...], Meta(max_length=10_000, description="Notices that had told of it.")] = ()

    @property
    def erases(self) -> bool:
        """Whether both persons have spoken."""
        return self.confirmed_by is not None


class Hold(Fact, tag="hold", frozen=True, kw_only=True):
    """A litigation hold: what it is `on` must not be erased until the hold is lifted, by its next revision.

    Needs six fields: `id`, `source`, `on`, `by_role`, `at`, `why`. On a fact it keeps that fact; on an alert, every
    fact that the alert rests on or ever rested on.
    """

    on: Annotated[
        str,
        Meta(
            pattern=r"^([a-z]+:[a-z0-9][a-z0-9.-]{0,59}:[A-Za-z0-9][A-Za-z0-9._/#@+-]{0,119}"
            r"|[A-Z]{2}~[a-z0-9.:A-Z_/#@+-]{3,200}~[A-Za-z0-9._/#@+-]{1,120})$",
            description="What is held: `kind:source:id` of a fact, or an alert's id [key].",
            extra={"exact": True},
        ),
    ]
    state: Annotated[HoldState, Meta(description="Whether it is set or lifted [vocabulary].")] = "set"
    by_role: RoleAddress
    at: Instant
    why: Prose


def key_digest(key: str) -> str:
    """The digest under which `kind:source:id` is erased [64 hexadecimal digits]; ClickHouse can make it, too."""
    return hashlib.sha256(key.encode()).hexdigest()


def erasure_id(digest: str) -> str:
    """The id of the erasure of what has this digest: one for each fact, by revisions."""
    return f"e-{digest[:32]}"


def refs_in(text: str) -> Iterator[str]:
    """Everything in a text that may be a reference [source:id], also behind a kind, also at the end of a sentence."""
    for found in _REF.finditer(text):
        yield from _forms(found.group())
    # `incident:desk:I1` reads as `incident:desk` first: look again behind each kind.
    for found in re.finditer(r"[a-z]+:(?=[a-z0-9])", text):
        behind = _REF.match(text, found.end())
        if behind is not None:
            yield from _forms(behind.group())


def _forms(ref: str) -> Iterator[str]:
    yield ref
    if ref.endswith("."):
        yield ref.rstrip(".")
    if "@" in ref:
        yield ref.partition("@")[0]
    if "~" in ref:
        yield ref.partition("~")[0]


def quotes(text: str, kind: str, digest: str) -> bool:
    """Whether a text refers to the fact of this kind whose key has this digest."""
    return any(key_digest(f"{kind}:{ref}") == digest for ref in refs_in(text))


class Erased(msgspec.Struct, frozen=True):
    """What one erasure erases, for those who look for it."""

    kind: str
    digest: str
    told: frozenset[str] = frozenset()
    """Ids of the notices that told of it."""

    def quoted_in(self, text: str) -> bool:
        """Whether a text refers to it."""
        return quotes(text, self.kind, self.digest)


def erased_by(fact: object) -> Erased | None:
    """What a fact erases: nothing, unless it is an erasure that both persons have signed."""
    if isinstance(fact, Erasure) and fact.erases:
        return Erased(fact.of, fact.digest, frozenset(told.notice for told in fact.told))
    return None


def cleaned(notice: Notice, quoted_in: Callable[[str], bool]) -> Notice:
    """A notice without anything of what it told; when, on which channel, of which alerts and with what step stays."""
    grounds = tuple(tuple("erased:erased" if quoted_in(g) else g for g in each) for each in notice.grounds)
    return msgspec.structs.replace(notice, subject=ERASED_SUBJECT, words=(), body=None, grounds=grounds)


def told_of_it(notice: Notice, erased: Erased) -> bool:
    """Whether a notice told of what was erased: the erasure lists it, or one of its grounds is it."""
    return notice.id in erased.told or any(erased.quoted_in(ground) for each in notice.grounds for ground in each)


def says_nothing(alert: str) -> bool:
    """Whether a record of `alerts` only says that nothing is left of the alert; its id may name a license."""
    return '"status":"withdrawn"' in alert
