"""Recording: pages of metrics read again and again while something is broken, as a test of rules reads them.

Time is stretched, values are not. A scrape every quarter of a second stands for one every 15 seconds, so that what took
five seconds takes five minutes for the rules. The last scrape of a fault is repeated for ten minutes: that is what the
pages would go on to say at least while nobody mends it. Of a process that does not answer the series are stale, as for
Prometheus.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
from prometheus_client.samples import Sample

from operations.pages import PATIENCE, page

EVERY = 0.25
STANDS_FOR = 15
"""Seconds."""
HELD = 40
"""Scrapes."""
STALE = "stale"
FOLLOWS = "OkrSlowRequests"
"""Of most faults, once they last for long enough."""
LONGEST = 60.0

Scrape = Mapping[str, list[Sample]]
"""The samples of each process that answered, by its name."""


class Recorder:
    """Reads the pages at these ports in a thread of its own, for as long as the context lasts."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = ports
        self.scrapes: list[Scrape] = []
        self._scraped = threading.Condition()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._record)

    def __enter__(self) -> "Recorder":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _record(self) -> None:
        while not self._ended.is_set():
            began = time.monotonic()
            found = {name: read for name, port in self._ports.items() if (read := _read(port)) is not None}
            with self._scraped:
                self.scrapes.append(found)
                self._scraped.notify_all()
            self._ended.wait(max(0.0, EVERY - (time.monotonic() - began)))

    def until(self, seen: Callable[[list[Sample]], object]) -> int:
        """Wait for a scrape that shows it, of all that answered; how many there are by then."""
        with self._scraped:
            after = len(self.scrapes)

            def shows() -> bool:
                return len(self.scrapes) > after and bool(seen(together(self.scrapes[-1])))

            assert self._scraped.wait_for(shows, LONGEST), together(self.scrapes[-1])
            return len(self.scrapes)

    def more(self, scrapes: int) -> int:
        """Wait for so many more."""
        with self._scraped:
            wanted = len(self.scrapes) + scrapes
            assert self._scraped.wait_for(lambda: len(self.scrapes) >= wanted, LONGEST)
            return len(self.scrapes)


def together(scrape: Scrape) -> list[Sample]:
    return [sample for samples in scrape.values() for sample in samples]


def _read(port: int) -> list[Sample] | None:
    try:
        return page(port, PATIENCE)
    except httpx.HTTPError:
        return None


def rule_test(name: str, scrapes: Sequence[Scrape], metrics: set[str], firing: set[str]) -> dict[str, Any]:
    """A test for promtool: with these scrapes these alerts fire at some time, and no others."""
    series: dict[str, list[str]] = {}
    for number, scrape in enumerate(scrapes):
        for process, samples in scrape.items():
            for sample in samples:
                if sample.name in metrics:
                    told = series.setdefault(_name(process, sample), [STALE] * len(scrapes))
                    told[number] = repr(sample.value)
    held = HELD if firing else 0  # what is under way when all is well would look as if it stood still
    told_on = [{"series": name, "values": " ".join([*told, *_held(told[-1], held)])} for name, told in series.items()]
    seconds = (len(scrapes) + held) * STANDS_FOR
    fired = f'count by (alertname) (max_over_time(ALERTS{{alertstate="firing", alertname!="{FOLLOWS}"}}[1h]))'
    expected = [{"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in sorted(firing)]
    return {
        "name": name,
        "interval": f"{STANDS_FOR}s",
        "input_series": told_on,
        "promql_expr_test": [{"expr": fired, "eval_time": f"{seconds}s", "exp_samples": expected}],
    }


def _name(process: str, sample: Sample) -> str:
    labels = {**sample.labels, "instance": process, "job": process.rpartition("-")[0], "namespace": "okr"}
    return f"{sample.name}{{{', '.join(f'{label}={json.dumps(text)}' for label, text in labels.items())}}}"


def _held(last: str, scrapes: int) -> list[str]:
    return [] if not scrapes else [f"_x{scrapes}" if last == STALE else f"{last}x{scrapes - 1}"]
