"""Streams in memory: aggregates to decide on, each with the moment at which it was known to be current."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from time import monotonic
from uuid import UUID

from okr_api.domain.stream import Stream

Forward = Callable[[Mapping[UUID, Stream | None]], Awaitable[Mapping[UUID, Stream]]]
"""Brings what is known of streams forward to what the log has now; ids that the log does not know are left out."""


class Cache:
    """The `size` streams used last. Deciding on an old one is safe: the guards of the append prove it."""

    def __init__(self, forward: Forward, size: int = 50_000) -> None:
        self._forward = forward
        self._size = size
        self._held: OrderedDict[UUID, tuple[Stream, float]] = OrderedDict()

    async def streams(self, stream_ids: Iterable[UUID], since: float = 0.0) -> dict[UUID, Stream]:
        """Copies to decide on; unknown ids are left out. `since`: look again for what was last known before then."""
        found: dict[UUID, Stream] = {}
        stale: dict[UUID, Stream | None] = {}
        for stream_id in stream_ids:
            stream, known_at = self._held.get(stream_id, (None, 0.0))
            if stream is None or known_at < since:
                stale[stream_id] = stream
            else:
                self._held.move_to_end(stream_id)
                found[stream_id] = stream.copied()
        if stale:
            asked_at = monotonic()
            for stream_id, stream in (await self._forward(stale)).items():
                self.hold(stream, asked_at)
                found[stream_id] = stream.copied()
        return found

    def hold(self, stream: Stream, known_at: float) -> None:
        """Keep a stream that was current at that moment, unless a newer one is held."""
        held, held_at = self._held.get(stream.id, (stream, known_at))
        if held.version <= stream.version:
            self._held[stream.id] = stream, max(held_at, known_at)
            self._held.move_to_end(stream.id)
        if len(self._held) > self._size:
            self._held.popitem(last=False)
