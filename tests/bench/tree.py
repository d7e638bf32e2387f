"""The org-wide tree: 2,000 objectives and 8,000 key results on six levels, beside PostGraphile 4 and 5."""

import json
from typing import Any

from bench.measuring.arena import arena
from bench.measuring.client import request
from bench.measuring.dataset import CYCLE, LEVELS, Organisation
from bench.measuring.rounds import Contender, measured, ratios
from bench.measuring.sameness import plain, require_same

OF_OBJECTIVES = "title description commitment state visibility progress health"
OF_KEY_RESULTS = "title weight current confidence progress health dueOn"
FRAGMENTS = f"""
fragment O on Objective {{ id {OF_OBJECTIVES} }}
fragment K on KeyResult {{ id {OF_KEY_RESULTS} }}
"""
NESTED, CASCADE = "the tree, nested", "the tree as a flat list with parents"
OUR_CASCADE = f"""query Cascade($cycle: ID!, $most: Int!) {{ cascade(cycleId: $cycle, maxNodes: $most) {{ nodes {{
  itemId parentId item {{ ... on Objective {{ {OF_OBJECTIVES} }} ... on KeyResult {{ {OF_KEY_RESULTS} }} }}
}} }} }}"""
THEIR_LIST = f"""query Flat($cycle: UUID!) {{
  objectives: objectivesList(condition: {{ cycleId: $cycle }}, orderBy: ORD_ASC) {{ parentId ...O }}
  keyResults: keyResultsList(orderBy: ORD_ASC) {{ objectiveId ...K }}
}} {FRAGMENTS}"""


def below(order: str = "", levels: int = len(LEVELS)) -> str:
    """What is shown of an objective, and of everything that its key results became."""
    deeper = f" delegatedTo {{ {below(order, levels - 1)} }}" if levels > 1 else ""
    return f"...O keyResults{order} {{ ...K{deeper} }}"


def our_nested(roots: int) -> str:
    page = f"first: {roots}, where: {{ cycleId: $cycle, levels: [COMPANY] }}"
    return f"query Tree($cycle: ID!) {{ tree: objectives({page}) {{ nodes {{ {below()} }} }} }} {FRAGMENTS}"


def their_nested() -> str:
    picked = "condition: { cycleId: $cycle, level: COMPANY }, orderBy: ORD_ASC"
    shown = below("(orderBy: ORD_ASC)")
    return f"query Tree($cycle: UUID!) {{ tree: objectivesList({picked}) {{ {shown} }} }} {FRAGMENTS}"


def main() -> None:
    organisation = Organisation(1)
    with arena(organisation) as (token, contenders):
        for contender in contenders:
            contender.questions = ours(token, organisation) if contender.name == "okr" else theirs()
        found = compared(contenders)
    print(json.dumps({"bench": "tree", "ratios": found}))


def ours(token: str, organisation: Organisation) -> dict[str, list[bytes]]:
    most = {"most": organisation.size * 5}
    return {
        NESTED: [request(our_nested(len(organisation.levels[0])), {"cycle": str(CYCLE)}, token)],
        CASCADE: [request(OUR_CASCADE, {"cycle": str(CYCLE), **most}, token)],
    }


def theirs() -> dict[str, list[bytes]]:
    cycle = {"cycle": str(CYCLE)}
    return {NESTED: [request(their_nested(), cycle)], CASCADE: [request(THEIR_LIST, cycle)]}


def compared(contenders: list[Contender]) -> dict[str, float]:
    require_same(contenders, NESTED)
    require_same(contenders, CASCADE, by_id)
    found: dict[str, float] = {}
    for writes, after in ((False, ""), (True, "_writes")):
        for question, name in ((NESTED, ""), (CASCADE, "_cascade")):
            found |= ratios(measured(contenders, question, writes=writes), name + after)
    return found


def by_id(data: Any) -> Any:
    """Every node with the id of what it hangs from: one list of ours, two of theirs."""
    if "cascade" in data:
        nodes = data["cascade"]["nodes"]
        return {node["itemId"]: (node["parentId"], plain(node["item"] | {"id": node["itemId"]})) for node in nodes}
    found: dict[str, Any] = {}
    for name, above in (("objectives", "parentId"), ("keyResults", "objectiveId")):
        found |= {node["id"]: (node.pop(above), plain(node)) for node in data[name]}
    return found
