"""The service as its clients see it: real processes on a free port, asked over HTTP."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import cache
from typing import IO, Any, Self
from uuid import uuid4

import httpx

from okr_api.access.development import new_token
from okr_api.access.policy import Role
from okr_api.local.tokens import development_key

PATIENCE = 30.0
INPUTS = {
    "recordCheckIn": "CheckIn",
    "restoreObjective": "Restore",
    "restoreKR": "Restore",
    **dict.fromkeys(("openCycle", "beginClosingCycle", "closeCycle", "reopenCycle"), "CycleTransition"),
}
"""Of mutations whose input is not named after them."""
GRAPHQL = "application/graphql-response+json"
DATABASES: dict[str, str] = {}
"""The database behind each URL: its key is what signs tokens."""


def token(url: str, role: str = "admin", login: str | None = None) -> str:
    """What signs somebody in at a service in development."""
    return new_token(_key(DATABASES[url]), Role(role), timedelta(hours=1), login)


_key = cache(development_key)


class Api:
    """A client of somebody who is signed in: an administrator, unless said otherwise."""

    def __init__(self, url: str, role: str = "admin", login: str | None = None, key: str | None = None) -> None:
        self.url = url
        headers = {"Accept": GRAPHQL, "Authorization": f"Bearer {key or token(url, role, login)}"}
        self.http = httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False, headers=headers)

    def as_(self, role: str, login: str | None = None) -> Self:
        """Somebody else at the same service."""
        return type(self)(self.url, role, login)

    def with_key(self, key: str) -> Self:
        """An integration at the same service."""
        return type(self)(self.url, key=key)

    def post(self, query: str, variables: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post("/graphql", json={"query": query, "variables": variables}, headers=named)

    def answer(self, query: str, variables: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """The whole answer of a request that was executed."""
        response = self.post(query, variables, **headers)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of an answer without errors."""
        answer = self.answer(query, variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def do(self, name: str, shown: str, /, **given: Any) -> Any:
        """The payload of a mutation."""
        query = (
            f"mutation($input: {INPUTS.get(name, name[0].upper() + name[1:])}Input!) {{ {name}(input: $input) "
            f"{{ {shown} position userErrors {{ __typename code message path params }} }} }}"
        )
        return self.ask(query, input=given)[name]

    def made(self, name: str, entity: str, shown: str = "id", /, **given: Any) -> Any:
        """What an accepted mutation made or changed."""
        payload = self.do(name, f"{entity} {{ {shown} }}", **given)
        assert payload["userErrors"] == []
        return payload[entity]

    def refused(self, name: str, /, **given: Any) -> list[str]:
        """What a mutation that is refused tells: each code with its path below the input. Nothing is written."""
        payload = self.do(name, "__typename", **given)
        assert payload["position"] is None
        return [f"{e['code']} {'.'.join((e['path'] or [])[1:])}".strip() for e in payload["userErrors"]]

    def position(self) -> int:
        return int(self.answer("{ __typename }")["extensions"]["position"])


class Company:
    """An organisation of its own on a service that others use too."""

    def __init__(self, api: Api, approach: str = "MIXED") -> None:
        self.api = api
        self.name = uuid4().hex[:8]
        self.ceo = api.made("registerOwner", "owner", name=f"CEO {self.name}", level="COMPANY")["id"]
        self.ana = api.made("registerOwner", "owner", name=f"Ana {self.name}", level="INDIVIDUAL", parentId=self.ceo)[
            "id"
        ]
        self.cycle = self.open_cycle(approach)

    def open_cycle(self, approach: str = "MIXED") -> str:
        dates = {"startsOn": "2026-01-01", "endsOn": "2026-12-31"}
        cycle: str = self.api.made("createCycle", "cycle", name=self.name, approach=approach, **dates)["id"]
        self.api.made("openCycle", "cycle", id=cycle)
        return cycle

    def objective(self, title: str = "Grow", **given: Any) -> dict[str, Any]:
        """With one key result, unless said otherwise."""
        krs = [{"title": "Revenue", "metric": {"kind": "INCREASE", "start": "0", "target": "10"}}]
        wanted = {"cycleId": self.cycle, "ownerId": self.ceo, "title": title, "keyResults": krs} | given
        made: dict[str, Any] = self.api.made("createObjective", "objective", "id version keyResults { id }", **wanted)
        return made

    def key_result(self) -> str:
        kr: str = self.objective()["keyResults"][0]["id"]
        return kr


@contextmanager
def served(dsn: str, *, projector: bool = True, log: IO[bytes] | None = None, **settings: str) -> Iterator[str]:
    """The URL of an API process on that database, with a projector unless said otherwise; `log`: what it writes."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with ExitStack() as processes:
        if projector:
            processes.enter_context(process("projector", dsn))
        processes.enter_context(process("api", dsn, log, OKR_PORT=str(port), **settings))
        url = f"http://127.0.0.1:{port}"
        DATABASES[url] = dsn
        wait_until_alive(url)
        yield url


@contextmanager
def process(command: str, dsn: str, log: IO[bytes] | None = None, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OKR_")}
    environment = {"DATABASE_URL": dsn, "OKR_ENVIRONMENT": "development", "OKR_LOG_LEVEL": "warning", **settings}
    arguments = [sys.executable, "-m", "okr_api.cli", command]
    with subprocess.Popen(arguments, env=inherited | environment, stdout=log, stderr=log) as running:
        try:
            yield running
        finally:
            running.terminate()
            running.wait(PATIENCE)


def wait_until_alive(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            assert httpx.get(f"{url}/livez", trust_env=False).status_code == 200
            return
        except httpx.TransportError:
            assert time.monotonic() < deadline, "the API does not start"
            time.sleep(0.02)
