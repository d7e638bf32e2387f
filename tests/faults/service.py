"""The real processes on a database of one's own: started, asked, killed and started again."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from okr_api.access.policy import Role
from okr_api.local.tokens import development_token

PATIENCE = 30.0


class Unanswered(Exception):
    """The process went away before it answered: whether the command was accepted is unknown."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Process:
    """One `okr` process, writing to a log file of its own."""

    command: str
    environment: dict[str, str]
    output: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        command = [sys.executable, "-m", "okr_api.cli", self.command]
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(command, env=self.environment, stdout=output, stderr=output)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=PATIENCE)


@dataclass
class Service:
    """API processes and a projector that share a database."""

    dsn: str
    folder: Path
    apis: list[Process] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    projector: Process = field(init=False)

    def start(self, apis: int) -> None:
        self.projector = self._process("projector")
        for _ in range(apis):
            port = free_port()
            self.ports.append(port)
            self.apis.append(self._process("api", OKR_PORT=str(port)))
        for number in range(apis):
            self.wait_until_alive(number)

    def _process(self, command: str, **settings: str) -> Process:
        path = os.pathsep.join(path for path in sys.path if path)
        environment = os.environ | {"DATABASE_URL": self.dsn, "OKR_ENVIRONMENT": "development", "PYTHONPATH": path}
        process = Process(command, environment | settings, self.folder / f"{command}.log")
        process.start()
        return process

    def client(self, api: int = 0) -> "Client":
        """Of an administrator."""
        token = development_token(self.dsn, Role.ADMIN, timedelta(hours=1))
        return Client(self.url(api), token)

    def url(self, api: int = 0) -> str:
        return f"http://127.0.0.1:{self.ports[api]}"

    def wait_until_alive(self, api: int = 0) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url(api)}/livez").status_code == 200:
                    return
            assert time.monotonic() < deadline, self.apis[api].output.read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        for process in (*self.apis, self.projector):
            if process.process.poll() is None:
                process.stop()

    def okr(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line on the same database."""
        command = [sys.executable, "-m", "okr_api.cli", *arguments]
        environment = self.projector.environment
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@contextmanager
def running(dsn: str, folder: Path, apis: int = 1) -> Iterator[Service]:
    service = Service(dsn, folder)
    try:
        service.start(apis)
        yield service
    finally:
        service.stop()


class Client:
    """One connection of a client."""

    def __init__(self, url: str, token: str) -> None:
        signed_in = {"Authorization": f"Bearer {token}"}
        self._http = httpx.AsyncClient(base_url=url, timeout=PATIENCE, headers=signed_in)

    async def ask(self, query: str, at_least: str | None = None, **variables: Any) -> dict[str, Any]:
        """The answer's data. Raises Unanswered, or AssertionError for an error in the answer."""
        headers = {"OKR-Min-Position": at_least} if at_least else {}
        try:
            response = await self._http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        except httpx.TransportError as error:
            raise Unanswered from error
        answer = response.json()
        if any(e["extensions"]["code"] in ("UNAVAILABLE", "TRY_LATER") for e in answer.get("errors", ())):
            raise Unanswered
        assert "errors" not in answer, answer["errors"]
        return answer["data"]  # type: ignore[no-any-return]

    async def close(self) -> None:
        await self._http.aclose()
