"""Context: what a request reads from, and what it may use to change something."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from strawberry import Info

from okr_api.access.policy import Principal
from okr_api.application import Application, Caller
from okr_api.graphql.crowd import Crowd
from okr_api.settings import Limits
from okr_api.snapshot.actors import Actors
from okr_api.snapshot.audit import AuditEvents
from okr_api.snapshot.check_ins import CheckIns
from okr_api.snapshot.live import Live
from okr_api.snapshot.nodes import Node
from okr_api.snapshot.sight import Sight
from okr_api.snapshot.snapshot import Snapshot
from okr_api.snapshot.targets import Targets


@dataclass(frozen=True)
class Reading:
    """One snapshot, one moment and one viewer: whatever is answered from a reading is of the same cut."""

    snapshot: Snapshot
    moment: datetime
    sight: Sight
    check_ins: CheckIns
    targets: Targets
    actors: Actors
    audit: AuditEvents

    def may_read(self, node: Node) -> bool:
        """The one place where the policy is asked about reading. A key result is as visible as its objective."""
        return self.sight.sees(self.snapshot.objective_of(node))

    @property
    def principal(self) -> Principal:
        return self.sight.principal


@dataclass(frozen=True)
class Service:
    """What lives as long as the process. `readable_seconds`: how long a request waits for facts that it asked for."""

    application: Application
    live: Live
    check_ins: CheckIns
    targets: Targets
    actors: Actors
    audit: AuditEvents
    crowd: Crowd
    limits: Limits
    readable_seconds: float = 2.0

    def reading(self, principal: Principal) -> Reading:
        """What there is now. Health and advisories change on the hour."""
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        snapshot = self.live.snapshot
        return Reading(
            snapshot, hour, Sight(principal, snapshot), self.check_ins, self.targets, self.actors, self.audit
        )


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
        self.reading = replace(self.reading, snapshot=snapshot, sight=Sight(self.reading.principal, snapshot))
        return self.reading


Asking = Info[Context, Any]
"""What a root field is told about the request."""
