"""The real processes on a database of one's own: started, asked, killed and started again."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

PATIENCE = 60.0


class Unanswered(Exception):
    """No answer came, or one that asks for patience: whether the command was accepted is unknown. `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Process:
    """One `okr` process, writing to a log file of its own."""

    command: Sequence[str]
    environment: dict[str, str]
    output: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        command = [sys.executable, "-m", "okr_api.cli", *self.command]
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(command, env=self.environment, stdout=output, stderr=output)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """SIGTERM, and kill -9 where that does not do."""
        self.resume()
        self.process.terminate()
        try:
            self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


@dataclass
class Service:
    """API processes and projectors that share a database; `settings` are those of all of them."""

    dsn: str
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    apis: list[Process] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    projectors: list[Process] = field(default_factory=list)

    def start(self, apis: int, projectors: int = 1) -> None:
        self.projectors = [self.process("projector", number=number) for number in range(projectors)]
        self.ports = [free_port() for _ in range(apis)]
        self.apis = [self.process("api", number=n, OKR_PORT=str(port)) for n, port in enumerate(self.ports)]
        for process in (*self.projectors, *self.apis):
            process.start()
        for number in range(apis):
            self.wait_until_alive(number)

    def process(self, *command: str, number: int = 0, **settings: str) -> Process:
        """Not started yet."""
        name = f"{command[0]}-{number}"
        # By its application name a process is known among the sessions of the database.
        return Process(command, self.environment() | settings | {"PGAPPNAME": name}, self.folder / f"{name}.log")

    def environment(self) -> dict[str, str]:
        path = [self.settings.get("PYTHONPATH", ""), *sys.path]
        given = {"DATABASE_URL": self.dsn, "OKR_ENVIRONMENT": "development"}
        return os.environ | given | self.settings | {"PYTHONPATH": os.pathsep.join(filter(None, path))}

    @property
    def projector(self) -> Process:
        return self.projectors[0]

    def client(self, api: int = 0) -> "Client":
        """Of an administrator."""
        return Client(self.url(api), self._token)

    @cached_property
    def _token(self) -> str:
        # Made by a process of its own, which may live by another clock.
        made = self.okr("token", "--role", "admin", "--minutes", "240", "--json")
        assert made.returncode == 0, made.stderr
        return str(json.loads(made.stdout)["token"])

    def url(self, api: int = 0) -> str:
        return f"http://127.0.0.1:{self.ports[api]}"

    def wait_until_alive(self, api: int = 0) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url(api)}/livez").status_code == 200:
                    return
            assert time.monotonic() < deadline, f"{self.url(api)} is not alive: {self._told()}"
            time.sleep(0.05)

    def _told(self) -> str:
        return "\n".join(path.read_text()[-2000:] for path in sorted(self.folder.glob("*.log")))

    def stop(self) -> None:
        for process in (*self.apis, *self.projectors):
            if process.process.poll() is None:
                process.stop()

    def okr(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line on the same database."""
        return self._run("-m", "okr_api.cli", *arguments)

    def python(self, script: str) -> str:
        """What a script prints that runs as these processes do."""
        return self._run("-c", script).stdout.strip()

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command, environment = [sys.executable, *arguments], self.environment()
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@contextmanager
def running(
    dsn: str, folder: Path, apis: int = 1, projectors: int = 1, settings: dict[str, str] | None = None
) -> Iterator[Service]:
    service = Service(dsn, folder, settings or {})
    try:
        service.start(apis, projectors)
        yield service
    finally:
        service.stop()


PATIENTLY = {"UNAVAILABLE", "TRY_LATER", "TIMEOUT", "RATE_LIMITED", "NOT_YET_READABLE", "INTERNAL"}


@dataclass(frozen=True)
class Answer:
    """`pending`: what was written cannot be read yet."""

    data: dict[str, Any]
    position: int
    pending: bool


class Client:
    """One connection of a client."""

    def __init__(self, url: str, token: str) -> None:
        signed_in = {"Authorization": f"Bearer {token}"}
        self._http = httpx.AsyncClient(base_url=url, timeout=PATIENCE, headers=signed_in)

    async def ask(self, query: str, at_least: str | None = None, **variables: Any) -> dict[str, Any]:
        """The answer's data. Raises Unanswered, or AssertionError for an error in the answer."""
        try:
            return (await self.answer(query, at_least, **variables)).data
        except Unanswered as unanswered:
            if unanswered.code == "INTERNAL":
                raise AssertionError(f"internal error for {query}") from unanswered
            raise

    async def answer(self, query: str, at_least: str | None = None, **variables: Any) -> Answer:
        """As `ask`, with what stands beside the data."""
        headers = {"OKR-Min-Position": at_least} if at_least else {}
        try:
            response = await self._http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        except httpx.TransportError as broken:
            raise Unanswered(type(broken).__name__) from broken
        answer = response.json()
        for error in answer.get("errors", ()):
            if error["extensions"]["code"] in PATIENTLY:
                raise Unanswered(error["extensions"]["code"])
        assert "errors" not in answer, answer["errors"]
        beside = answer["extensions"]
        return Answer(answer["data"], int(beside["position"]), beside.get("pending", False))

    async def close(self) -> None:
        await self._http.aclose()
