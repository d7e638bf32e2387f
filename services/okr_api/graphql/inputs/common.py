"""What several commands take, and how an edit says what it changes."""

from collections.abc import Sequence
from typing import Any

import strawberry
from strawberry import UNSET

from okr_api.commands.key_results import RestoreKR
from okr_api.commands.objectives import RestoreObjective
from okr_api.domain.errors import InvalidInput, refuse_if
from okr_api.graphql.ids import given_id, given_id_or_none


@strawberry.input(description="What every command takes.")
class Keyed:
    idempotency_key: str | None = strawberry.field(
        default=None, description="Makes a retry safe: however often a key is sent with an input, it is done once."
    )


@strawberry.input(description="What commands take whose reason is kept.")
class Reasoned(Keyed):
    reason: str | None = strawberry.field(default=None, description="Why; kept with the events for auditors.")


@strawberry.input(description="What commands take that change something that stands.")
class Versioned(Reasoned):
    expected_version: int | None = strawberry.field(
        default=None, description="The version of the entity that the input names; refused if it is another by now."
    )


@strawberry.input(description="What commands take that nobody should give without a reason.")
class Justified(Reasoned):
    reason: str = strawberry.field(description="Why; kept with the events for auditors.")


@strawberry.input(description="What commands take that change something that stands, for a reason.")
class JustifiedChange(Versioned):
    reason: str = strawberry.field(description="Why; kept with the events for auditors.")


@strawberry.input(description="What was retired and comes back.")
class RestoreInput(JustifiedChange):
    id: strawberry.ID = strawberry.field(description="The objective or the key result.")

    def command(self, kind: type[RestoreObjective] | type[RestoreKR]) -> RestoreObjective | RestoreKR:
        return kind(id=given_id(self.id), expected_version=self.expected_version, reason=self.reason)


def value_required(*path: str) -> InvalidInput:
    return InvalidInput("VALUE_REQUIRED", "A value is needed here.", path)


def changes(edit: object, *needed: str, clearable: Sequence[str] = ()) -> dict[str, Any]:
    """The fields that an edit mentions. Raises Refused where null is given for one that cannot be cleared."""
    given = {name: getattr(edit, name) for name in (*needed, *clearable)}
    mentioned = {name: value for name, value in given.items() if value is not UNSET}
    refuse_if(value_required(name) for name in needed if name in mentioned and mentioned[name] is None)
    return {name: given_id_or_none(v) if name.endswith("_id") else v for name, v in mentioned.items()}
