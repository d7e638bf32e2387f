"""Faults: `python -m tests.faults --report` breaks what can break under load, and reports what was lost."""

import argparse
import os
import signal
import sys
from pathlib import Path
from random import randrange

TESTS = Path(__file__).parents[1]
EXAMPLES = """examples:
  python -m tests.faults --report
  python -m tests.faults --report --times 20 --case "API killed" --case "black hole"
  python -m tests.faults --report --case "cut at COMMIT" --seed 42
"""


def main() -> None:
    sys.path.insert(0, str(TESTS))
    from faults.case import all_cases
    from faults.report import report

    parser = argparse.ArgumentParser(
        prog="python -m tests.faults",
        description="Exit code 1: something was lost, doubled or read wrong, or a case did not come to its end.",
        epilog=f"{EXAMPLES}\ncases:\n" + "\n".join(f"  {name}" for name in all_cases()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--report", action="store_true", required=True, help="play the cases and report")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="how often each case is played")
    parser.add_argument(
        "--case", action="append", choices=all_cases(), metavar="NAME", help="only this one; repeatable"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of the load, else OKR_FAULTS_SEED, else a new one")
    given = parser.parse_args()
    # Whoever ends a report that takes too long ends the processes that it started too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    seed = given.seed if given.seed is not None else int(os.environ.get("OKR_FAULTS_SEED") or randrange(10**9))
    sys.exit(0 if report(given.case or list(all_cases()), given.times, seed) else 1)


main()
