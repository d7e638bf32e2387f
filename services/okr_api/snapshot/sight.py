"""Sight: what a principal may see and do, as the organisation stands now, whenever the answer is of."""

from collections.abc import Iterator
from functools import cached_property
from uuid import UUID

from okr_api.access.policy import READ, Actor, Line, Principal, Role, Thing, may
from okr_api.domain.values import Visibility
from okr_api.snapshot.nodes import KeyResultNode, Node, ObjectiveNode
from okr_api.snapshot.rows import CycleRow, IntegrationRow, OwnerRow, WebhookRow
from okr_api.snapshot.snapshot import Snapshot

Subject = Node | OwnerRow | CycleRow | IntegrationRow | WebhookRow


class Sight:
    """Of one principal, by the snapshot of today; what it was asked before it remembers."""

    def __init__(self, principal: Principal, today: Snapshot) -> None:
        self.principal = principal
        self.today = today
        self._lines: dict[UUID, Line] = {}
        self._seen: dict[tuple[UUID, UUID, Visibility], bool] = {}
        self._all = bool(principal.roles & {Role.ADMIN, Role.AUDITOR})
        self._open = Role.MEMBER in principal.roles

    @property
    def same_for(self) -> str | None:
        """The class of viewers who see the same of what is open: "all" see everything, "open" what is open; else None.

        What an integration sees is for its scope alone to say.
        """
        if self._all:
            return "all"
        return "open" if self._open else None

    def sees(self, objective: ObjectiveNode) -> bool:
        """By the visibility and the owner that the objective has now."""
        return self._all or self.sees_now(self._now(objective))

    def sees_now(self, objective: ObjectiveNode) -> bool:
        """Of an objective as it is today."""
        row = objective.row
        if self._all or (self._open and row.visibility is Visibility.ORGANISATION):
            return True
        return self._sees(row.owner_id, row.cycle_id, row.visibility)

    def _sees(self, owner_id: UUID, cycle_id: UUID, visibility: Visibility) -> bool:
        of_a_kind = owner_id, cycle_id, visibility
        if of_a_kind not in self._seen:
            lines, cycles = (self._line(owner_id),), frozenset(self._cycles(cycle_id))
            self._seen[of_a_kind] = may(self.actor, READ, [Thing("Objective", lines, (), cycles, visibility)])
        return self._seen[of_a_kind]

    def _now(self, objective: ObjectiveNode) -> ObjectiveNode:
        """A cut may be newer than today's, and the objective with it."""
        now = self.today.counterpart(objective)
        assert now is None or isinstance(now, ObjectiveNode)
        return now or objective

    def sees_today(self, node: Node) -> bool:
        """Where it stands now: a key result may have moved into what is hidden."""
        if self._all:
            return True
        now = self.today.counterpart(node)
        return now is None or self.sees_now(self.today.objective_of(now))

    @cached_property
    def hidden(self) -> frozenset[UUID]:
        """The objectives, key results, integrations and webhooks that it does not see.

        It is what the database is told to leave out.
        """
        if self._all:
            return frozenset()
        objectives = [node for node in self.today.objectives.values() if not self.sees_now(node)]
        key_results = (key_result.id for node in objectives for key_result in node.key_results)
        integrations = () if self.sees_integrations else self.today.integrations
        webhooks = (row.id for row in self.today.webhooks.values() if not self.sees_webhook(row))
        away = (
            hidden_id
            for outline in self.today.outlines(closed=self._open)
            if not (self._open and outline.visibility is Visibility.ORGANISATION)
            and not self._sees(outline.owner_id, outline.cycle_id, outline.visibility)
            for hidden_id in (outline.objective_id, *outline.key_results)
        )
        return frozenset([*(node.id for node in objectives), *key_results, *integrations, *webhooks, *away])

    @property
    def sees_integrations(self) -> bool:
        return may(self.actor, READ, [Thing("Integration")])

    def sees_webhook(self, webhook: WebhookRow) -> bool:
        return may(self.actor, READ, [self._thing(webhook)])

    def may(self, command: str, subject: Subject) -> bool:
        """Whether the principal may begin a command at something, as far as the policy is asked about that."""
        return may(self.actor, command, [self._thing(subject)])

    @cached_property
    def actor(self) -> Actor:
        owner_id = self.owner_id
        return Actor(self.principal, self._line(owner_id) if owner_id else None)

    @property
    def owner_id(self) -> UUID | None:
        login = self.principal.subject
        return self.today.logins.get(login) if login is not None else None

    def _thing(self, subject: Subject) -> Thing:
        match subject:
            case OwnerRow():
                return Thing("Owner", (self._line(subject.id),))
            case CycleRow():
                return Thing("Cycle", cycles=frozenset(self._cycles(subject.id)))
            case IntegrationRow():
                return Thing("Integration")
            case WebhookRow():
                return Thing("Webhook", maker=subject.made_by)
        objective = self.today.objective_of(subject)
        accountable, delegate = [objective.row.owner_id, subject.row.owner_id], None
        if isinstance(subject, KeyResultNode):
            delegate = subject.delegate
        return Thing(
            "Objective" if isinstance(subject, ObjectiveNode) else "KeyResult",
            tuple(self._line(owner_id) for owner_id in dict.fromkeys(accountable)),
            (self._line(delegate.objective.row.owner_id),) if delegate else (),
            frozenset(self._cycles(objective.row.cycle_id)),
            objective.row.visibility,
        )

    def _line(self, owner_id: UUID) -> Line:
        if owner_id not in self._lines:
            rows = list(self._upward(owner_id))
            leads = frozenset(row.lead_id for row in rows if row.lead_id)
            self._lines[owner_id] = Line(tuple(row.id for row in rows), leads)
        return self._lines[owner_id]

    def _upward(self, owner_id: UUID | None) -> Iterator[OwnerRow]:
        while owner_id is not None:
            row = self.today.owners[owner_id]
            yield row
            owner_id = row.parent_id

    def _cycles(self, cycle_id: UUID | None) -> Iterator[UUID]:
        while cycle_id is not None:
            yield cycle_id
            cycle_id = self.today.cycles[cycle_id].parent_id
