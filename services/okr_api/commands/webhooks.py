"""Commands about webhooks: who is told what, and signed with which secret."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from okr_api.commands.decision import Command, Decision, Result
from okr_api.domain.cycle import Cycle
from okr_api.domain.errors import Problems
from okr_api.domain.values import KEPT, Kept
from okr_api.domain.webhook import Types, Webhook


@dataclass(frozen=True, kw_only=True)
class CreateWebhook(Command):
    """`made_by` and `roles` are of whoever asks: it is told what that principal may see."""

    url: str
    made_by: UUID
    roles: frozenset[str]
    event_types: Types | None = None
    cycle_id: UUID | None = None

    @property
    def inputs(self) -> dict[str, Any]:
        # Roles may change between an answer that was lost and its retry.
        return {name: value for name, value in super().inputs.items() if name != "roles"}

    async def decide(self, decision: Decision) -> Result:
        problems = await _cycle_problems(decision, self.cycle_id)
        webhook_id = decision.new_id()
        with problems.noted():
            decision.add(
                Webhook.create(
                    webhook_id,
                    url=self.url,
                    event_types=self.event_types,
                    cycle_id=self.cycle_id,
                    made_by=self.made_by,
                    roles=self.roles,
                )
            )
        problems.refuse()
        return {"webhook": str(webhook_id)}


@dataclass(frozen=True, kw_only=True)
class OfWebhook(Command):
    """What is done to one that stands."""

    id: UUID
    expected_version: int | None = None

    @property
    def turns(self) -> tuple[UUID, ...]:
        return (self.id,)

    async def decide(self, decision: Decision) -> Result:
        webhook = await decision.get(Webhook, self.id, "id")
        webhook.refuse_if_deleted()
        webhook.expect(self.expected_version)
        await self.change(webhook, decision)
        return {"webhook": str(self.id)}

    async def change(self, webhook: Webhook, decision: Decision) -> None:
        """Raises Refused."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class EditWebhook(OfWebhook):
    """Fields that are KEPT stay; None: all types, all cycles."""

    url: str | Kept = KEPT
    event_types: Types | Kept | None = KEPT
    cycle_id: UUID | Kept | None = KEPT

    async def change(self, webhook: Webhook, decision: Decision) -> None:
        problems = await _cycle_problems(decision, self.cycle_id)
        with problems.noted():
            webhook.edit(url=self.url, event_types=self.event_types, cycle_id=self.cycle_id)
        problems.refuse()


@dataclass(frozen=True, kw_only=True)
class RotateWebhookSecret(OfWebhook):
    """The moment follows from the clock of whoever asks, so a retry is told by the hours that were asked for."""

    overlap_hours: int
    former_until: datetime

    @property
    def inputs(self) -> dict[str, Any]:
        return {name: value for name, value in super().inputs.items() if name != "former_until"}

    async def change(self, webhook: Webhook, decision: Decision) -> None:
        webhook.rotate_secret(self.former_until)


@dataclass(frozen=True, kw_only=True)
class ReplayWebhook(OfWebhook):
    after_position: int

    async def change(self, webhook: Webhook, decision: Decision) -> None:
        webhook.replay(self.after_position)


@dataclass(frozen=True, kw_only=True)
class DeleteWebhook(OfWebhook):
    async def change(self, webhook: Webhook, decision: Decision) -> None:
        webhook.delete()


async def _cycle_problems(decision: Decision, cycle_id: UUID | Kept | None) -> Problems:
    """Not guarded: cycles never go away."""
    problems = Problems()
    if cycle_id is not KEPT and cycle_id is not None:
        with problems.noted():
            await decision.get(Cycle, cycle_id, "cycleId", guard=False)
    return problems
