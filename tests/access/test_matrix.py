"""Every role against every command: what no role allows is refused."""

import pytest

from access.people import integration, member, person
from domain.catalogue import ELSEWHERE, EVERY, PLANS, REPORTS, World
from okr_api.access.policy import Principal, Role
from okr_api.commands.owners import EditOwner, RegisterOwner
from okr_api.domain.values import CycleState, OwnerLevel

OF_THE_ADMIN = {"EditCycle", "CreateCycle inside"}
OKRS = set(PLANS) - OF_THE_ADMIN | set(REPORTS) | {"CarryOverObjective out of"}
CHECK_INS = {name for name in REPORTS if "CheckIn" in name}
NOBODY_ELSE = set(EVERY) - OKRS
WHO = {
    "admin": (lambda w: person("admin", Role.ADMIN), set(EVERY)),
    "auditor": (lambda w: person("auditor", Role.AUDITOR), set()),
    "signed in without a role": (lambda w: person("nobody"), set()),
    "member without an owner": (lambda w: member("guest"), set()),
    "member who leads the company": (lambda w: member("boss"), OKRS),
    "member who leads a department below": (lambda w: member("head"), set()),
    "member below": (lambda w: member("ana"), set()),
    "integration for everything": (lambda w: integration(), CHECK_INS),
    "integration for the cycle": (lambda w: integration(cycles={w.cycle_id}), CHECK_INS),
    "integration for the owner": (lambda w: integration(owners={w.ceo}), CHECK_INS),
    "integration for another cycle": (lambda w: integration(cycles={w.year}), set()),
    "integration for an owner below": (lambda w: integration(owners={w.vp}), set()),
    "auditor who is a member too": (
        lambda w: Principal(member("boss").id, member("boss").kind, None, frozenset({*Role} - {Role.ADMIN}), "boss"),
        OKRS,
    ),
}


async def company_with_logins(state: CycleState = CycleState.OPEN) -> World:
    """Everything in it is the company's, which Boss leads; Head leads the department, and Ana is in it."""
    found = await World().made(state)
    boss = await found.given(RegisterOwner(name="Boss", level=OwnerLevel.INDIVIDUAL, subject="boss"))
    head = await found.given(RegisterOwner(name="Head", level=OwnerLevel.INDIVIDUAL, subject="head"))
    await found.given(EditOwner(id=found.ceo, lead_id=boss))
    await found.given(EditOwner(id=found.vp, lead_id=head))
    await found.given(EditOwner(id=found.ana, subject="ana"))
    return found


STATES = {"OpenCycle": CycleState.DRAFT, "ReopenCycle": CycleState.CLOSING}


@pytest.mark.parametrize("who", WHO)
async def test_a_role_does_what_it_is_for_and_nothing_else(who: str) -> None:
    of, allowed = WHO[who]
    for name in allowed:
        found = await company_with_logins(STATES.get(name, CycleState.OPEN))
        found.principal = of(found)
        await found.when(EVERY[name](found))
        assert found.new_events, (name, found.problems)
    found = await company_with_logins()
    found.principal = of(found)
    for name in set(EVERY) - allowed:
        await found.when(EVERY[name](found))
        assert not found.new_events, name
        codes = {problem.code for problem in found.problems}
        assert codes, name
        assert codes <= {"FORBIDDEN", "NOT_FOUND", *(["WRONG_CYCLE_STATE"] if name in STATES else [])}, name


def test_what_belongs_to_the_organisation_is_the_administrators() -> None:
    assert set(ELSEWHERE) - {"CarryOverObjective out of"} <= NOBODY_ELSE
