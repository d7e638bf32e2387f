"""The service as any client sees it: GraphQL over HTTP, asked again while asking again may help."""

import json
import time
from ipaddress import ip_address
from typing import Any, Self

import httpx

PATIENCE = 60.0
"""Seconds for which a service that is away is waited for."""
LATER = frozenset({"TRY_LATER", "RATE_LIMITED", "UNAVAILABLE", "TIMEOUT", "NOT_YET_READABLE"})


class ServiceFailed(Exception):
    """The service does not answer, or not as it should; in one line."""


class Service:
    """Asked by one after the other. Everything that it is told has a key, so it can be told again.

    `position`: the newest that an answer was of.
    """

    def __init__(self, url: str, token: str) -> None:
        given = httpx.URL(url)
        # No proxy of the environment knows this machine.
        self._http = httpx.Client(
            base_url=given,
            timeout=PATIENCE,
            trust_env=not local(given.host),
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/json",
                "Content-Type": "application/json",
            },
        )
        self.position = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, query: str, variables: dict[str, Any] | None = None, *, readable: bool = False) -> dict[str, Any]:
        """The data of an answer without errors that is at least as new as the last one. Raises ServiceFailed.

        `readable`: what a mutation wrote is waited for until its payload shows it.
        """
        body = json.dumps({"query": query, "variables": variables or {}})
        until, pause = time.monotonic() + PATIENCE, 0.1
        while True:
            try:
                answer = self._answer(body)
                if not (errors := answer.get("errors")) and not (readable and answer["extensions"].get("pending")):
                    self.position = max(self.position, int(answer["extensions"]["position"]))
                    data: dict[str, Any] = answer["data"]
                    return data
                told = errors[0]["message"] if errors else "what was written cannot be read yet"
                if errors and (code := errors[0].get("extensions", {}).get("code")) not in LATER:
                    raise ServiceFailed(f"{code}: {told}")
            except httpx.TransportError as error:
                told = f"{self._http.base_url} does not answer: {str(error) or type(error).__name__}"
                if isinstance(error, httpx.ConnectError) and not self.position:
                    raise ServiceFailed(told) from error  # it never did: most likely another address is meant
            if time.monotonic() > until:
                raise ServiceFailed(told)
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

    def _answer(self, body: str) -> dict[str, Any]:
        """Raises ServiceFailed or TransportError."""
        # Behind a balancer another process may answer than the one that was told.
        response = self._http.post("graphql", content=body, headers={"OKR-Min-Position": str(self.position)})
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not ("errors" in answer or "data" in answer):
            if response.status_code in (502, 503, 504):
                raise httpx.TransportError(f"HTTP status {response.status_code}")
            raise ServiceFailed(f"no such service at {response.url}: HTTP status {response.status_code}")
        return answer


def local(host: str) -> bool:
    """Whether it is this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
