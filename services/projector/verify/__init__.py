"""Verifying: whether what must always hold does hold, as far as one database shows it."""

import asyncio
from collections.abc import Callable, Iterable

from projector.batches import collect_rarely
from projector.connection import connect
from projector.rebuild import Progress
from projector.verify.chain import Head, check_chain
from projector.verify.facts import check_facts, scratch_facts
from projector.verify.finding import Finding
from projector.verify.log import check_log
from projector.verify.rules import check_rules

__all__ = ["Finding", "Head", "verify"]

FurtherCheck = Callable[[str], Iterable[Finding]]
"""A check that stands elsewhere, given the address of the database: invariant 4 belongs to who reads the facts."""


def verify(
    dsn: str, progress: Progress, further: Iterable[FurtherCheck] = (), kept: Head | None = None
) -> list[Finding]:
    """What does not hold of invariants 1, 2, 3, 5 and 6 and of the further checks; empty where all does.

    Without a head that was kept elsewhere this proves that the database agrees with itself, and no more: whoever can
    change the log can also make all else anew from it.

    Runs beside writers and a projector at work, and waits some seconds for one that lags. Changes nothing, but for a
    scratch schema that it drops.
    """
    collect_rarely()
    findings = asyncio.run(_verify(dsn, progress, kept))
    return findings + [finding for check in further for finding in check(dsn)]


async def _verify(dsn: str, progress: Progress, kept: Head | None) -> list[Finding]:
    async with await connect(dsn) as connection, scratch_facts(dsn) as scratch:
        findings = await check_log(connection, progress)
        findings += await check_facts(connection, scratch, progress)
        findings += await check_chain(connection, kept, progress)
        # On the scratch facts, which are the log's whatever happened to those that are read.
        return findings + await check_rules(scratch.connection)
