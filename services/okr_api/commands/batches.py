"""Batches: several commands of one kind in one commit, all of them or none."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from okr_api.commands.decision import Command, Decision, Result, made_by
from okr_api.domain.errors import Problems

UNCHANGED = "unchanged"
"""In a result: nothing was written, because it would change nothing."""


@dataclass(frozen=True, kw_only=True)
class AllOrNone(Command):
    """`command_ids`: those that the items would have alone, None for items without a key.

    What an item made under its own key before is left as it is.
    """

    MAKES: ClassVar[str]

    items: tuple[Any, ...]
    command_ids: tuple[UUID | None, ...] = ()

    async def decide(self, decision: Decision) -> Result:
        await self.read_ahead(decision)
        problems = Problems()
        made: dict[str, str] = {}
        command_ids = self.command_ids or (None,) * len(self.items)
        for place, (item, command_id) in enumerate(zip(self.items, command_ids, strict=True)):
            with problems.noted("items", str(place)), decision.part(command_id):
                item.check_reason()
                done = await item.decide(decision)
                word = "duplicate " if decision.duplicate else ""
                made[str(place)] = UNCHANGED if UNCHANGED in done else word + done[self.MAKES]
        problems.refuse()
        return made

    async def read_ahead(self, decision: Decision) -> None:
        """Read at once what the items will ask for one by one."""
        await decision.fetch(made_by(command_id) for command_id in self.command_ids if command_id is not None)
