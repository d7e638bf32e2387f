"""Benches: `python -m tests.bench NAME`. Each prints its progress and, as its last line, one JSON object.

OKR_BENCH_SECONDS lengthens each turn, OKR_BENCH_FULL=1 adds what takes long, and packages of Node are kept in
OKR_BENCH_CACHE.
"""

import signal
import sys
from importlib import import_module
from pathlib import Path

TESTS = Path(__file__).parents[1]
NAMES = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))


def main() -> None:
    name = "".join(sys.argv[1:])
    if name not in NAMES:
        sys.exit(f"usage: python -m tests.bench {'|'.join(NAMES)}")
    # Whoever ends a bench that takes too long ends the servers that it started too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    sys.path.insert(0, str(TESTS))
    with import_module("bench.measuring.awake").awake():
        import_module(f"bench.{name}").main()


main()
