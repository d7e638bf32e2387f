"""An organisation with people who have logins, and those who ask."""

from uuid import UUID, uuid5

from okr_api.access.policy import ActorKind, Principal, Role, Scope

SPACE = UUID("00000000-0000-4000-8000-0000000000aa")


def member(login: str) -> Principal:
    return person(login, Role.MEMBER)


def person(login: str, *roles: Role) -> Principal:
    return Principal(uuid5(SPACE, login), ActorKind.PERSON, login.title(), frozenset(roles), login)


def integration(cycles: set[UUID] | None = None, owners: set[UUID] | None = None) -> Principal:
    scope = Scope(None if cycles is None else frozenset(cycles), None if owners is None else frozenset(owners))
    roles = frozenset({Role.INTEGRATION})
    return Principal(uuid5(SPACE, "integration"), ActorKind.INTEGRATION, "Integration", roles, None, scope)
