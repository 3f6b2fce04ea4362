"""Topic `deliveries`: what was shipped, activated, upgraded, returned or disposed of."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from schemas.common import Count, Country, Fact, Id, Label, Period, Ref, Serial, Struct
from schemas.vocabulary import DeliveryKind


class DeliveredItem(Struct, frozen=True, kw_only=True):
    """Pieces of one delivery."""

    item_ref: Annotated[Id | None, Meta(description="Which licensed item.")] = None
    product: Label | None = None
    serials: Annotated[tuple[Serial, ...], Meta(description="Serials or key hashes.")] = ()
    quantity: Annotated[Count | None, Meta(description="Pieces; absent: as many as serials [count].")] = None
    modules: Annotated[tuple[Label, ...], Meta(description="Modules active on delivery [names].")] = ()
    capacity: Annotated[
        Count | None, Meta(description="Simultaneous targets, channels or cameras that it enables in all [count].")
    ] = None


class Delivery(Fact, tag="delivery", frozen=True, kw_only=True):
    """Something of a license left, came into use, or came back. Software is delivered by the activation of its key.

    Needs six fields: `id`, `source`, `license`, `destination`, `delivered_to`, `delivered`.
    """

    license: Ref
    destination: Annotated[Country, Meta(description="The destination as licensed.")]
    delivered_to: Annotated[Country, Meta(description="Where it really went.")]
    delivered: Annotated[Period, Meta(description="When it arrived or took effect.")]
    kind: Annotated[DeliveryKind, Meta(description="What was done [vocabulary].")] = "shipment"
    items: Annotated[tuple[DeliveredItem, ...], Meta(description="What was delivered.")] = ()
    activated: Annotated[Period | None, Meta(description="When use became possible, if later.")] = None
    holder: Annotated[Label | None, Meta(description="Who received it, if not the end user.")] = None
