"""The cascade as one would write it down on paper: dicts, whole walks, no events. Shares nothing with the service."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

VIEWS = {
    "TIGHT": ("DELEGATES", "SUPPORTS"),
    "LOOSE": ("ALIGNS",),
    "MIXED": ("DELEGATES", "SUPPORTS", "ALIGNS"),
}


@dataclass
class Objective:
    cycle: str
    owner: str
    retired: bool = False
    serves: dict[str, tuple[bool, int]] = field(default_factory=dict)


@dataclass
class KR:
    """From 0 to `target`."""

    objective: str
    owner: str
    target: int
    weight: int = 1
    retired: bool = False
    delegate: str | None = None
    retain: bool = False
    check_ins: dict[str, tuple[int, int]] = field(default_factory=dict)
    """When it was true, and what."""


class Naive:
    """Everything in order of creation. Commands that were accepted are told to it; it says what must be read then."""

    def __init__(self, levels: dict[str, int], year: str, quarter: str) -> None:
        self.levels, self.year, self.quarter = levels, year, quarter
        self.closed = False
        self.things: dict[str, Any] = {}

    # ---- what there is
    def all(self, kind: type) -> dict[str, Any]:
        return {i: thing for i, thing in self.things.items() if isinstance(thing, kind)}

    def live(self, i: str | None) -> bool:
        thing = self.things.get(i or "")
        if isinstance(thing, KR) and not self.live(thing.objective):
            return False
        return thing is not None and not thing.retired

    def krs(self, objective: str) -> list[str]:
        return [i for i, kr in self.all(KR).items() if kr.objective == objective and not kr.retired]

    def open(self, objective: str) -> bool:
        return not (self.closed and self.things[objective].cycle == self.quarter)

    def inside(self, low: str, high: str) -> bool:
        return low == high or high == self.year

    def links(self, objective: str) -> list[tuple[str, str]]:
        """What it serves: kind and target, strongest first, then the oldest."""
        serves = self.things[objective].serves
        delegated = [("DELEGATES", i) for i, kr in self.all(KR).items() if kr.delegate == objective]
        supports = [("SUPPORTS", i) for i in serves if isinstance(self.things[i], KR)]
        aligns = [("ALIGNS", i) for i in serves if isinstance(self.things[i], Objective)]
        return [link for link in delegated + supports + aligns if self.live(link[1])]

    def hanging(self, targets: set[str]) -> list[str]:
        """Live objectives below, whether or not what they hang from is live."""
        below = {self.things[i].delegate for i in targets if isinstance(self.things[i], KR)}
        live = {i: o for i, o in self.all(Objective).items() if not o.retired}
        return [i for i, o in live.items() if i in below or targets & set(o.serves)]

    def may_serve(self, low: Objective, target: str) -> bool:
        """Whether both are live in cycles that take changes, and the lower is not above in cycle or level."""
        high = self.things[target]
        objective = self.things[high.objective] if isinstance(high, KR) else high
        stuck = self.closed and self.quarter in (low.cycle, objective.cycle)
        levels = self.levels[low.owner] >= self.levels[high.owner]
        return self.live(target) and not stuck and levels and self.inside(low.cycle, objective.cycle)

    # ---- what is done
    def delegate(self, kr: str, to: str, retain: bool) -> None:
        for other in self.all(KR).values():
            if other.delegate == to:
                other.delegate = None
        self.things[to].serves.pop(kr, None)
        self.things[kr].delegate, self.things[kr].retain = to, retain

    def undelegate(self, kr: str, policy: str | None) -> None:
        child = self.things[kr].delegate
        self.things[kr].delegate = None
        if self.live(child):
            self.settle([child], {kr}, [self.things[kr].objective, kr], policy)

    def retire_objective(self, objective: str, policy: str | None) -> None:
        instead = self.instead(objective)
        self.things[objective].retired = True
        ends = {objective, *self.krs(objective)}
        self.settle(self.hanging(ends), ends, instead, policy)

    def retire_kr(self, kr: str, policy: str | None) -> None:
        self.things[kr].retired = True
        objective = self.things[kr].objective
        self.settle(self.hanging({kr}), {kr}, [objective, *self.instead(objective)], policy)

    def instead(self, objective: str) -> list[str]:
        found = []
        for kind, target in self.links(objective):
            found += [target] if kind == "ALIGNS" else [target, self.things[target].objective]
        return found

    def settle(self, children: list[str], ends: set[str], instead: list[str], policy: str | None) -> None:
        for i in filter(self.open, children):
            child = self.things[i]
            if policy == "RETIRE":
                self.retire_branch(i)
            if policy == "REALIGN":
                cut = [child.serves.pop(end) for end in list(child.serves) if end in ends]
                fits = [t for t in instead if t not in child.serves and self.may_serve(child, t)]
                fits = [t for t in fits if getattr(self.things[t], "delegate", None) != i]
                child.serves |= {t: (cut or [(True, 1)])[0] for t in fits[:1]}

    def retire_branch(self, objective: str) -> None:
        if self.open(objective) and self.live(objective):
            self.things[objective].retired = True
            for child in self.hanging({objective, *self.krs(objective)}):
                self.retire_branch(child)

    def carry_over(self, old: str, cycle: str, new: str, krs: dict[str, str]) -> None:
        if new in self.things:
            return
        was = self.things[old]
        self.things[new] = now = Objective(cycle, was.owner)
        for kr, copy in krs.items():
            old_kr = self.things[kr]
            self.things[copy] = KR(new, old_kr.owner, old_kr.target, old_kr.weight)
        for kind, target in self.links(old):
            if kind == "DELEGATES" and self.may_serve(now, target):
                self.things[target].delegate = new
        now.serves = {target: how for target, how in was.serves.items() if self.may_serve(now, target)}

    # ---- what must be read then
    def current(self, kr: str) -> int | None:
        latest = max(enumerate(self.things[kr].check_ins.values()), key=lambda c: (c[1][0], c[0]), default=None)
        return latest[1][1] if latest else None

    def delegate_of(self, kr: str) -> str | None:
        return self.things[kr].delegate if self.live(self.things[kr].delegate) else None

    def feeders(self, target: str) -> list[tuple[str, int]]:
        """Objectives that contribute to it by alignment, except its delegate, with their weights."""
        found = self.all(Objective).items()
        fed = [(i, o.serves[target][1]) for i, o in found if not o.retired and o.serves.get(target, (False,))[0]]
        return [item for item in fed if item[0] != getattr(self.things[target], "delegate", None)]

    def progress(self, i: str) -> Fraction | None:
        thing = self.things[i]
        if isinstance(thing, Objective):
            krs = self.krs(i)
            fed = {feeder for kr in krs for feeder, _ in self.feeders(kr)} | {self.delegate_of(kr) for kr in krs}
            aligned = [(feeder, weight) for feeder, weight in self.feeders(i) if feeder not in fed]
            return self.mean([(kr, self.things[kr].weight) for kr in krs] + aligned)
        value, delegate = self.current(i), self.delegate_of(i)
        if value is not None:
            return max(Fraction(0), min(Fraction(1), Fraction(value, thing.target)))
        if delegate and self.things[delegate].cycle == self.things[thing.objective].cycle:
            cascaded = self.progress(delegate)
            if cascaded is not None:
                return cascaded
        return self.mean(self.feeders(i))

    def mean(self, items: list[tuple[str, int]]) -> Fraction | None:
        known = [(weight, self.progress(i)) for i, weight in items]
        known = [(weight, progress) for weight, progress in known if weight and progress is not None]
        return sum((w * p for w, p in known), Fraction(0)) / sum(w for w, _ in known) if known else None

    def tree(self, cycle: str, view: str) -> tuple[list[Any], set[Any]]:
        """Lines of item, parent, link, depth and whether it is context; and all links."""
        members = {i for i, o in self.all(Objective).items() if not o.retired and self.inside(o.cycle, cycle)}
        members |= {kr for objective in members for kr in self.krs(objective)}
        shown, before = set(members), set()
        while before != shown:
            before = set(shown)
            for objective in before & set(self.all(Objective)):
                served = [target for kind, target in self.links(objective) if kind in VIEWS[view]]
                shown |= {*served, *(self.things[i].objective for i in served if isinstance(self.things[i], KR))}
        up: dict[str, list[tuple[str, str]]] = {i: [] for i in self.things if i in shown}
        for i in up:
            thing = self.things[i]
            links = [("CONTAINS", thing.objective)] if isinstance(thing, KR) else self.links(i)
            up[i] = [(kind, above) for kind, above in links if kind in ("CONTAINS", *VIEWS[view])]
        lines: list[Any] = []

        def hang(parent: str | None, depth: int) -> None:
            for i, links in up.items():
                kind, above = links[0] if links else (None, None)
                if above == parent:
                    lines.append((i, parent, kind, depth, i not in members))
                    hang(i, depth + 1)

        hang(None, 0)
        return lines, {(above, i, kind) for i, links in up.items() for kind, above in links}
