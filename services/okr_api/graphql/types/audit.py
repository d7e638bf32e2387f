"""Audit: events of the log as auditors read them, and the hash that covers all before it."""

from datetime import datetime

import strawberry
from strawberry import ID

from okr_api.graphql import viewing
from okr_api.graphql.context import Reading
from okr_api.graphql.scalars import JSON, Position
from okr_api.graphql.types.fields import field
from okr_api.graphql.types.names import Node
from okr_api.graphql.types.owners import Actor
from okr_api.snapshot.audit import AuditRow


@strawberry.type(
    description="What an event changed in one field. Null: nothing was there, or a text that was redacted."
)
class FieldChange:
    field: str = strawberry.field(description="The field, by its name in this API.")
    before: JSON | None = strawberry.field(description="What it was; decimals are strings, things are their ids.")
    after: JSON | None = strawberry.field(description="What it became.")


@strawberry.type(
    description=(
        "Something that happened, as the log has it. Ids of what the viewer may not read are those that stand for it in"
        " this viewer's answers."
    )
)
class AuditEvent(Node):
    reading: strawberry.Private[Reading]
    row: strawberry.Private[AuditRow]

    @field("Its place in the log.")
    def position(self) -> Position:
        return Position(self.row.position)

    @field("What happened: a name of schema/events.json.")
    def type(self) -> str:
        return self.row.type

    @field("When the log recorded it.")
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @field("Of a check-in: when it was true in the business.")
    def effective_at(self) -> datetime | None:
        return self.row.effective_at

    @field("The stream that it was written to.")
    def stream(self) -> ID:
        return ID(viewing.unnamed(self.reading, str(self.row.stream)))

    @field("Its place in that stream, from 1.")
    def stream_version(self) -> int:
        return self.row.stream_version

    @field("Every entity that it is history of: of a delegation, the key result and both objectives.")
    def entity_ids(self) -> list[ID]:
        return [ID(viewing.unnamed(self.reading, str(i))) for i in self.row.entity_ids]

    @field("Who did it.")
    def actor(self) -> Actor:
        return viewing.actor(self.reading, self.row.principal_id)

    @field("The command that it was done by.")
    def command(self) -> str:
        return self.row.command

    @field("That command's id: the same for all events of a commit.")
    def command_id(self) -> ID:
        return ID(str(self.row.command_id))

    @field("Why, as the actor said.")
    def reason(self) -> str | None:
        return self.row.reason

    @field("The id of the request that it came with.")
    def correlation_id(self) -> str | None:
        return self.row.correlation_id

    @field("What it changed, field by field.")
    def changes(self) -> list[FieldChange]:
        return [
            FieldChange(
                field=change.field,
                before=viewing.unnamed(self.reading, change.before),
                after=viewing.unnamed(self.reading, change.after),
            )
            for change in self.row.changes
        ]

    @field("The event's own fields, by their names in camel case; a text that was redacted is null.")
    def data(self) -> JSON:
        return JSON(viewing.unnamed(self.reading, self.row.data))

    @field(
        "Hexadecimal SHA-256 of the hash before it and of this event's canonical form: changing one byte of history "
        "changes every later hash."
    )
    def hash(self) -> str:
        return self.row.hash.hex()


@strawberry.type(description="The end of the log at a moment, with the hash that covers every event until then.")
class LogHead:
    position: Position = strawberry.field(description="The last position.")
    time: datetime = strawberry.field(description="When it was recorded.")
    hash: str = strawberry.field(description="The hash at it, hexadecimal: 64 zeros before the first event.")
