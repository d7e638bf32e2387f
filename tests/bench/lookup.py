"""One objective with its key results and the latest three check-ins of each, beside PostGraphile 4 and 5."""

import json

from bench.measuring.arena import arena
from bench.measuring.client import request
from bench.measuring.dataset import Organisation, objective_id
from bench.measuring.rounds import measured, ratios
from bench.measuring.sameness import require_same
from bench.tree import FRAGMENTS

LOOKUP = "one objective with its latest check-ins"
OBJECTIVES = 20
"""Different ones, asked for in turn."""
SHOWN = "value confidence note effectiveAt"


def query(kind: str, order: str, check_ins: str) -> str:
    return f"""query One($id: {kind}!) {{ objective(id: $id) {{
      ...O keyResults{order} {{ ...K {check_ins} }}
    }} }} {FRAGMENTS}"""


OURS = query("ID", "", f"checkIns(first: 3) {{ nodes {{ {SHOWN} }} }}")
THEIRS = query("UUID", "(orderBy: ORD_ASC)", f"checkIns(first: 3, orderBy: EFFECTIVE_AT_DESC) {{ {SHOWN} }}")


def main() -> None:
    organisation = Organisation(1)
    found: dict[str, float] = {}
    with arena(organisation) as (token, contenders):
        for contender in contenders:
            given = (OURS, token) if contender.name == "okr" else (THEIRS, None)
            contender.questions[LOOKUP] = questions(organisation, *given)
        require_same(contenders, LOOKUP)
        for writes, after in ((False, ""), (True, "_writes")):
            found |= ratios(measured(contenders, LOOKUP, writes=writes), after)
    print(json.dumps({"bench": "lookup", "ratios": found}))


def questions(organisation: Organisation, query: str, token: str | None) -> list[bytes]:
    leaves = organisation.leaves
    picked = leaves[:: len(leaves) // OBJECTIVES][:OBJECTIVES]
    return [request(query, {"id": str(objective_id(number))}, token) for number in picked]
