"""External references: who holds a name that another system gave. Whoever holds it shows it, and nobody else."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from okr_api.domain.events import Event, ExternalRefMoved, ExternalRefTaken
from projector.log import Recorded
from projector.versions import Table, Versions


class ExternalRef(NamedTuple):
    reference_id: UUID
    kind: str
    ref: str
    holder_id: UUID | None


EXTERNAL_REFS = Table("external_refs", ExternalRef, key=("reference_id",))
FOLDED: frozenset[type[Event]] = frozenset({ExternalRefTaken, ExternalRefMoved})
LEANS_ON: dict[type[Event], str] = {ExternalRefMoved: "originator_id"}


def holders(events: Sequence[Recorded], external_refs: Versions[ExternalRef]) -> Iterator[UUID]:
    """Whose rows change with these events: those that held the references before, and those that take them."""
    for event in (recorded.event for recorded in events):
        if isinstance(event, ExternalRefTaken | ExternalRefMoved):
            before = external_refs.get(event.originator_id)
            yield from (holder for holder in (before and before.holder_id, event.holder_id) if holder is not None)


def fold(recorded: Recorded, external_refs: Versions[ExternalRef], kinds: dict[str, Versions[Any]]) -> None:
    """`kinds`: the holders' rows by the names of their stream types. They were folded before."""
    match recorded.event:
        case ExternalRefTaken() as event:
            now = ExternalRef(event.originator_id, event.kind, event.ref, event.holder_id)
        case ExternalRefMoved() as event:
            before = external_refs[event.originator_id]
            now = before._replace(holder_id=event.holder_id)
            former = kinds[before.kind].get(before.holder_id)
            if former is not None and former.external_ref == before.ref:
                kinds[before.kind].put(former._replace(external_ref=None), recorded.commit_position)
        case _:
            return
    external_refs.put(now, recorded.commit_position)
    holder = kinds[now.kind].get(now.holder_id)
    if holder is not None and holder.external_ref != now.ref:
        kinds[now.kind].put(holder._replace(external_ref=now.ref), recorded.commit_position)
