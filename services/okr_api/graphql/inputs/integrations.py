"""Inputs about integrations, and the keys that are made for them."""

from datetime import UTC, datetime

import strawberry
from strawberry import ID, UNSET

from okr_api.access.api_keys import new_api_key
from okr_api.commands.integrations import CreateIntegration, EditIntegration, IssueApiKey, RevokeApiKey
from okr_api.domain.integration import Ids, NewApiKey
from okr_api.graphql.ids import given_id
from okr_api.graphql.inputs.common import Reasoned, Versioned, changes


def made_key() -> tuple[NewApiKey, str]:
    """What is kept of a new key, and its text, which must go nowhere but into the answer."""
    key_id, text, digest = new_api_key()
    return NewApiKey(key_id, digest.hex(), datetime.now(UTC)), text


@strawberry.input(description="Another system that may act here from now on, with its first key.")
class CreateIntegrationInput(Reasoned):
    name: str = strawberry.field(description="What people call it, 1 to 500 characters.")
    expires_at: datetime = strawberry.field(description="When its first key ends: at most 400 days from now.")
    cycle_ids: list[ID] | None = strawberry.field(
        default=None, description="1 to 100 cycles that it is for, with all cycles inside them; null: all."
    )
    owner_ids: list[ID] | None = strawberry.field(
        default=None, description="1 to 100 owners that it is for, with all owners below them; null: all."
    )

    def command(self, key: NewApiKey) -> CreateIntegration:
        return CreateIntegration(
            name=self.name,
            cycle_ids=_given(self.cycle_ids),
            owner_ids=_given(self.owner_ids),
            expires_at=self.expires_at,
            key=key,
            reason=self.reason,
        )


@strawberry.input(description="What changes about an integration. An absent field keeps its value.")
class EditIntegrationInput(Versioned):
    id: ID = strawberry.field(description="The integration.")
    name: str | None = strawberry.field(default=UNSET, description="What people call it, 1 to 500 characters.")
    cycle_ids: list[ID] | None = strawberry.field(
        default=UNSET, description="1 to 100 cycles that it is for, with all cycles inside them; null: all."
    )
    owner_ids: list[ID] | None = strawberry.field(
        default=UNSET, description="1 to 100 owners that it is for, with all owners below them; null: all."
    )

    def command(self) -> EditIntegration:
        given = changes(self, "name", clearable=("cycle_ids", "owner_ids"))
        scope = {name: _given(ids) for name, ids in given.items() if name != "name"}
        return EditIntegration(
            id=given_id(self.id), expected_version=self.expected_version, reason=self.reason, **given | scope
        )


@strawberry.input(description="One more key for an integration, of which it has at most two that are live.")
class IssueApiKeyInput(Versioned):
    id: ID = strawberry.field(description="The integration.")
    expires_at: datetime = strawberry.field(description="When the key ends: at most 400 days from now.")

    def command(self, key: NewApiKey) -> IssueApiKey:
        return IssueApiKey(
            id=given_id(self.id),
            expires_at=self.expires_at,
            key=key,
            expected_version=self.expected_version,
            reason=self.reason,
        )


@strawberry.input(description="A key that is of no use from now on, for ever.")
class RevokeApiKeyInput(Versioned):
    id: ID = strawberry.field(description="The integration.")
    key_id: ID = strawberry.field(description="The part of the key between okr_ and the next underscore.")

    def command(self) -> RevokeApiKey:
        return RevokeApiKey(
            id=given_id(self.id), key_id=self.key_id, expected_version=self.expected_version, reason=self.reason
        )


def _given(ids: list[ID] | None) -> Ids | None:
    return None if ids is None else tuple(given_id(text) for text in ids)
