"""Rights: what an actor may see and change of the streams that one decision touches."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from okr_api.access.policy import READ, Actor, Line, Principal, Role, Thing, may
from okr_api.commands.decision import Decision
from okr_api.domain.check_in import CheckIn
from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import Problem, Refused, RuleViolation
from okr_api.domain.external_ref import ExternalRef
from okr_api.domain.key_result import KeyResult
from okr_api.domain.objective import Objective
from okr_api.domain.owner import Owner
from okr_api.domain.stream import Stream
from okr_api.domain.webhook import Webhook

S = TypeVar("S", bound=Stream)


class Rights:
    """Asks the policy on behalf of a principal. Nothing that it reads is guarded: rights hold when they are asked."""

    def __init__(self, principal: Principal, owner_id: UUID | None, decision: Decision) -> None:
        self._principal = principal
        self._owner_id = owner_id
        self._decision = decision
        self._actor: Actor | None = None

    async def sees(self, stream: Stream) -> bool:
        """A key result and its check-ins are as visible as its objective."""
        if Role.ADMIN in self._principal.roles:
            return True
        if isinstance(stream, Webhook):
            return may(await self._as_actor(), READ, [await self._thing(stream)])
        if not isinstance(stream, Objective | KeyResult | CheckIn):
            return True
        objective = await self._objective_of(stream)
        return objective is None or may(await self._as_actor(), READ, [await self._thing(objective)])

    async def refuse_unless_may(self, action: str, sure: Iterable[UUID]) -> None:
        """Asked about what is written, or is `sure` to be, as it was and as it becomes; else about what was named.

        Raises Refused with FORBIDDEN.
        """
        if Role.ADMIN in self._principal.roles:
            return
        written = [stream for stream in self._decision.written if not isinstance(stream, ExternalRef)]
        before = await self._decision.as_it_was({*sure, *(stream.id for stream in written)})
        touched = [*written, *before] or self._decision.named
        if not may(await self._as_actor(), action, [await self._thing(stream) for stream in touched]):
            message = "You may not do this here: only who acts for its owner may. Ask its lead or an administrator."
            raise Refused(RuleViolation("FORBIDDEN", message))

    async def shown(self, problems: Iterable[Problem]) -> list[Problem]:
        """The problems without the ids of what the actor does not see."""
        if Role.ADMIN in self._principal.roles:
            return list(problems)
        return [await self._shown(problem) for problem in problems]

    async def _shown(self, problem: Problem) -> Problem:
        if not isinstance(problem, RuleViolation) or not problem.entity_ids:
            return problem
        hidden = {told for told in problem.entity_ids if not await self._sees_id(UUID(told))}
        params = {name: value for name, value in problem.params.items() if value not in hidden}
        ids = tuple(told for told in problem.entity_ids if told not in hidden)
        return replace(problem, params=params, entity_ids=ids)

    async def _sees_id(self, stream_id: UUID) -> bool:
        stream = await self._decision.find(Stream, stream_id, guard=False)
        return stream is not None and await self.sees(stream)

    async def _as_actor(self) -> Actor:
        if self._actor is None:
            line = await self._line(self._owner_id) if self._owner_id else None
            self._actor = Actor(self._principal, line)
        return self._actor

    # ---- what the policy has to know
    async def _thing(self, stream: Stream) -> Thing:
        kind = type(stream).__name__
        if isinstance(stream, Owner):
            return Thing(kind, await self._lines(stream.id))
        if isinstance(stream, Webhook):
            return Thing(kind, maker=stream.made_by)
        objective = await self._objective_of(stream)
        if objective is None:
            return Thing(kind)
        owners, delegate = [objective.owner_id], None
        key_result = stream if isinstance(stream, KeyResult) else await self._reported_on(stream)
        if key_result is not None:
            owners.append(key_result.owner_id)
            delegate = await self._found(Objective, key_result.delegated_to)
        responsible = await self._lines(delegate.owner_id) if delegate else ()
        cycles = frozenset(await self._cycles(objective.cycle_id))
        return Thing(kind, await self._lines(*owners), responsible, cycles, objective.visibility)

    async def _objective_of(self, stream: Stream) -> Objective | None:
        if isinstance(stream, Objective):
            return stream
        key_result = stream if isinstance(stream, KeyResult) else await self._reported_on(stream)
        return await self._found(Objective, key_result.objective_id) if key_result else None

    async def _reported_on(self, stream: Stream) -> KeyResult | None:
        return await self._found(KeyResult, stream.key_result_id) if isinstance(stream, CheckIn) else None

    async def _found(self, kind: type[S], stream_id: UUID | None) -> S | None:
        return await self._decision.find(kind, stream_id, guard=False) if stream_id else None

    async def _lines(self, *owner_ids: UUID) -> tuple[Line, ...]:
        return tuple([await self._line(owner_id) for owner_id in dict.fromkeys(owner_ids)])

    async def _line(self, owner_id: UUID) -> Line:
        owners: list[UUID] = []
        leads: set[UUID] = set()
        above: UUID | None = owner_id
        while above is not None and (owner := await self._found(Owner, above)) is not None:
            owners.append(owner.id)
            leads.update([owner.lead_id] if owner.lead_id else [])
            above = owner.parent_id
        return Line(tuple(owners), frozenset(leads))

    async def _cycles(self, cycle_id: UUID) -> Sequence[UUID]:
        around: list[UUID] = []
        inner: UUID | None = cycle_id
        while inner is not None and (cycle := await self._found(Cycle, inner)) is not None:
            around.append(cycle.id)
            inner = cycle.parent_id
        return around
