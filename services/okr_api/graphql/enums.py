"""Enumerations of the API: the domain's own, with a sentence for each value."""

from enum import Enum, StrEnum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from okr_api.access.policy import ActorKind
from okr_api.commands.branches import ChildPolicy
from okr_api.domain.health import Health
from okr_api.domain.progress import ProgressSource
from okr_api.domain.values import (
    Approach,
    Commitment,
    CycleState,
    Disposition,
    Link,
    MetricKind,
    ObjectiveState,
    Outcome,
    OwnerLevel,
    Visibility,
)
from okr_api.snapshot.diff import DiffKind
from okr_api.snapshot.lists import ObjectiveOrderField, SortDirection

__all__ = [
    "ActorKind",
    "Approach",
    "BatchMode",
    "ChildPolicy",
    "Commitment",
    "CycleState",
    "DiffKind",
    "Disposition",
    "Health",
    "ItemStatus",
    "Link",
    "MetricKind",
    "ObjectiveOrderField",
    "ObjectiveState",
    "Outcome",
    "OwnerLevel",
    "ProgressSource",
    "SortDirection",
    "Visibility",
    "WebhookStatus",
]


class BatchMode(StrEnum):
    """How the items of a batch depend on each other."""

    BEST_EFFORT = "BEST_EFFORT"
    ATOMIC = "ATOMIC"


class WebhookStatus(StrEnum):
    """How telling a webhook is getting on."""

    DELIVERING = "DELIVERING"
    FAILING = "FAILING"
    STOPPED = "STOPPED"
    DELETED = "DELETED"


class ItemStatus(StrEnum):
    """What became of an item of a batch."""

    ACCEPTED = "ACCEPTED"
    DUPLICATE = "DUPLICATE"
    UNCHANGED = "UNCHANGED"
    REJECTED = "REJECTED"


def _describe(enumeration: type[Enum], description: str, *, name: str | None = None, **values: str) -> None:
    """Publish an enumeration; `values` tells what each of its values means."""
    strawberry.enum(enumeration, name=name, description=description)
    definition: StrawberryEnumDefinition = enumeration.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[value.name]


_describe(
    OwnerLevel,
    "Where an owner stands in the organisation.",
    COMPANY="The whole company.",
    DEPARTMENT="A department, or whoever answers for one.",
    TEAM="A team.",
    INDIVIDUAL="One person.",
)
_describe(
    ActorKind,
    "What kind of principal did something.",
    PERSON="Somebody who signed in.",
    INTEGRATION="Another system.",
    SYSTEM="The service itself.",
)
_describe(
    CycleState,
    "How far a cycle is.",
    DRAFT="Being planned: everything but check-ins and scores.",
    OPEN="Running: everything is taken.",
    CLOSING="Being finished: check-ins, corrections and scores only.",
    CLOSED="Over: nothing in it changes any more.",
)
_describe(
    Approach,
    "Which links a cycle admits, and, as a view, which links are followed. CONTAINS always.",
    name="CascadeApproach",
    TIGHT="DELEGATES and SUPPORTS.",
    LOOSE="ALIGNS between objectives; key results are leaves and never on a path.",
    MIXED="All links.",
)
_describe(
    ObjectiveState,
    "How far an objective is.",
    DRAFT="Proposed.",
    ACTIVE="Pursued.",
    RETIRED="Ended; what hangs below is live no longer through it.",
)
_describe(
    Outcome,
    "What became of an objective.",
    ACHIEVED="Reached: a score of 1 where it was committed, of 0.7 or more where it was aspirational.",
    PARTIAL="A score of 0.4 or more, but not reached.",
    MISSED="A score below 0.4.",
    DROPPED="Retired.",
)
_describe(
    Commitment,
    "How much of it is promised.",
    COMMITTED="All of it is promised.",
    ASPIRATIONAL="A stretch: about 0.7 of it is a success.",
)
_describe(
    Health,
    "One word for how it goes. Silence is never green.",
    NO_DATA="Nothing was reported.",
    ON_TRACK="It goes well.",
    AT_RISK="It needs attention.",
    OFF_TRACK="It will be missed unless something changes.",
    STALE="The last report is too old.",
)
_describe(
    Visibility,
    "Who may read it.",
    ORGANISATION="Everyone.",
    LINE=(
        "Seen by the owner's line (its lead, everyone above and below it) only; others see a redacted node, counted but"
        " unread."
    ),
)
_describe(
    ChildPolicy,
    (
        "What becomes of what hangs below: never decided silently. Left out while something hangs below: "
        "CHILD_POLICY_REQUIRED, with the counts."
    ),
    DETACH="The children stay where they are, unaligned and visible.",
    REALIGN="They hang on what the ended parent served, by a link that the cycle admits.",
    RETIRE="They end too.",
)
_describe(
    Disposition,
    "Who does a key result: owned, delegated or both.",
    OWNED="The accountable owner does it.",
    DELEGATED="It became an objective of the level below.",
    BOTH="It is delegated, and the accountable owner keeps checking in as well.",
)
_describe(
    ProgressSource,
    "Where a progress comes from.",
    NONE="From nothing: there is no data.",
    MEASURED="From its own check-ins.",
    DELEGATE="From the objective that it was delegated to.",
    SUPPORTERS="From the objectives that contribute to it.",
)
_describe(
    MetricKind,
    "How a key result is measured.",
    INCREASE="From a start up to a target.",
    DECREASE="From a start down to a target.",
    MAINTAIN_AT_LEAST="Stay at a target or above.",
    MAINTAIN_AT_MOST="Stay at a target or below.",
    MILESTONE="Without numbers; its check-ins go from 0 to 1.",
)
_describe(
    Link,
    "How one thing hangs from another, strongest first.",
    name="CascadeLink",
    CONTAINS="A key result in its objective.",
    DELEGATES="The objective that restates a key result.",
    SUPPORTS="An objective that contributes to a key result without restating it.",
    ALIGNS="An objective that serves another objective.",
)
_describe(
    DiffKind,
    "What became of an item. An item that moved and changed is MOVED, with its fields.",
    ADDED="It is there and was not.",
    REMOVED="It was there and is not.",
    MOVED="It hangs from another parent in the tree of this view.",
    CHANGED="It hangs where it hung, and what it stores or its current value differs.",
)
_describe(
    ObjectiveOrderField,
    "What objectives can be sorted by.",
    CREATED_AT="When they were created.",
    UPDATED_AT="When they last changed.",
    TITLE="Their title, ignoring case.",
    PROGRESS="Their progress; without data last.",
)
_describe(
    BatchMode,
    "How the items of a batch depend on each other.",
    BEST_EFFORT="Each item for itself.",
    ATOMIC="All of them or none, in one commit.",
)
_describe(
    ItemStatus,
    "What became of an item of a batch.",
    ACCEPTED="It is done.",
    DUPLICATE="It was done before under the same idempotencyKey, with this input.",
    UNCHANGED="There was nothing to do: the value is the current one.",
    REJECTED="It was refused; nothing of it is written.",
)
_describe(SortDirection, "Which way a list is sorted.", ASC="Smallest first.", DESC="Largest first.")
_describe(
    WebhookStatus,
    "How telling a webhook is getting on.",
    DELIVERING="What happens is sent at once.",
    FAILING="The first message that waits is tried again later.",
    STOPPED="Three days of trying were in vain, or the endpoint answered 410: replayWebhook lets it go on.",
    DELETED="It is told nothing more.",
)
