"""What several commands take."""

import strawberry


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
