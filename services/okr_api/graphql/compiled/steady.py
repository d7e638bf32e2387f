"""Steady fields: those whose value follows from a node of the snapshot alone, or from little else that is named here.

A node is made again whenever something in it or below it changes, so what these fields say can be kept with it. What
looks upward (the objective of a key result, the line of sight), asks the database, or is another for each viewer, is
not in this table and never kept.
"""

from collections.abc import Iterable
from enum import Enum


class Beside(Enum):
    """What a steady field says may change without its node, and is a part of what kept text is known by."""

    HOUR = "the hour that health is looked at"
    OWNERS = "the names and levels of owners"
    CYCLES = "the cycles around a cycle"
    REPORTS = "pages of check-ins: a report makes the node again, but the page may have to be read first"


Needs = frozenset[Beside]
NODE: Needs = frozenset()
HOUR, OWNERS, CYCLES, REPORTS = (frozenset({each}) for each in Beside)


def _all_of(names: str, needs: Needs = NODE) -> dict[str, Needs]:
    return dict.fromkeys(names.split(), needs)


STEADY: dict[str, dict[str, Needs]] = {
    "Query": _all_of("objective objectives keyResult keyResults cascade cycle cycles owner owners"),
    "Objective": {
        **_all_of("id version title description externalRef visibility state commitment progress progressBreakdown"),
        **_all_of("score outcome keyResults alignedObjectives createdAt updatedAt"),
        **_all_of("health", HOUR),
        **_all_of("owner", OWNERS),
        **_all_of("cycle", CYCLES),
    },
    "KeyResult": {
        **_all_of("id version title externalRef metric weight dueOn retired disposition delegatedTo supportedBy"),
        **_all_of("current measuredProgress rawProgress cascadedProgress progress progressSource confidence score"),
        **_all_of("checkInEveryDays createdAt updatedAt"),
        **_all_of("health", HOUR),
        **_all_of("accountable responsible", OWNERS),
        **_all_of("checkIns", REPORTS),
    },
    "Owner": _all_of("id version name level parent lead externalRef active", OWNERS),
    "Cycle": _all_of(
        "id version name startsOn endsOn state approach timeZone checkInEveryDays parent children", CYCLES
    ),
    "Metric": _all_of("kind start target limit inclusive unit"),
    "ProgressItem": _all_of("item weight progress source"),
    "ObjectiveConnection": _all_of("nodes edges pageInfo totalCount"),
    "KeyResultConnection": _all_of("nodes edges pageInfo totalCount"),
    "KeyResultEdge": _all_of("cursor node"),
    "OwnerConnection": _all_of("nodes edges pageInfo totalCount"),
    "OwnerEdge": _all_of("cursor node"),
    "ObjectiveEdge": _all_of("cursor node"),
    "CheckInConnection": _all_of("nodes edges pageInfo"),
    "CheckInEdge": _all_of("cursor node"),
    "CheckIn": _all_of("id value confidence note effectiveAt recordedAt source withdrawn"),
    "PageInfo": _all_of("hasNextPage hasPreviousPage startCursor endCursor"),
    "Cascade": _all_of("nodes edges totalCount truncated"),
    "CascadeEdge": _all_of("parentId childId link contributes weight retain"),
    "CascadeNode": _all_of("itemId parentId link depth childCount context item"),
    "Redacted": _all_of("id progress"),
}


NODES = frozenset({"Objective", "KeyResult"})
"""The types that show a node of the snapshot."""


def needs_of(kind: str, field: str) -> Needs | None:
    """What a field of a type follows from, besides its node; None where it is not steady."""
    return STEADY.get(kind, {}).get(field)


def together(needs: Iterable[Needs | None]) -> Needs | None:
    found = list(needs)
    return None if None in found else frozenset().union(*(each for each in found if each is not None))
