"""The policy: pure answers to whether a principal may do something. What is not allowed here is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Role(StrEnum):
    ADMIN = "admin"
    MEMBER = "member"
    AUDITOR = "auditor"
    INTEGRATION = "integration"


class ActorKind(StrEnum):
    PERSON = "PERSON"
    INTEGRATION = "INTEGRATION"
    SYSTEM = "SYSTEM"


@dataclass(frozen=True)
class Scope:
    """What an API key is for: objectives of these cycles and those inside, of these owners and those below.

    None: of any.
    """

    cycles: frozenset[UUID] | None = None
    owners: frozenset[UUID] | None = None


@dataclass(frozen=True)
class Principal:
    """A signed-in person or integration. The id stands in every event that it causes.

    `subject`: the login that may belong to an owner. `expires_at`: when what it signed in with does.
    """

    id: UUID
    kind: ActorKind
    name: str | None
    roles: frozenset[Role]
    subject: str | None = None
    scope: Scope | None = None
    expires_at: datetime | None = None


DEVELOPMENT = Principal(
    UUID("00000000-0000-4000-8000-000000000001"), ActorKind.PERSON, "Development", frozenset({Role.ADMIN})
)
"""Who asks where nobody signs in, as in tests of the rules; the API knows only whoever proves who they are."""


def may(actor: Principal, action: str, facts: Mapping[str, Any]) -> bool:
    """`action`: the name of a command, or READ; `facts`: what it is about. Administrators may do everything."""
    return Role.ADMIN in actor.roles
