"""A service whose projector and courier run in this process, so that a test can shorten their pauses."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from ipaddress import IPv4Network

import pytest

from api.serving import Api, Company, served
from projector.main import follow
from projector.webhooks import courier, endpoint
from projector.webhooks.courier import deliver

LOOPBACK = [IPv4Network("127.0.0.0/8")]


@contextmanager
def at_work(dsn: str, networks: list[IPv4Network]) -> Iterator[None]:
    """A projector and a courier in a thread of their own."""
    loop = asyncio.new_event_loop()

    async def both() -> None:
        await asyncio.gather(follow(dsn, batch_events=100), deliver(dsn, networks))  # type: ignore[arg-type]

    task = loop.create_task(both())

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def api(module_database: str) -> Iterator[Api]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(courier, "FIRST_PAUSE", timedelta(milliseconds=50))
        patch.setattr(courier, "GROWTH", 1)
        patch.setattr(endpoint, "ATTEMPT_SECONDS", 0.5)
        with (
            at_work(module_database, LOOPBACK),
            served(module_database, projector=False, OKR_REQUEST_TIMEOUT="3") as url,
        ):
            yield Api(url)


@pytest.fixture
def company(api: Api) -> Company:
    return Company(api)
