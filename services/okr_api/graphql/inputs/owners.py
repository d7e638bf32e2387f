"""Inputs about owners."""

import strawberry
from strawberry import ID, UNSET

from okr_api.commands.owners import DeactivateOwner, EditOwner, ErasePerson, MoveOwner, RegisterOwner
from okr_api.commands.transfers import TransferOwnership
from okr_api.graphql.enums import OwnerLevel
from okr_api.graphql.ids import given_id, given_id_or_none
from okr_api.graphql.inputs.common import Justified, JustifiedChange, Reasoned, Versioned, changes


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


@strawberry.input(description="What changes about an owner. An absent field keeps its value.")
class EditOwnerInput(Versioned):
    id: ID = strawberry.field(description="The owner.")
    name: str | None = strawberry.field(default=UNSET, description="Its name, 1 to 500 characters.")
    lead_id: ID | None = strawberry.field(default=UNSET, description="The owner who leads it; null: nobody.")
    subject: str | None = strawberry.field(default=UNSET, description="The login of a person; null: none.")
    external_ref: str | None = strawberry.field(default=UNSET, description="Its name in another system; null: none.")

    def command(self) -> EditOwner:
        return EditOwner(
            id=given_id(self.id),
            expected_version=self.expected_version,
            reason=self.reason,
            **changes(self, "name", clearable=("lead_id", "subject", "external_ref")),
        )


@strawberry.input(description="An owner that belongs elsewhere from now on.")
class MoveOwnerInput(Versioned):
    id: ID = strawberry.field(description="The owner.")
    parent_id: ID | None = strawberry.field(
        default=UNSET, description="The owner that it belongs to; null: none, it is at the top. Absent, it stays."
    )

    def command(self) -> MoveOwner | EditOwner:
        owner_id = given_id(self.id)
        if self.parent_id is UNSET:
            # Without a word about where to, it must not land at the top: an edit that keeps everything.
            return EditOwner(id=owner_id, expected_version=self.expected_version, reason=self.reason)
        return MoveOwner(
            id=owner_id,
            parent_id=given_id_or_none(self.parent_id),
            expected_version=self.expected_version,
            reason=self.reason,
        )


@strawberry.input(description="An owner that can be given nothing more; what it has stays until it is handed over.")
class DeactivateOwnerInput(JustifiedChange):
    id: ID = strawberry.field(description="The owner.")

    def command(self) -> DeactivateOwner:
        return DeactivateOwner(id=given_id(self.id), expected_version=self.expected_version, reason=self.reason)


@strawberry.input(description="Everything live that an owner has in a cycle and the cycles inside it goes to another.")
class TransferOwnershipInput(Justified):
    from_owner_id: ID = strawberry.field(description="Whoever had it.")
    to_owner_id: ID = strawberry.field(description="Whoever gets it.")
    cycle_id: ID = strawberry.field(description="The cycle, with all cycles inside it.")

    def command(self) -> TransferOwnership:
        return TransferOwnership(
            from_owner_id=given_id(self.from_owner_id),
            to_owner_id=given_id(self.to_owner_id),
            cycle_id=given_id(self.cycle_id),
            reason=self.reason,
        )


@strawberry.input(description="Empties the person's name and login beside the log; history keeps the id.")
class ErasePersonInput(Justified):
    owner_id: ID = strawberry.field(description="The person.")

    def command(self) -> ErasePerson:
        return ErasePerson(owner_id=given_id(self.owner_id), reason=self.reason)
