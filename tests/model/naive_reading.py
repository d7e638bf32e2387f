"""What must be read of the naive cascade: numbers, trees and lists."""

from fractions import Fraction
from typing import Any

from model.naive import KR, VIEWS, CheckIn, Naive, Objective

Items = list[tuple[str, int]]
"""What a mean is of, with weights."""


class Reader(Naive):
    # ---- key results
    def reported(self, kr: str) -> list[tuple[str, CheckIn]]:
        """Latest effective first, then latest recorded."""
        latest_recorded_first = reversed(self.things[kr].check_ins.items())
        return sorted(latest_recorded_first, key=lambda found: -found[1].month)

    def current(self, kr: str) -> int | None:
        standing = (c for _, c in self.reported(kr) if not c.withdrawn and not c.corrected_by)
        return next((check_in.value for check_in in standing), None)

    def raw(self, kr: str) -> Fraction | None:
        (kind, start), value, target = self.things[kr].metric, self.current(kr), self.things[kr].targets[-1]
        if value is None:
            return None
        if kind == "MILESTONE":
            return Fraction(value)
        if kind == "MAINTAIN_AT_LEAST":
            return Fraction(value >= target)
        if kind == "MAINTAIN_AT_MOST":
            return Fraction(value <= target)
        return Fraction(value - start, target - start)

    def measured(self, kr: str) -> Fraction | None:
        raw = self.raw(kr)
        return None if raw is None else max(Fraction(0), min(Fraction(1), raw))

    def delegate_of(self, kr: str) -> str | None:
        return self.things[kr].delegate if self.live(self.things[kr].delegate) else None

    def cascaded(self, kr: str) -> Fraction | None:
        delegate = self.delegate_of(kr)
        return self.progress(delegate) if delegate else None

    def disposition(self, kr: str) -> str:
        return ("BOTH" if self.things[kr].retain else "DELEGATED") if self.delegate_of(kr) else "OWNED"

    def responsible(self, kr: str) -> str:
        owner: str = self.things[self.delegate_of(kr) or kr].owner
        return owner

    def overdue(self, kr: str) -> bool:
        """All was reported long ago, and what was never reported on is new."""
        open_ = self.open(self.things[kr].objective)
        return open_ and self.current(kr) is not None and self.disposition(kr) != "DELEGATED"

    # ---- progress
    def feeders(self, target: str) -> Items:
        """Objectives that contribute to it by alignment, except its delegate."""
        found = self.all(Objective).items()
        fed = [(i, o.serves[target][1]) for i, o in found if not o.retired and o.serves.get(target, (False,))[0]]
        return [item for item in fed if item[0] != getattr(self.things[target], "delegate", None)]

    def items(self, i: str) -> Items:
        if not self.live(i) or isinstance(self.things[i], KR):
            return self.feeders(i) if self.live(i) else []
        krs = self.krs(i)
        fed = {feeder for kr in krs for feeder, _ in self.feeders(kr)} | {self.delegate_of(kr) for kr in krs}
        return [(kr, self.things[kr].weight) for kr in krs] + [item for item in self.feeders(i) if item[0] not in fed]

    def counting(self, i: str) -> tuple[str, Fraction | None]:
        """Where its progress comes from, and the progress."""
        if isinstance(thing := self.things[i], KR):
            if (measured := self.measured(i)) is not None:
                return "MEASURED", measured
            delegate, cascaded = self.delegate_of(i), self.cascaded(i)
            if cascaded is not None and self.things[delegate or ""].cycle == self.things[thing.objective].cycle:
                return "DELEGATE", cascaded
        known = [(weight, self.progress(item)) for item, weight in self.items(i)]
        known = [(weight, progress) for weight, progress in known if weight and progress is not None]
        if not known:
            return "NONE", None
        return "SUPPORTERS", sum((w * p for w, p in known), Fraction(0)) / sum(w for w, _ in known)

    def progress(self, i: str) -> Fraction | None:
        return self.counting(i)[1]

    # ---- alignment
    def above(self, objective: str) -> list[str]:
        """The objectives that it serves, the strongest link first."""
        return [getattr(self.things[target], "objective", target) for _, target in self.links(objective)]

    def below_company(self, objective: str) -> bool:
        return self.levels[self.things[objective].owner] != "COMPANY"

    def unaligned(self, objective: str) -> bool:
        return (
            self.live(objective) and self.below_company(objective) and all(map(self.unaligned, self.above(objective)))
        )

    def depth(self, objective: str) -> int:
        return max([1 + self.depth(above) for above in self.above(objective)[:1]], default=0)

    def alignment(self, cycle: str) -> dict[str, Any]:
        live = [i for i, o in self.all(Objective).items() if not o.retired and self.inside(o.cycle, cycle)]
        krs = [kr for objective in live for kr in self.krs(objective)]
        below = sum(map(self.below_company, live))
        unaligned, depths = sum(map(self.unaligned, live)), [*map(self.depth, live)]
        return {
            "coverage": Fraction(below - unaligned, below) if below else None,
            "objectives": len(live),
            "unaligned": unaligned,
            "keyResults": len(krs),
            "delegated": sum(self.delegate_of(kr) is not None for kr in krs),
            "depthHistogram": [depths.count(depth) for depth in range(max(depths, default=-1) + 1)],
        }

    # ---- lists
    def objectives(self, where: dict[str, Any], field: str, direction: str) -> list[str]:
        """What has no progress comes last, in either direction."""
        tests: dict[str, Any] = {
            "cycleId": lambda i, wanted: self.things[i].cycle == wanted,
            "ownerIds": lambda i, wanted: self.things[i].owner in wanted,
            "levels": lambda i, wanted: self.levels[self.things[i].owner] in wanted,
            "states": lambda i, wanted: ("RETIRED" if self.things[i].retired else "ACTIVE") in wanted,
            "search": lambda i, wanted: plain(wanted) in plain(self.things[i].title),
            "unaligned": lambda i, wanted: self.unaligned(i) is wanted,
        }
        found = [i for i in self.all(Objective) if all(tests[name](i, wanted) for name, wanted in where.items())]
        if field == "TITLE":
            found.sort(key=lambda i: (self.things[i].title.casefold(), i))
        if field == "PROGRESS":
            found.sort(key=lambda i: (round((self.progress(i) or 0) * 10**6), i))
        if direction == "DESC":
            found.reverse()
        if field == "PROGRESS":
            found.sort(key=lambda i: self.progress(i) is None)
        return found

    def key_results(self, where: dict[str, Any]) -> list[str]:
        tests: dict[str, Any] = {
            "cycleId": lambda i, wanted: self.things[self.things[i].objective].cycle == wanted,
            "ownerIds": lambda i, wanted: self.things[i].owner in wanted,
            "dispositions": lambda i, wanted: self.disposition(i) in wanted,
            "search": lambda i, wanted: plain(wanted) in plain(self.things[i].title),
            "checkInOverdue": lambda i, wanted: self.overdue(i) is wanted,
        }
        live = filter(self.live, self.all(KR))
        return [i for i in live if all(tests[name](i, wanted) for name, wanted in where.items())]

    # ---- trees
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


def plain(text: str) -> str:
    """Without case, and without the one accent that is used."""
    return text.casefold().replace("ä", "a")
