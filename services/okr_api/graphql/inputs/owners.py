"""Inputs about owners."""

import strawberry
from strawberry import ID

from okr_api.commands.owners import RegisterOwner
from okr_api.graphql.enums import OwnerLevel
from okr_api.graphql.ids import given_id_or_none
from okr_api.graphql.inputs.common import Reasoned


@strawberry.input(description="Somebody who can own OKRs.")
class RegisterOwnerInput(Reasoned):
    name: str = strawberry.field(description="Its name, 1 to 500 characters.")
    level: OwnerLevel = strawberry.field(description="Where it stands in the organisation.")
    parent_id: ID | None = strawberry.field(default=None, description="The owner that it belongs to.")
    lead_id: ID | None = strawberry.field(default=None, description="The owner who leads it.")
    subject: str | None = strawberry.field(default=None, description="The login of a person.")
    external_ref: str | None = strawberry.field(default=None, description="Its name in another system.")

    def command(self) -> RegisterOwner:
        return RegisterOwner(
            name=self.name,
            level=self.level,
            parent_id=given_id_or_none(self.parent_id),
            lead_id=given_id_or_none(self.lead_id),
            subject=self.subject,
            external_ref=self.external_ref,
            reason=self.reason,
        )
