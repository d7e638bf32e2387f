"""The cases: each is a function that breaks something on a stage, found in a module of cases/."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from faults.outcome import Outcome
from faults.stage import Stage
from okr_api.local.postgres import EmbeddedPostgres

Play = Callable[[Stage], Awaitable[None]]
CASES: dict[str, Play] = {}


class NotHere(Exception):
    """Why this machine cannot play a case."""


def case(name: str) -> Callable[[Play], Play]:
    def register(play: Play) -> Play:
        CASES[name] = play
        return play

    return register


def all_cases() -> dict[str, Play]:
    for module in sorted((Path(__file__).parent / "cases").glob("*.py")):
        import_module(f"faults.cases.{module.stem}")
    return CASES


async def played(name: str, seed: int, enough: int = 100) -> Outcome:
    """Play a case once, with so many commands before what breaks and after it.

    Raises NotHere, or AssertionError where the service does not come back.
    """
    with TemporaryDirectory(prefix="okr-") as folder, EmbeddedPostgres(Path(folder) / "data") as postgres:
        stage = Stage(Path(folder), postgres, seed, enough)
        await all_cases()[name](stage)
    assert stage.outcome is not None
    return stage.outcome
