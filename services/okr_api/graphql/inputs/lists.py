"""Inputs of lists: what to pick, and in which order."""

import strawberry
from strawberry import ID

from okr_api.graphql.context import Reading
from okr_api.graphql.enums import Disposition, Health, ObjectiveOrderField, ObjectiveState, OwnerLevel, SortDirection
from okr_api.graphql.ids import given_id, given_id_or_none
from okr_api.snapshot import lists
from okr_api.snapshot.key_result_lists import KeyResultFilter


@strawberry.input(description="Which objectives: all that is given must hold.")
class ObjectiveWhere:
    cycle_id: ID | None = strawberry.field(default=None, description="Those of this cycle, not of cycles inside it.")
    owner_ids: list[ID] | None = strawberry.field(default=None, description="Those of any of these owners.")
    owner_subtree: ID | None = strawberry.field(default=None, description="Those of this owner and everyone below.")
    levels: list[OwnerLevel] | None = strawberry.field(default=None, description="Those whose owner stands there.")
    states: list[ObjectiveState] | None = strawberry.field(default=None, description="Those in any of these states.")
    health: list[Health] | None = strawberry.field(default=None, description="Those with any of these healths.")
    search: str | None = strawberry.field(
        default=None, description="Those whose title or description contains it, ignoring case and accents."
    )
    unaligned: bool | None = strawberry.field(
        default=None, description="Those below company level without a live path to a company objective, or the others."
    )
    has_advisory: str | None = strawberry.field(
        default=None, description="Those that leave this rule of good practice aside, by its code."
    )

    def filter(self, reading: Reading) -> lists.ObjectiveFilter:
        return lists.ObjectiveFilter(
            seen=None if reading.may_read_all else reading.may_read,
            moment=reading.moment,
            cycle_id=given_id_or_none(self.cycle_id),
            owner_ids=None if self.owner_ids is None else frozenset(map(given_id, self.owner_ids)),
            owner_subtree=given_id_or_none(self.owner_subtree),
            levels=None if self.levels is None else frozenset(self.levels),
            states=None if self.states is None else frozenset(self.states),
            health=None if self.health is None else frozenset(self.health),
            search=self.search,
            unaligned=self.unaligned,
            has_advisory=self.has_advisory,
        )


@strawberry.input(description="Which key results, of those that are live: all that is given must hold.")
class KeyResultWhere:
    cycle_id: ID | None = strawberry.field(default=None, description="Those of this cycle, not of cycles inside it.")
    owner_ids: list[ID] | None = strawberry.field(default=None, description="Those that any of these answers for.")
    dispositions: list[Disposition] | None = strawberry.field(default=None, description="Those that are done this way.")
    health: list[Health] | None = strawberry.field(default=None, description="Those with any of these healths.")
    search: str | None = strawberry.field(
        default=None, description="Those whose title contains it, ignoring case and accents."
    )
    check_in_overdue: bool | None = strawberry.field(
        default=None, description="Those whose owner owes a check-in, or the others."
    )

    def filter(self, reading: Reading) -> KeyResultFilter:
        return KeyResultFilter(
            seen=None if reading.may_read_all else reading.may_read,
            moment=reading.moment,
            cycle_id=given_id_or_none(self.cycle_id),
            owner_ids=None if self.owner_ids is None else frozenset(map(given_id, self.owner_ids)),
            dispositions=None if self.dispositions is None else frozenset(self.dispositions),
            health=None if self.health is None else frozenset(self.health),
            search=self.search,
            check_in_overdue=self.check_in_overdue,
        )


@strawberry.input(description="In which order objectives come.")
class ObjectiveOrder:
    field: ObjectiveOrderField = strawberry.field(description="What they are sorted by.")
    direction: SortDirection = strawberry.field(default=SortDirection.ASC, description="Which way they are sorted.")

    def order(self) -> lists.ObjectiveOrder:
        return lists.ObjectiveOrder(self.field, self.direction)
