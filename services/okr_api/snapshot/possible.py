"""What the state of a thing lets be done to it, by the names of the mutations. Who may do it is the policy's."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from okr_api.domain.integration import MAX_LIVE_KEYS
from okr_api.domain.values import CycleState, ObjectiveState, OwnerLevel
from okr_api.snapshot.nodes import KeyResultNode, ObjectiveNode
from okr_api.snapshot.rows import ApiKeyRow, CycleRow, OwnerRow
from okr_api.snapshot.snapshot import Snapshot

PLANNING = (CycleState.DRAFT, CycleState.OPEN)
REPORTING = (CycleState.OPEN, CycleState.CLOSING)


def on_owner(owner: OwnerRow) -> Iterator[str]:
    yield "editOwner"
    if owner.active:
        yield from ("moveOwner", "deactivateOwner")
    yield "transferOwnership"
    if owner.level is OwnerLevel.INDIVIDUAL:
        yield "erasePerson"


def on_cycle(snapshot: Snapshot, cycle: CycleRow) -> Iterator[str]:
    parent = snapshot.cycles[cycle.parent_id] if cycle.parent_id else None
    below = (other for other in snapshot.cycles.values() if other.parent_id == cycle.id)
    if cycle.state in PLANNING:
        yield from ("editCycle", "createCycle", "createObjective", "createObjectives", "transferOwnership")
    if parent is None or parent.state is not CycleState.CLOSED:
        yield from ("openCycle",) if cycle.state is CycleState.DRAFT else ()
        yield from ("reopenCycle",) if cycle.state in (CycleState.CLOSING, CycleState.CLOSED) else ()
    if cycle.state is CycleState.OPEN:
        yield "beginClosingCycle"
    if cycle.state in REPORTING and all(other.state is CycleState.CLOSED for other in below):
        yield "closeCycle"


def on_objective(node: ObjectiveNode) -> Iterator[str]:
    if node.live:
        yield "carryOverObjective"
    if node.cycle.state not in PLANNING:
        return
    if not node.live:
        yield "restoreObjective"
        return
    yield from ("editObjective", "retireObjective", "alignObjective", "addKR")
    if node.row.state is ObjectiveState.DRAFT:
        yield "activateObjective"
    if any(link.kind != "DELEGATES" for link in node.serves):
        yield "unalignObjective"


def on_key_result(node: KeyResultNode) -> Iterator[str]:
    if node.live and node.cycle.state in REPORTING:
        yield from ("recordCheckIn", "recordCheckIns", "scoreKR")
    if node.cycle.state not in PLANNING:
        return
    if node.row.retired:
        yield "restoreKR"
    elif node.live:
        yield from ("editKR", "retargetKR", "moveKR", "retireKR")
        yield from ("undelegateKR", "reassignKR") if node.delegate else ("delegateKR",)


def on_integration(keys: Iterable[ApiKeyRow], moment: datetime) -> Iterator[str]:
    standing = [key for key in keys if key.revoked_at is None]
    yield "editIntegration"
    if sum(key.live(moment) for key in standing) < MAX_LIVE_KEYS:
        yield "issueApiKey"
    if standing:
        yield "revokeApiKey"
