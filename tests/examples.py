"""Named people, cycles and OKRs that tests begin with."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from okr_api.commands.check_ins import KeyResultRef, RecordCheckIn
from okr_api.commands.cycles import CreateCycle, OpenCycle
from okr_api.commands.delegation import DelegateKR, Delegation
from okr_api.commands.integrations import CreateIntegration
from okr_api.commands.key_results import AddKR, NewKR
from okr_api.commands.objectives import AlignObjective, CreateObjective
from okr_api.commands.owners import RegisterOwner
from okr_api.domain.events import KRAdded
from okr_api.domain.integration import NewApiKey
from okr_api.domain.key_result import KeyResult
from okr_api.domain.objective import LinkTarget
from okr_api.domain.values import Approach, Metric, MetricKind, OwnerLevel, TargetKind
from scenario import Scenario

REVENUE = Metric(MetricKind.INCREASE, Decimal(0), Decimal(10), unit="%")
YEAR = (date(2026, 1, 1), date(2026, 12, 31))
Q1 = (date(2026, 1, 1), date(2026, 3, 31))
Q2 = (date(2026, 4, 1), date(2026, 6, 30))
NOW = datetime.now(UTC)
IN_A_YEAR = NOW + timedelta(days=365)


def api_key(key_id: str = "AAAAAAAA", digest: str = "00" * 32, made_at: datetime = NOW) -> NewApiKey:
    return NewApiKey(key_id, digest, made_at)


class Company(Scenario):
    """A company with a CEO, a VP and Ana; an open year with an open first quarter."""

    async def founded(self, approach: Approach = Approach.MIXED) -> "Company":
        self.ceo = await self.given(RegisterOwner(name="CEO", level=OwnerLevel.COMPANY))
        self.vp = await self.given(RegisterOwner(name="VP", level=OwnerLevel.DEPARTMENT, parent_id=self.ceo))
        self.ana = await self.given(RegisterOwner(name="Ana", level=OwnerLevel.INDIVIDUAL, parent_id=self.vp))
        self.year = await self.cycle("2026", YEAR, approach)
        self.q1 = await self.cycle("Q1", Q1, approach, self.year)
        return self

    async def cycle(
        self, name: str, dates: tuple[date, date], approach: Approach = Approach.MIXED, parent: UUID | None = None
    ) -> UUID:
        """An open cycle."""
        cycle = await self.given(
            CreateCycle(name=name, starts_on=dates[0], ends_on=dates[1], approach=approach, parent_id=parent)
        )
        await self.given(OpenCycle(id=cycle))
        return cycle

    async def objective(
        self, title: str, *, owner: UUID | None = None, cycle: UUID | None = None, krs: tuple[str, ...] = ()
    ) -> UUID:
        """An objective of the CEO's in the first quarter, unless said otherwise."""
        new = tuple(NewKR(title=kr, metric=REVENUE) for kr in krs)
        return await self.given(
            CreateObjective(cycle_id=cycle or self.q1, owner_id=owner or self.ceo, title=title, key_results=new)
        )

    async def kr(self, title: str, *, cycle: UUID | None = None) -> UUID:
        """A key result of an objective of the CEO's."""
        await self.objective(f"Reach: {title}", cycle=cycle, krs=(title,))
        return next(e.originator_id for e in reversed(self.log.events) if isinstance(e, KRAdded))

    async def kr_of(self, objective: UUID, title: str = "Grow", **fields: Any) -> UUID:
        """One more key result of an objective."""
        new = NewKR(**{"title": title, "metric": REVENUE} | fields)
        return await self.given(AddKR(objective_id=objective, kr=new))

    async def delegated(self, kr: UUID, *, owner: UUID | None = None, cycle: UUID | None = None) -> UUID:
        """The objective that a key result becomes, the VP's unless said otherwise."""
        await self.given(DelegateKR(key_result_id=kr, to=Delegation(to_owner_id=owner or self.vp, cycle_id=cycle)))
        return self.state(kr).delegated_to  # type: ignore[no-any-return]

    async def aligned(self, below: UUID, above: UUID) -> None:
        await self.given(AlignObjective(objective_id=below, to=self.target(above)))

    def target(self, thing: UUID) -> LinkTarget:
        kind = TargetKind.KEY_RESULT if isinstance(self.state(thing), KeyResult) else TargetKind.OBJECTIVE
        return LinkTarget(kind, thing)

    def state(self, thing: UUID) -> Any:
        """The thing as the log has it now."""
        return self.log.now[thing]

    def serves(self, objective: UUID) -> set[UUID]:
        return {target.id for target in self.state(objective).targets}

    async def checked_in(self, kr: UUID, value: int = 1) -> UUID:
        return await self.given(RecordCheckIn(key_result=KeyResultRef(id=kr), value=Decimal(value)))

    async def integration(self, name: str = "CRM", key_id: str = "AAAAAAAA", **scope: Any) -> UUID:
        """An integration with one key."""
        return await self.given(CreateIntegration(name=name, key=api_key(key_id), expires_at=IN_A_YEAR, **scope))
