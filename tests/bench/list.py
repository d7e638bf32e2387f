"""A page of 50 objectives by cycle and owner, with how many there are, beside PostGraphile 4 and 5."""

import json

from bench.measuring.arena import arena
from bench.measuring.client import request
from bench.measuring.dataset import CYCLE, Organisation
from bench.measuring.rounds import measured, ratios
from bench.measuring.sameness import require_same

PAGE = "a page of 50, by cycle and owner"
SHOWN = """nodes { id title description commitment state visibility progress health }
  totalCount pageInfo { hasNextPage }"""
OURS = f"""query Page($cycle: ID!, $owner: ID!) {{
  page: objectives(first: 50, where: {{ cycleId: $cycle, ownerIds: [$owner] }}) {{ {SHOWN} }}
}}"""
THEIRS = f"""query Page($cycle: UUID!, $owner: UUID!) {{
  page: objectives(first: 50, condition: {{ cycleId: $cycle, ownerId: $owner }}, orderBy: ORD_ASC) {{ {SHOWN} }}
}}"""


def main() -> None:
    organisation = Organisation(1)
    found: dict[str, float] = {}
    with arena(organisation) as (token, contenders):
        for contender in contenders:
            given = (OURS, token) if contender.name == "okr" else (THEIRS, None)
            contender.questions[PAGE] = questions(organisation, *given)
        require_same(contenders, PAGE)
        for writes, after in ((False, ""), (True, "_writes")):
            found |= ratios(measured(contenders, PAGE, writes=writes), after)
    print(json.dumps({"bench": "list", "ratios": found}))


def questions(organisation: Organisation, query: str, token: str | None) -> list[bytes]:
    """Each team's in turn."""
    return [request(query, {"cycle": str(CYCLE), "owner": str(owner)}, token) for owner in organisation.teams]
