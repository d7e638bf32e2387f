"""Trees: the nodes of a cascade, encoded branch by branch; the text of a branch is kept while the branch lives.

A check-in makes the branches from its key result to the top again, so after it only their own places are encoded anew
and the texts of all other branches are put together with them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from okr_api.domain.values import Visibility
from okr_api.graphql.compiled.answer import Answer, Encode
from okr_api.graphql.compiled.kept import LARGEST
from okr_api.graphql.context import Reading
from okr_api.graphql.types.cascade import Cascade, CascadeNode
from okr_api.snapshot.nodes import KeyResultNode
from okr_api.snapshot.tree import Branch

DEEPEST = 200
"""Levels of a tree that is encoded by a function that calls itself."""


def branch_by_branch(encode: Encode, selection: int) -> Encode:
    """Of a cascade, its nodes. `encode` is of one node, of which every field is steady."""

    def nodes(cascade: Cascade, answer: Answer) -> Any:
        tree = cascade.tree
        if tree.branches is None or tree.height > DEEPEST:
            return [encode(node, answer) for node in cascade.nodes()]
        writing = _Writing(encode, selection, cascade.reading, answer)
        # Several nodes in one fragment, with commas between them: as items of a list they are copied once.
        return [orjson.Fragment(text) for top in tree.branches for text in writing.texts(top, parent_is_open=True)]

    return nodes


class Top(NamedTuple):
    """Of a branch that is not kept in one piece, the text of its own place."""

    text: bytes


@dataclass(frozen=True)
class _Writing:
    """One tree for one viewer."""

    encode: Encode
    selection: int
    reading: Reading
    answer: Answer

    def texts(self, branch: Branch, *, parent_is_open: bool) -> Iterator[bytes]:
        """Of the branch, in one piece or in several. A place tells its parent too, which may be hidden."""
        node = branch.place.node
        shelf = self.answer.shelf(self.reading, node, self.selection)
        if shelf is None or not (parent_is_open or self.answer.sees_all):
            yield self._own(branch)
            is_open = self.reading.snapshot.objective_of(node).row.visibility is Visibility.ORGANISATION
            for below in branch.below:
                yield from self.texts(below, parent_is_open=is_open)
            return
        known = shelf.find(branch)
        if type(known) is bytes:
            yield known
            return
        own = known.text if known else self._own(branch)
        pieces = [own, *(text for below in branch.below for text in self.texts(below, parent_is_open=True))]
        if known is None:
            self.answer.kept_more = True
            # A key result keeps its own text alone: with what hangs below it is part of its objective's.
            alone = isinstance(node, KeyResultNode) or sum(map(len, pieces)) > LARGEST
            text = own if alone else b",".join(pieces)
            shelf.keep(branch, Top(own) if alone else text, len(text))
        yield from pieces

    def _own(self, branch: Branch) -> bytes:
        return orjson.dumps(self.encode(CascadeNode(reading=self.reading, place=branch.place), self.answer))
