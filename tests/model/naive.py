"""The cascade as one would write it down on paper: dicts, whole walks, no events. Shares nothing with the service."""

from dataclasses import dataclass, field
from typing import Any

VIEWS = {
    "TIGHT": ("DELEGATES", "SUPPORTS"),
    "LOOSE": ("ALIGNS",),
    "MIXED": ("DELEGATES", "SUPPORTS", "ALIGNS"),
}
LEVELS = ("COMPANY", "DEPARTMENT", "TEAM")


@dataclass
class Objective:
    cycle: str
    owner: str
    title: str
    retired: bool = False
    serves: dict[str, tuple[bool, int]] = field(default_factory=dict)


@dataclass
class CheckIn:
    month: int
    value: int
    corrects: str | None = None
    corrected_by: str | None = None
    withdrawn: bool = False


@dataclass
class KR:
    """`targets`: the last one stands."""

    objective: str
    owner: str
    title: str
    metric: tuple[str, int | None]
    """Its kind, and where it starts; a milestone and what is maintained start nowhere."""
    targets: list[int | None]
    weight: int = 1
    retired: bool = False
    delegate: str | None = None
    retain: bool = False
    check_ins: dict[str, CheckIn] = field(default_factory=dict)


class Naive:
    """Everything in order of creation. Commands that were accepted are told to it."""

    def __init__(self, levels: dict[str, str], cycles: dict[str, str]) -> None:
        """The level of each owner; the approaches of the year and of the quarter in it."""
        self.levels, self.approaches = levels, cycles
        self.year, self.quarter = cycles
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

    def may_serve(self, low: Objective, target: str, link: str | None = None) -> bool:
        """Whether both are live in cycles that take changes and this link, the lower not above in cycle or level."""
        high = self.things[target]
        objective = self.things[high.objective] if isinstance(high, KR) else high
        stuck = self.closed and self.quarter in (low.cycle, objective.cycle)
        levels = LEVELS.index(self.levels[low.owner]) >= LEVELS.index(self.levels[high.owner])
        link = link or ("SUPPORTS" if isinstance(high, KR) else "ALIGNS")
        admitted = all(link in VIEWS[self.approaches[cycle]] for cycle in (low.cycle, objective.cycle))
        return self.live(target) and not stuck and admitted and levels and self.inside(low.cycle, objective.cycle)

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

    def correct(self, kr: str, old: str, new: str, value: int | None) -> None:
        """None withdraws it."""
        check_ins = self.things[kr].check_ins
        if value is None:
            check_ins[old].withdrawn = True
        else:
            check_ins[old].corrected_by = new
            check_ins[new] = CheckIn(check_ins[old].month, value, corrects=old)

    def carry_over(self, old: str, cycle: str, new: str, krs: dict[str, str]) -> None:
        if new in self.things:
            return
        was = self.things[old]
        self.things[new] = now = Objective(cycle, was.owner, was.title)
        for kr, copy in krs.items():
            old_kr = self.things[kr]
            self.things[copy] = KR(new, old_kr.owner, old_kr.title, old_kr.metric, old_kr.targets[-1:], old_kr.weight)
        for kind, target in self.links(old):
            if kind == "DELEGATES" and self.may_serve(now, target, kind):
                self.things[target].delegate = new
        now.serves = {target: how for target, how in was.serves.items() if self.may_serve(now, target)}
