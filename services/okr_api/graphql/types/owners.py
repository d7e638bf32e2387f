"""Owners, and whoever acts: people, teams and other systems."""

from uuid import UUID

import strawberry

from okr_api.graphql import viewing
from okr_api.graphql.context import Reading
from okr_api.graphql.enums import ActorKind, OwnerLevel
from okr_api.graphql.types.fields import field
from okr_api.graphql.types.names import AnOwner, Node
from okr_api.snapshot.possible import on_owner
from okr_api.snapshot.rows import OwnerRow

ERASED = "erased person"


@strawberry.type(
    description=(
        "Whoever can own an OKR: the company, a department, a team, a person. Names of people stand beside the log, "
        "never in it."
    )
)
class Owner(Node):
    reading: strawberry.Private[Reading]
    row: strawberry.Private[OwnerRow]

    @field("Counts the events of this owner's own stream.")
    def version(self) -> int:
        return self.row.version

    @field("Its name. People's names are today's in every answer about the past.")
    def name(self) -> str:
        return self.row.name or (ERASED if self.row.level is OwnerLevel.INDIVIDUAL else viewing.REDACTED)

    @field("Where it stands in the organisation.")
    def level(self) -> OwnerLevel:
        return self.row.level

    @field("Who it belongs to: a person's team, a team's department.")
    def parent(self) -> AnOwner | None:
        return viewing.owner(self.reading, self.row.parent_id) if self.row.parent_id else None

    @field("Who leads it.")
    def lead(self) -> AnOwner | None:
        return viewing.owner(self.reading, self.row.lead_id) if self.row.lead_id else None

    @field("Its name in another system.")
    def external_ref(self) -> str | None:
        return self.row.external_ref

    @field("Whether it can be given anything to own.")
    def active(self) -> bool:
        return self.row.active

    @field("Names of the mutations that this viewer may call on it now.")
    def viewer_can(self) -> list[str]:
        now = self.reading.today.owners[self.row.id]
        return viewing.allowed(self.reading, now, on_owner(now))


@strawberry.type(description="Who did it. The name is null once the person is erased; the id stays.")
class Actor:
    id: strawberry.ID = strawberry.field(description="The principal's id, which stands in every event that it caused.")
    reading: strawberry.Private[Reading]
    principal_id: strawberry.Private[UUID]

    @field("Its name; null once the person is erased.")
    async def name(self) -> str | None:
        if self.principal_id == self.reading.principal.id:
            return self.reading.principal.name
        integration = self.reading.snapshot.integrations.get(self.principal_id)
        if integration is not None:
            return integration.name
        return await self.reading.actors.name(self.reading.snapshot, self.principal_id)

    @field("A person, an integration or the service itself.")
    def kind(self) -> ActorKind:
        if self.principal_id == self.reading.principal.id:
            return self.reading.principal.kind
        known = self.principal_id in self.reading.snapshot.integrations
        return ActorKind.INTEGRATION if known else ActorKind.PERSON


@strawberry.type(description="Who is asking.")
class Viewer:
    actor: Actor = strawberry.field(description="The principal of this request.")
    roles: list[str] = strawberry.field(description="What it was granted.")
    owner: Owner | None = strawberry.field(description="The owner whose login it is.")
