"""A history of any shape: every kind of event, commits of any size, rows that change often."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from okr_api.domain.events import (
    ApiKeyIssued,
    ApiKeyRevoked,
    CheckInCorrected,
    CheckInRecorded,
    CheckInWithdrawn,
    CycleClosed,
    CycleClosingBegun,
    CycleCreated,
    CycleNested,
    CycleOpened,
    CycleRenamed,
    CycleReopened,
    CycleRescheduled,
    CycleRhythmChanged,
    DelegationAccepted,
    Event,
    ExternalRefMoved,
    ExternalRefTaken,
    IntegrationCreated,
    IntegrationRenamed,
    IntegrationRescoped,
    KRAdded,
    KRDelegated,
    KRDueChanged,
    KRMoved,
    KROwnerChanged,
    KRReferenceChanged,
    KRRestored,
    KRRetargeted,
    KRRetired,
    KRRetitled,
    KRReweighted,
    KRRhythmChanged,
    KRScored,
    KRUndelegated,
    ObjectiveActivated,
    ObjectiveAligned,
    ObjectiveCommitmentChanged,
    ObjectiveCreated,
    ObjectiveDescribed,
    ObjectiveOwnerChanged,
    ObjectiveReferenceChanged,
    ObjectiveRestored,
    ObjectiveRetired,
    ObjectiveRetitled,
    ObjectiveUnaligned,
    ObjectiveVisibilityChanged,
    OwnerDeactivated,
    OwnerLeadChanged,
    OwnerLoginChanged,
    OwnerMoved,
    OwnerReferenceChanged,
    OwnerRegistered,
    OwnerRenamed,
    PersonErased,
    TextRedacted,
    WebhookCreated,
    WebhookDeleted,
    WebhookEdited,
    WebhookReplayed,
    WebhookSecretRotated,
)
from okr_api.domain.values import Commitment, Metric, MetricKind, TargetKind, Text, Visibility
from read_models.history import ANA, START, Said, named, said

NUMBERS = [Decimal(text) for text in ("0", "0.00", "1.50", "-3", "1E+3", "99999999999999999999.000000001")]
DAY, WORDS = date(2026, 2, 1), Text.typed("Other words")
REF: dict[str, Any] = {"external_ref": "x"}

OF_OWNERS: dict[type[Event], dict[str, Any]] = {
    OwnerRenamed: {"name": WORDS},
    OwnerLoginChanged: {},
    OwnerLeadChanged: {"lead_id": ANA},
    OwnerReferenceChanged: REF,
    OwnerMoved: {"parent_id": ANA},
    OwnerDeactivated: {},
    PersonErased: {},
}
OF_CYCLES: dict[type[Event], dict[str, Any]] = {
    CycleRenamed: {"name": WORDS},
    CycleRescheduled: {"starts_on": DAY, "ends_on": DAY},
    CycleRhythmChanged: {"check_in_every_days": 3},
    CycleOpened: {},
    CycleClosingBegun: {},
    CycleClosed: {},
    CycleReopened: {},
}
OF_OBJECTIVES: dict[type[Event], dict[str, Any]] = {
    ObjectiveRetitled: {"title": WORDS},
    ObjectiveDescribed: {"description": WORDS},
    ObjectiveCommitmentChanged: {"commitment": Commitment.COMMITTED},
    ObjectiveVisibilityChanged: {"visibility": Visibility.LINE},
    ObjectiveOwnerChanged: {"owner_id": named("Bob")},
    ObjectiveReferenceChanged: REF,
    ObjectiveActivated: {},
}
OF_KEY_RESULTS: dict[type[Event], dict[str, Any]] = {
    KRRetitled: {"title": WORDS},
    KRReweighted: {"weight": Decimal("0.10")},
    KRDueChanged: {"due_on": DAY},
    KROwnerChanged: {"owner_id": named("Bob")},
    KRRhythmChanged: {"check_in_every_days": 3},
    KRReferenceChanged: REF,
    KRRetargeted: {"metric": Metric(MetricKind.MILESTONE)},
    KRRetired: {},
    KRRestored: {},
    KRScored: {"score": Decimal("0.70")},
}
OF_INTEGRATIONS: dict[type[Event], dict[str, Any]] = {
    IntegrationRenamed: {"name": WORDS},
    IntegrationRescoped: {"owner_ids": (ANA, named("Bob"))},
}
OF_WEBHOOKS: dict[type[Event], dict[str, Any]] = {
    WebhookEdited: {"url": WORDS, "event_types": ("CheckInRecorded",)},
    WebhookSecretRotated: {"secret_number": 2, "former_until": START},
    WebhookReplayed: {"after_position": 1},
    WebhookDeleted: {},
}


def random_history(seed: int, events: int) -> Iterator[tuple[Said, ...]]:
    """Commits that any batch size must make the same facts of; not all of them are what the rules would allow."""
    writer = Writer(Random(seed))
    yield (said(OwnerRegistered, ANA), *writer.cycle(), *writer.objective(), *writer.key_result())
    while events > 0:
        commit = tuple(one for _ in range(writer.random.choice([1, 1, 1, 2, 5, 30])) for one in writer.anything())
        events -= len(commit)
        yield commit


class Writer:
    """Knows what there is, so that what it says has something to be about."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.cycles: list[UUID] = []
        self.objectives: list[UUID] = []
        self.key_results: list[UUID] = []
        self.check_ins: list[UUID] = []
        self.references: list[UUID] = []
        self.integrations: list[UUID] = []
        self.api_keys: list[tuple[UUID, str]] = []
        self.webhooks: list[UUID] = []
        self._names = 0

    def anything(self) -> list[Said]:
        kinds: list[Callable[[], list[Said]]] = [self.cycle, self.objective, self.key_result, self.delegation]
        kinds += [self.alignment, self.reference, self.unlinking, self.moving, self.retiring]
        kinds += [self.integration, self.api_key, self.webhook, self.redaction]
        kinds += [*[self.change] * 4, *[self.check_in] * 10, *[self.correction] * 3]
        return self.random.choice(kinds)()

    def cycle(self) -> list[Said]:
        cycle_id, parent = self._new(), self.random.choice([None, *self.cycles])
        self.cycles.append(cycle_id)
        nested = [said(CycleNested, parent, child_id=cycle_id)] if parent else []
        return [said(CycleCreated, cycle_id, parent_id=parent), *nested]

    def change(self) -> list[Said]:
        """A field of something."""
        streams, changes = self.random.choice(
            [
                ([ANA], OF_OWNERS),
                (self.cycles, OF_CYCLES),
                (self.objectives, OF_OBJECTIVES),
                (self.key_results, OF_KEY_RESULTS),
            ]
        )
        event_class = self.random.choice(list(changes))
        return [said(event_class, self.random.choice(streams), **changes[event_class])]

    def redaction(self) -> list[Said]:
        entity_id = self.random.choice([*self.objectives, *self.key_results, *self.check_ins, *self.cycles])
        return [said(TextRedacted, self._new(), entity_id=entity_id, position=1, field="title")]

    def retiring(self) -> list[Said]:
        objective_id = self.random.choice(self.objectives)
        return [said(ObjectiveRetired, objective_id), said(ObjectiveRestored, objective_id)]

    def moving(self) -> list[Said]:
        return [said(KRMoved, self.random.choice(self.key_results), objective_id=self.random.choice(self.objectives))]

    def unlinking(self) -> list[Said]:
        lower, kind = self.random.choice(self.objectives), self.random.choice(list(TargetKind))
        target = self.random.choice(self.objectives if kind is TargetKind.OBJECTIVE else self.key_results)
        undelegated = said(KRUndelegated, self.random.choice(self.key_results), objective_id=lower)
        return [undelegated, said(ObjectiveUnaligned, lower, target_kind=kind, target_id=target)]

    def objective(self) -> list[Said]:
        objective_id = self._new()
        self.objectives.append(objective_id)
        return [said(ObjectiveCreated, objective_id, cycle_id=self.random.choice(self.cycles))]

    def key_result(self) -> list[Said]:
        key_result_id = self._new()
        self.key_results.append(key_result_id)
        objective_id, weight = self.random.choice(self.objectives), self.random.choice(NUMBERS)
        return [said(KRAdded, key_result_id, objective_id=objective_id, weight=weight)]

    def delegation(self) -> list[Said]:
        key_result_id, (delegate,) = self.random.choice(self.key_results), self.objective()
        delegated = said(KRDelegated, key_result_id, objective_id=delegate.stream, retain=self.random.random() < 0.5)
        return [delegated, delegate, said(DelegationAccepted, delegate.stream, key_result_id=key_result_id)]

    def alignment(self) -> list[Said]:
        kind = self.random.choice(list(TargetKind))
        targets = self.objectives if kind is TargetKind.OBJECTIVE else self.key_results
        lower, target = self.random.choice(self.objectives), self.random.choice(targets)
        weight = self.random.choice(NUMBERS)
        return [said(ObjectiveAligned, lower, target_kind=kind, target_id=target, weight=weight)]

    def check_in(self) -> list[Said]:
        effective_at = self.random.choice([None, START + timedelta(hours=self.random.randrange(20))])
        note = self.random.choice([None, Text.typed("Good\tbad \\N\nugly \u2713"), Text(digest="0" * 64)])
        fields = {"value": self.random.choice(NUMBERS), "effective_at": effective_at, "note": note}
        self.check_ins.append(self._new())
        key_result_id = self.random.choice(self.key_results[:5])
        return [said(CheckInRecorded, self.check_ins[-1], key_result_id=key_result_id, **fields)]

    def correction(self) -> list[Said]:
        """Mostly of a late one, which counts; the check-in instead comes before or after that, as it happens."""
        if not self.check_ins:
            return []
        old = self.random.choice(self.check_ins[-10:])
        if self.random.random() < 0.5:
            return [said(CheckInWithdrawn, old)]
        (new,) = self.check_in()
        told = [new, said(CheckInCorrected, old, corrected_by=new.stream)]
        return self.random.sample(told, 2)

    def reference(self) -> list[Said]:
        holder = self.random.choice(self.objectives)
        if self.references and self.random.random() < 0.7:
            holder_id = self.random.choice([None, holder])
            return [said(ExternalRefMoved, self.random.choice(self.references), holder_id=holder_id)]
        self.references.append(self._new())
        return [said(ExternalRefTaken, self.references[-1], kind="Objective", ref="x", holder_id=holder)]

    def integration(self) -> list[Said]:
        if self.integrations and self.random.random() < 0.7:
            event_class = self.random.choice(list(OF_INTEGRATIONS))
            return [said(event_class, self.random.choice(self.integrations), **OF_INTEGRATIONS[event_class])]
        self.integrations.append(self._new())
        return [said(IntegrationCreated, self.integrations[-1], cycle_ids=(self.random.choice(self.cycles),))]

    def api_key(self) -> list[Said]:
        if self.api_keys and self.random.random() < 0.5:
            integration, key_id = self.random.choice(self.api_keys)
            return [said(ApiKeyRevoked, integration, key_id=key_id)]
        created = [] if self.integrations else self.integration()
        integration, key_id = self.random.choice(self.integrations), f"key {len(self.api_keys)}"
        self.api_keys.append((integration, key_id))
        return [*created, said(ApiKeyIssued, integration, key_id=key_id, digest="00" * 32, expires_at=START)]

    def webhook(self) -> list[Said]:
        if self.webhooks and self.random.random() < 0.7:
            event_class = self.random.choice(list(OF_WEBHOOKS))
            return [said(event_class, self.random.choice(self.webhooks), **OF_WEBHOOKS[event_class])]
        self.webhooks.append(self._new())
        return [said(WebhookCreated, self.webhooks[-1], url=WORDS, made_by=ANA, roles=("admin",))]

    def _new(self) -> UUID:
        self._names += 1
        return named(f"thing {self._names}")
