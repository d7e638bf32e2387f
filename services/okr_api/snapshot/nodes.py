"""Nodes: an objective or key result with what hangs below it and its roll-up.

A node never changes. A change makes new nodes from there upward; all others are shared between snapshots. What is
remembered on a node (`health_at`) follows from the node alone. `open`: the whole organisation may read it and all that
hangs from it, as its snapshot has it.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import msgspec

from okr_api.domain.health import Health
from okr_api.domain.progress import (
    KRProgress,
    ProgressSource,
    key_result_progress,
    objective_score,
    outcome,
    weighted_mean,
)
from okr_api.domain.values import Disposition, ObjectiveState, Outcome, Visibility
from okr_api.snapshot.rows import CountingRow, CycleRow, KeyResultRow, LinkRow, ObjectiveRow


class Hanging(msgspec.Struct, frozen=True):
    """An objective that hangs from a node, and the link that says so."""

    link: LinkRow
    objective: "ObjectiveNode"


class KeyResultNode:
    """`delegate` is the objective that restates it; `supporters` serve it without restating it.

    `visibility`: that of its objective.
    """

    __slots__ = (
        "__weakref__",
        "counting",
        "cycle",
        "delegate",
        "health_at",
        "live",
        "open",
        "progress",
        "row",
        "supporters",
    )

    def __init__(
        self,
        row: KeyResultRow,
        cycle: CycleRow,
        live: bool,
        counting: CountingRow | None,
        delegate: Hanging | None,
        supporters: tuple[Hanging, ...],
        visibility: Visibility,
    ) -> None:
        self.row = row
        self.cycle = cycle
        self.health_at: tuple[datetime, Health] | None = None
        self.live = live
        self.counting = counting
        self.delegate = delegate
        self.supporters = supporters
        self.open = visibility is Visibility.ORGANISATION and all(h.objective.open for h in self.below())
        self.progress: KRProgress = key_result_progress(
            row.metric,
            None if counting is None else counting.value,
            None if delegate is None else delegate.objective.progress,
            delegate is not None and delegate.objective.cycle.id == cycle.id,
            [(hanging.link.weight, hanging.objective.progress) for hanging in self.contributing()],
        )

    @property
    def id(self) -> UUID:
        return self.row.id

    @property
    def score(self) -> Decimal | None:
        return self.row.score

    @property
    def disposition(self) -> Disposition:
        if self.delegate is None:
            return Disposition.OWNED
        return Disposition.BOTH if self.delegate.link.retain else Disposition.DELEGATED

    def contributing(self) -> Iterator[Hanging]:
        """Supporters that feed it; the delegate feeds it once, as the delegate."""
        for hanging in self.supporters:
            if hanging.link.contributes and (
                self.delegate is None or hanging.objective.id != self.delegate.objective.id
            ):
                yield hanging

    def below(self) -> Iterator[Hanging]:
        if self.delegate is not None:
            yield self.delegate
        yield from self.supporters


class Item(msgspec.Struct, frozen=True):
    """One item in the mean of an objective."""

    node: "KeyResultNode | ObjectiveNode"
    weight: Decimal
    progress: Fraction | None
    source: ProgressSource


class ObjectiveNode:
    """`aligned` serve it; `serves` is what it serves itself, strongest link first, then the oldest."""

    __slots__ = ("__weakref__", "aligned", "cycle", "health_at", "key_results", "open", "progress", "row", "serves")

    def __init__(
        self,
        row: ObjectiveRow,
        cycle: CycleRow,
        key_results: tuple[KeyResultNode, ...],
        aligned: tuple[Hanging, ...],
        serves: tuple[LinkRow, ...],
    ) -> None:
        self.row = row
        self.cycle = cycle
        self.health_at: tuple[datetime, Health] | None = None
        self.key_results = key_results
        self.aligned = aligned
        self.serves = serves
        self.open: bool = (
            row.visibility is Visibility.ORGANISATION
            and all(key_result.open for key_result in key_results)
            and all(hanging.objective.open for hanging in aligned)
        )
        self.progress: Fraction | None = weighted_mean((item.weight, item.progress) for item in self.breakdown())

    @property
    def id(self) -> UUID:
        return self.row.id

    @property
    def live(self) -> bool:
        return self.row.state is not ObjectiveState.RETIRED

    @property
    def score(self) -> Fraction | None:
        live = (key_result for key_result in self.key_results if key_result.live)
        return objective_score((kr.row.weight, kr.score, kr.progress.counting) for kr in live)

    @property
    def outcome(self) -> Outcome | None:
        return outcome(self.score, self.row.commitment, self.row.state, self.cycle.state)

    def breakdown(self) -> Iterator[Item]:
        """Every item in its mean: live key results, then contributing alignments that do not feed it already."""
        feeding: set[UUID] = set()
        for key_result in self.key_results:
            if key_result.live:
                yield Item(key_result, key_result.row.weight, key_result.progress.counting, key_result.progress.source)
                feeding.update(hanging.objective.id for hanging in key_result.contributing())
                if key_result.delegate is not None:
                    feeding.add(key_result.delegate.objective.id)
        for hanging in self.aligned:
            if hanging.link.contributes and hanging.objective.id not in feeding:
                progress = hanging.objective.progress
                source = ProgressSource.NONE if progress is None else ProgressSource.SUPPORTERS
                yield Item(hanging.objective, hanging.link.weight, progress, source)


Node = KeyResultNode | ObjectiveNode
