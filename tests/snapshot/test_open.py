"""Who sees the same as others, and of which nodes: what is open is open with all that hangs from it."""

import random
from uuid import UUID

import pytest

from okr_api.access.policy import DEVELOPMENT, ActorKind, Principal, Role, Scope
from okr_api.domain.values import Visibility
from okr_api.snapshot.nodes import KeyResultNode, Node, ObjectiveNode
from okr_api.snapshot.sight import Sight
from okr_api.snapshot.snapshot import Snapshot
from snapshot.changing import Changing


def someone(*roles: Role, scope: Scope | None = None) -> Principal:
    kind = ActorKind.INTEGRATION if Role.INTEGRATION in roles else ActorKind.PERSON
    return Principal(UUID(int=1), kind, None, frozenset(roles), scope=scope)


@pytest.mark.parametrize(
    ("principal", "same_for"),
    [
        (DEVELOPMENT, "all"),
        (someone(Role.AUDITOR), "all"),
        (someone(Role.AUDITOR, Role.MEMBER), "all"),
        (someone(Role.MEMBER), "open"),
        (someone(Role.INTEGRATION, scope=Scope()), None),
        (someone(), None),
    ],
)
def test_viewers_of_a_class_see_the_same(principal: Principal, same_for: str | None) -> None:
    assert Sight(principal, Snapshot()).same_for == same_for


@pytest.mark.parametrize("_", range(5))
def test_what_is_open_is_seen_by_every_member_with_all_that_hangs_from_it(_: int) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    changing = Changing(random.Random(seed))
    changing.begin()
    for _ in range(40):
        snapshot = changing.step(2)
        sight = Sight(someone(Role.MEMBER), snapshot)
        for node in (*snapshot.objectives.values(), *snapshot.key_results.values()):
            below = everything(node)
            assert node.open is all(_public(snapshot, each) for each in below)
            assert not node.open or all(sight.sees(snapshot.objective_of(each)) for each in below)


def _public(snapshot: Snapshot, node: Node) -> bool:
    return snapshot.objective_of(node).row.visibility is Visibility.ORGANISATION


def everything(node: Node) -> list[Node]:
    if isinstance(node, KeyResultNode):
        return [node, *(each for hanging in node.below() for each in everything(hanging.objective))]
    assert isinstance(node, ObjectiveNode)
    below = [*node.key_results, *(hanging.objective for hanging in node.aligned)]
    return [node, *(each for part in below for each in everything(part))]
