"""Context: what a request reads from, and what it may use to change something."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from strawberry import Info

from okr_api.access.policy import Principal, may
from okr_api.application import Application, Caller
from okr_api.graphql.crowd import Crowd
from okr_api.settings import Limits
from okr_api.snapshot.check_ins import CheckIns
from okr_api.snapshot.live import Live
from okr_api.snapshot.nodes import Node, ObjectiveNode
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.targets import Targets

READ = "READ"


@dataclass(frozen=True)
class Reading:
    """One snapshot, one moment and one principal: whatever is answered from a reading is of the same cut."""

    snapshot: Snapshot
    moment: datetime
    principal: Principal
    check_ins: CheckIns
    targets: Targets

    def may_read(self, node: Node) -> bool:
        """The one place where the policy is asked about reading. A key result is as visible as its objective."""
        objective = node if isinstance(node, ObjectiveNode) else self.snapshot.objectives[node.row.objective_id]
        return may(self.principal, READ, {"visibility": objective.row.visibility, "owner_id": objective.row.owner_id})


@dataclass(frozen=True)
class Service:
    """What lives as long as the process. `readable_seconds`: how long a request waits for facts that it asked for."""

    application: Application
    live: Live
    check_ins: CheckIns
    targets: Targets
    crowd: Crowd
    limits: Limits
    readable_seconds: float = 2.0


@dataclass
class Context:
    """One request. `reading` is what its queries read from; each mutation moves it on to what holds its events."""

    service: Service
    reading: Reading
    request_id: str
    pending: bool = False
    """Whether a command was accepted that could not be read back in time."""

    def caller(self, key: str | None) -> Caller:
        return Caller(self.reading.principal, key, self.request_id)

    async def read_at_least(self, position: int) -> Reading:
        """Go on with a snapshot that holds the position. Raises NotYetReadable."""
        snapshot = await self.service.live.at_least(position, self.service.readable_seconds)
        self.reading = replace(self.reading, snapshot=snapshot)
        return self.reading


Asking = Info[Context, Any]
"""What a root field is told about the request."""
