"""Commands about integrations: which other systems act here, on what, and with which keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from okr_api.commands.decision import Command, Decision, Result
from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import Problems, refuse_if
from okr_api.domain.integration import Ids, Integration, NewApiKey, scope_problems
from okr_api.domain.owner import Owner
from okr_api.domain.stream import Stream
from okr_api.domain.values import KEPT, Kept


@dataclass(frozen=True, kw_only=True)
class WithNewKey(Command):
    """`expires_at` is asked for; the key itself is another each time, so a retry is told by all else."""

    expires_at: datetime
    key: NewApiKey

    @property
    def inputs(self) -> dict[str, Any]:
        return {name: value for name, value in super().inputs.items() if name != "key"}


@dataclass(frozen=True, kw_only=True)
class CreateIntegration(WithNewKey):
    """`cycle_ids` and `owner_ids`: its scope; None: all cycles, all owners."""

    name: str
    cycle_ids: Ids | None = None
    owner_ids: Ids | None = None

    async def decide(self, decision: Decision) -> Result:
        problems = await _scope_problems(decision, self.cycle_ids, self.owner_ids)
        integration_id = decision.new_id()
        with problems.noted():
            integration = Integration.create(
                integration_id, name=self.name, cycle_ids=self.cycle_ids, owner_ids=self.owner_ids
            )
            decision.add(integration)
            integration.issue(self.key, self.expires_at)
        problems.refuse()
        return {"integration": str(integration_id)}


@dataclass(frozen=True, kw_only=True)
class EditIntegration(Command):
    """Fields that are KEPT stay; None: all cycles, all owners."""

    id: UUID
    name: str | Kept = KEPT
    cycle_ids: Ids | Kept | None = KEPT
    owner_ids: Ids | Kept | None = KEPT
    expected_version: int | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.id,)

    async def decide(self, decision: Decision) -> Result:
        integration = await decision.get(Integration, self.id, "id")
        integration.expect(self.expected_version)
        problems = await _scope_problems(decision, self.cycle_ids, self.owner_ids)
        if self.name is not KEPT:
            with problems.noted():
                integration.rename(self.name)
        problems.refuse()
        integration.rescope(
            integration.cycle_ids if self.cycle_ids is KEPT else self.cycle_ids,
            integration.owner_ids if self.owner_ids is KEPT else self.owner_ids,
        )
        return {"integration": str(integration.id)}


@dataclass(frozen=True, kw_only=True)
class IssueApiKey(WithNewKey):
    """A second key, before the first one ends: whoever uses it changes over in between."""

    id: UUID
    expected_version: int | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.id,)

    async def decide(self, decision: Decision) -> Result:
        integration = await decision.get(Integration, self.id, "id")
        integration.expect(self.expected_version)
        integration.issue(self.key, self.expires_at)
        return {"integration": str(integration.id)}


@dataclass(frozen=True, kw_only=True)
class RevokeApiKey(Command):
    id: UUID
    key_id: str
    expected_version: int | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.id,)

    async def decide(self, decision: Decision) -> Result:
        integration = await decision.get(Integration, self.id, "id")
        integration.expect(self.expected_version)
        integration.revoke(self.key_id)
        return {"integration": str(integration.id)}


async def _scope_problems(decision: Decision, cycle_ids: Ids | Kept | None, owner_ids: Ids | Kept | None) -> Problems:
    """What is wrong with the scope that is asked for. Not guarded: cycles and owners never go away."""
    problems = Problems()
    scope: tuple[tuple[type[Stream], Ids | Kept | None, str], ...] = (
        (Cycle, cycle_ids, "cycleIds"),
        (Owner, owner_ids, "ownerIds"),
    )
    for kind, ids, field in scope:
        if ids is KEPT or ids is None:
            continue
        with problems.noted():
            refuse_if(scope_problems(ids, field))
            await decision.fetch(ids)
            for place, stream_id in enumerate(ids):
                with problems.noted():
                    await decision.get(kind, stream_id, field, str(place), guard=False)
    return problems
