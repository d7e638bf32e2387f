"""Names: types that speak of each other across pages, so each is named here and defined on its own page."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from okr_api.graphql.types.audit import AuditEvent
    from okr_api.graphql.types.check_ins import CheckIn
    from okr_api.graphql.types.cycles import Cycle
    from okr_api.graphql.types.key_results import KeyResult
    from okr_api.graphql.types.objectives import Objective
    from okr_api.graphql.types.owners import Owner

AnAuditEvent = Annotated["AuditEvent", strawberry.lazy("okr_api.graphql.types.audit")]
ACheckIn = Annotated["CheckIn", strawberry.lazy("okr_api.graphql.types.check_ins")]
ACycle = Annotated["Cycle", strawberry.lazy("okr_api.graphql.types.cycles")]
AKeyResult = Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_results")]
AnObjective = Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objectives")]
AnOwner = Annotated["Owner", strawberry.lazy("okr_api.graphql.types.owners")]


@strawberry.interface(description="Whatever has an id of its own.")
class Node:
    id: strawberry.ID = strawberry.field(description="Its id for ever: a UUID.")


@strawberry.type(
    description=(
        "A thing that the viewer may not read: its place in the tree and its share in the totals. id is opaque, not the"
        " entity's. The key results of a hidden objective are hidden too; itemId, parentId and childId then carry this"
        " id; fields that would lead to it are null; responsible falls back to accountable."
    )
)
class Redacted:
    id: strawberry.ID = strawberry.field(description="Stands for it in this viewer's answers, and nowhere else.")
    progress: Decimal | None = strawberry.field(description="0..1; null when there is no data.")


@strawberry.type(description="A rule of good practice that this OKR leaves aside. Never blocks anything.")
class Advisory:
    code: str = strawberry.field(description="Which rule: its name stays, its message may be put better.")
    message: str = strawberry.field(description="What is odd and what to do about it, in a sentence for people.")


OKR = Annotated[
    AnObjective | AKeyResult | Redacted,
    strawberry.union("OKR", description="An objective, a key result, or one that the viewer may not read."),
]
