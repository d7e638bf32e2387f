"""Health: whether a process lives, whether it is to be sent requests, and whether it has started, told in words.

Live is whose event loop turns: a restart helps nobody else. Ready is who serves as well as any other would. So an API
stays ready while the database is away, when all go on from memory alike and none would be left to answer; and however
far the projector is behind, which no other API could help. Both are told, and are for metrics and alerts.
"""

from time import monotonic
from typing import NamedTuple, Protocol

from okr_api.event_log.standing import Standing

HEARTBEAT_SECONDS = 60.0
"""A projector that did nothing for so long hangs: whatever it waits for ends sooner."""
HEARD_SECONDS = 2.0
"""A database that answered so lately is not away."""
LEADS = "leads"


class Check(NamedTuple):
    """`told`: how it is, in words. `well`: whether the probe passes by it."""

    told: str
    well: bool = True


Checks = dict[str, Check]


class Health(Protocol):
    """Of a process. `draining`: it was told to stop."""

    draining: bool

    def live(self) -> Checks: ...
    def ready(self) -> Checks: ...
    def started(self) -> Checks: ...


class At(Protocol):
    @property
    def position(self) -> int: ...


class Shown(Protocol):
    """What an API reads from. `age`: seconds since the facts were last read, None while they are; `silence`: seconds
    since the database last answered, 0 while it does.
    """

    @property
    def snapshot(self) -> At: ...
    @property
    def age(self) -> float | None: ...
    @property
    def silence(self) -> float: ...


class Looking(Protocol):
    @property
    def standing(self) -> Standing | None: ...


class ApiHealth:
    """Of an API, which has started once the organisation is loaded."""

    def __init__(self) -> None:
        self.draining = False
        self._shown: tuple[Shown, Looking] | None = None

    def begin(self, shown: Shown, watch: Looking) -> None:
        self._shown = shown, watch

    def live(self) -> Checks:
        return {"event loop": Check("turns")}

    def started(self) -> Checks:
        if self._shown is None:
            return {"snapshot": Check("is being loaded", well=False)}
        return {"snapshot": Check(f"at position {self._shown[0].snapshot.position}")}

    def ready(self) -> Checks:
        checks = self.started() | draining(self.draining)
        if self._shown is None:
            return checks
        shown, watch = self._shown
        database = "answers"
        if shown.age is not None and shown.silence > HEARD_SECONDS:
            database = f"away for {shown.silence:.0f} s: reads go on from memory, writes are told to try again"
        elif shown.age is not None:
            database = f"answers, but its facts cannot be read since {shown.age:.0f} s: reads go on from memory"
        return checks | {"database": Check(database)} | standings(watch.standing, shown.snapshot.position)


class ProjectorHealth:
    """What a projector does, as it says itself. Ready is who leads, and who could take over at once."""

    def __init__(self) -> None:
        self.draining = False
        self.position = 0
        self.watch: Looking | None = None
        self._began = False
        self._beat_at = monotonic()
        self._does = Check("has not reached the database yet", well=False)

    def beat(self) -> None:
        self._beat_at = monotonic()

    def does(self, told: str, *, well: bool = True) -> None:
        self.beat()
        self._began = self._began or well
        self._does = Check(told, well)

    def leads_at(self, position: int) -> None:
        self.position = position
        self.does(LEADS)

    def live(self) -> Checks:
        seconds = monotonic() - self._beat_at
        return {"heartbeat": Check(f"{seconds:.0f} s ago", well=seconds < HEARTBEAT_SECONDS)}

    def started(self) -> Checks:
        return {"projector": self._does._replace(well=self._began)}

    def ready(self) -> Checks:
        checks = {"projector": self._does} | draining(self.draining)
        standing = self.watch.standing if self.watch else None
        return checks | standings(standing, self.position if self._does.told == LEADS else None)


def draining(is_draining: bool) -> Checks:
    return {"draining": Check("it was told to stop, and is sent nothing more", well=False)} if is_draining else {}


def standings(standing: Standing | None, position: int | None) -> Checks:
    """A database that is newer was made so by the version that comes next, which this one can work beside."""
    if standing is None:
        return {"migrations": Check("not known: the database was not reached when it was asked last")}
    lacking = ", ".join(standing.lacking)
    migrations = Check(f"the database lacks {lacking}: run `okr migrate`", well=False) if lacking else Check("applied")
    if position is None:
        return {"migrations": migrations}
    behind = max(0, standing.head - position)
    told = f"{behind} positions, for {standing.waits_seconds:.0f} s" if behind else "none"
    return {"migrations": migrations, "lag": Check(told)}
