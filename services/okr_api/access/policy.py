"""The policy: pure answers to whether an actor may do something. What no role allows is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from okr_api.domain.values import Visibility


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

SYSTEM = Principal(UUID("00000000-0000-4000-8000-000000000000"), ActorKind.SYSTEM, "Operator", frozenset({Role.ADMIN}))
"""Whoever runs the service, at its command line."""


@dataclass(frozen=True)
class Line:
    """An owner and all owners above it, nearest first, with whoever leads one of them."""

    owners: tuple[UUID, ...]
    leads: frozenset[UUID]


@dataclass(frozen=True)
class Actor:
    """A principal at its place in the organisation, if it has one."""

    principal: Principal
    line: Line | None = None

    @property
    def owner_id(self) -> UUID | None:
        return self.line.owners[0] if self.line else None

    def acts_for(self, line: Line) -> bool:
        """For itself, for owners that it leads, and for all below those."""
        return self.owner_id is not None and (self.owner_id == line.owners[0] or self.owner_id in line.leads)

    def stands_in(self, line: Line) -> bool:
        """As the owner, above it, or below it."""
        below = self.line is not None and line.owners[0] in self.line.owners
        return below or self.acts_for(line) or self.owner_id in line.owners


@dataclass(frozen=True)
class Thing:
    """What the policy has to know of what is read or changed.

    `kind`: its stream. `accountable`: of its owner, and of its objective's. `responsible`: of whom it is delegated to.
    `cycles`: its cycle and those around that. `maker`: the principal whose own it is.
    """

    kind: str
    accountable: tuple[Line, ...] = ()
    responsible: tuple[Line, ...] = ()
    cycles: frozenset[UUID] = frozenset()
    visibility: Visibility = Visibility.ORGANISATION
    maker: UUID | None = None


READ = "READ"
REPORTS = frozenset({"RecordCheckIn", "RecordCheckIns", "CorrectCheckIn"})
BY_THE_RESPONSIBLE = REPORTS | {"CarryOverObjective"}
"""What whoever it was delegated to may do to a key result."""
OKRS = frozenset({"Objective", "KeyResult", "CheckIn", "ExternalRef"})
ADMINISTERED = frozenset({"Integration", "Webhook"})
"""Who administers the service sees to these, and auditors look on; an integration sees to webhooks of its own."""
PLANS = frozenset({"CreateObjective", "CreateObjectives", "TransferOwnership"})
"""Begin in a cycle; what they change is asked about for itself."""


def may(actor: Actor, action: str, things: Sequence[Thing]) -> bool:
    """`action`: READ, or the name of a command; `things`: all that it reads, or all that it changes."""
    roles = actor.principal.roles
    if Role.ADMIN in roles:
        return True
    if action == READ:
        return all(_may_read(actor, thing) for thing in things)
    return bool(things) and (
        (Role.MEMBER in roles and all(_member_may(actor, action, thing) for thing in things))
        or (Role.INTEGRATION in roles and all(_integration_may(actor, action, thing) for thing in things))
    )


def _may_read(actor: Actor, thing: Thing) -> bool:
    roles = actor.principal.roles
    if Role.AUDITOR in roles:
        return True
    if thing.kind in ADMINISTERED:
        return Role.INTEGRATION in roles and _is_own_webhook(actor, thing)
    if Role.MEMBER in roles:
        public = thing.visibility is Visibility.ORGANISATION
        return public or any(actor.stands_in(line) for line in thing.accountable)
    return Role.INTEGRATION in roles and _in_scope(actor, thing)


def _member_may(actor: Actor, action: str, thing: Thing) -> bool:
    if thing.kind == "Cycle":
        return action in PLANS and actor.owner_id is not None
    if thing.kind == "Owner":
        return action == "TransferOwnership" and any(actor.acts_for(line) for line in thing.accountable)
    lines = thing.accountable + (thing.responsible if action in BY_THE_RESPONSIBLE else ())
    return thing.kind in OKRS and any(actor.acts_for(line) for line in lines)


def _integration_may(actor: Actor, action: str, thing: Thing) -> bool:
    return _is_own_webhook(actor, thing) or (action in REPORTS and _in_scope(actor, thing))


def _is_own_webhook(actor: Actor, thing: Thing) -> bool:
    return thing.kind == "Webhook" and thing.maker == actor.principal.id


def _in_scope(actor: Actor, thing: Thing) -> bool:
    """What only the owner's line may see is there for a key that names the owner or somebody above."""
    scope = actor.principal.scope or Scope(cycles=frozenset())
    named = scope.owners is not None and any(scope.owners & set(line.owners) for line in thing.accountable)
    owners = named if scope.owners is not None else thing.visibility is Visibility.ORGANISATION
    return thing.kind in OKRS and owners and (scope.cycles is None or bool(scope.cycles & thing.cycles))
