"""The crowd: requests and connections of this moment. Whoever comes with too many at once waits outside."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from okr_api.graphql.asked import Refusal
from okr_api.settings import Limits

SOON = {"Retry-After": "1"}


class Crowd:
    """`kind`: of what."""

    def __init__(self, kind: str, most: int, most_of_one: int) -> None:
        self._kind = kind
        self._most = most
        self._most_of_one = most_of_one
        self._by_principal: Counter[UUID] = Counter()

    @classmethod
    def of_requests(cls, limits: Limits) -> "Crowd":
        return cls("requests", limits.max_requests, limits.max_requests_per_principal)

    @classmethod
    def of_connections(cls, limits: Limits) -> "Crowd":
        """That stay open."""
        return cls("open connections", limits.max_connections, limits.max_connections_per_principal)

    @property
    def size(self) -> int:
        return self._by_principal.total()

    @contextmanager
    def joined(self, principal_id: UUID) -> Iterator[None]:
        """Raises Refusal."""
        if self._by_principal[principal_id] >= self._most_of_one:
            message = f"At most {self._most_of_one} of your {self._kind} are answered at a time."
            raise Refusal(429, message, "RATE_LIMITED", **SOON)
        if self.size >= self._most:
            message = f"Too many {self._kind} are waiting: nothing is done. Try again later."
            raise Refusal(503, message, "TRY_LATER", **SOON)
        self._by_principal[principal_id] += 1
        try:
            yield
        finally:
            self._by_principal[principal_id] -= 1
            if not self._by_principal[principal_id]:
                del self._by_principal[principal_id]
