"""The crowd: requests that are being answered at this moment. Whoever sends too many at once waits outside."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from okr_api.graphql.asked import Refusal
from okr_api.settings import Limits

SOON = {"Retry-After": "1"}


class Crowd:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_principal: Counter[UUID] = Counter()

    @contextmanager
    def joined(self, principal_id: UUID) -> Iterator[None]:
        """Raises Refusal."""
        if self._by_principal[principal_id] >= self._limits.max_requests_per_principal:
            message = f"At most {self._limits.max_requests_per_principal} of your requests are answered at a time."
            raise Refusal(429, message, "RATE_LIMITED", **SOON)
        if self._by_principal.total() >= self._limits.max_requests:
            raise Refusal(503, "Too many requests are waiting: nothing is done. Try again later.", "TRY_LATER", **SOON)
        self._by_principal[principal_id] += 1
        try:
            yield
        finally:
            self._by_principal[principal_id] -= 1
            if not self._by_principal[principal_id]:
                del self._by_principal[principal_id]
