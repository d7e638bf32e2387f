"""The report: the cases played so many times, a table for people and an object for programs."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import median
from typing import Any

from faults.case import NotHere, played
from faults.outcome import Outcome

HEAD = "| case | times | acknowledged | lost | duplicated | wrong reads | recovery p50 s | max s |"
RULE = "|---|--:|--:|--:|--:|--:|--:|--:|"


@dataclass
class Row:
    """What all plays of a case came to."""

    case: str
    outcomes: list[Outcome] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    skipped: str | None = None

    @property
    def clean(self) -> bool:
        return not self.failures and all(outcome.clean for outcome in self.outcomes)

    def figures(self) -> dict[str, Any]:
        recoveries = [seconds for outcome in self.outcomes for seconds in outcome.recoveries]
        return {
            "case": self.case,
            "times": len(self.outcomes),
            "acknowledged": sum(outcome.acknowledged for outcome in self.outcomes),
            "lost": sum(len(outcome.lost) for outcome in self.outcomes),
            "duplicated": sum(len(outcome.doubled) + len(outcome.unsent) for outcome in self.outcomes),
            "wrong_reads": sum(len(outcome.wrong) for outcome in self.outcomes),
            "recovery_p50_s": round(median(recoveries), 2) if recoveries else None,
            "recovery_max_s": round(max(recoveries), 2) if recoveries else None,
        }

    def line(self) -> str:
        if self.skipped:
            return f"| {self.case} | not here: {self.skipped} |  |  |  |  |  |  |"
        return "| " + " | ".join("" if value is None else str(value) for value in self.figures().values()) + " |"


def report(cases: Sequence[str], times: int, seed: int) -> bool:
    """Play the cases and print what came of them; whether nothing was lost, doubled or read wrong."""
    rows = [_row(case, times, Random(f"{seed} {case}"), seed) for case in cases]
    print("\n".join(["", HEAD, RULE, *(row.line() for row in rows)]), flush=True)
    clean = all(row.clean for row in rows)
    figures = [
        {**row.figures(), "failures": row.failures, **({"skipped": row.skipped} if row.skipped else {})} for row in rows
    ]
    print(json.dumps({"seed": seed, "clean": clean, "cases": figures}))
    return clean


def _row(case: str, times: int, random: Random, seed: int) -> Row:
    row = Row(case)
    for time in range(times):
        # The first play is that of OKR_FAULTS_SEED in pytest.
        load_seed = seed if time == 0 else random.randrange(10**9)
        try:
            outcome = asyncio.run(played(case, load_seed))
        except NotHere as reason:
            row.skipped = str(reason)
            print(f"{case}: not here: {reason}", flush=True)
            break
        # One case that fails does not hide what the others come to.
        except Exception as error:
            row.failures.append(f"seed {load_seed}: {type(error).__name__}: {error}")
            print(f"{case}: FAILED, {row.failures[-1]}", flush=True)
            continue
        row.outcomes.append(outcome)
        print(f"{case}: {_told(outcome)}, seed {load_seed}", flush=True)
    return row


def _told(outcome: Outcome) -> str:
    told = (
        f"{outcome.acknowledged} acknowledged, {outcome.reads} reads, repeated after {outcome.unanswered or 'nothing'}"
    )
    if outcome.clean:
        return told
    return f"WRONG: {outcome.lost=} {outcome.doubled=} {outcome.unsent=} {outcome.wrong=} {outcome.findings=}"
