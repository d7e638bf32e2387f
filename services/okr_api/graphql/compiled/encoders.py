"""Encoders: functions that turn a resolved value into what orjson takes."""

from collections.abc import Callable, Sequence
from types import CoroutineType
from typing import Any, NamedTuple

import orjson
from graphql import GraphQLObjectType

from okr_api.graphql.compiled.answer import Answer, Encode, Surprise, Waiting
from okr_api.graphql.compiled.kept import LARGEST
from okr_api.graphql.compiled.steady import Needs

DEFINITION = "strawberry-definition"
PER_FIELD = 150
"""Bytes of memory, about, of a value that is kept."""

Get = Callable[[Any], Any]


TOO_LARGE = object()
"""Instead of a text: it is put together from the texts below each time, and copied once."""


class Field(NamedTuple):
    """A selected field: its key in the answer, how to get its value, how to encode that, and what it follows from."""

    key: str
    get: Get
    encode: Encode
    needs: Needs | None


def whole(kind: GraphQLObjectType, fields: Sequence[Field]) -> Encode:
    expected = class_of(kind)

    def encode(value: Any, answer: Answer) -> Any:
        if type(value) is not expected and (value is None or kind.is_type_of):
            raise Surprise(f"{type(value).__name__} where {kind.name} is")
        return _filled({}, fields, value, answer)

    return encode


def partly_kept(encode: Encode, fields: Sequence[Field], selection: int) -> Encode:
    """Of a node of which some fields are steady: these are worked out once, each in its place among the others."""
    steady = [field for field in fields if field.needs is not None]
    others = [field for field in fields if field.needs is None]

    def encode_some(value: Any, answer: Answer) -> Any:
        if value is None:
            raise Surprise("null where an object is")
        shelf = answer.shelf(value.reading, value.node, selection)
        if shelf is None:
            return encode(value, answer)
        known = shelf.find(value.node)
        if known is not None:
            return _filled(known.copy(), others, value, answer)
        waits = answer.waits
        shown = _filled(dict.fromkeys(field.key for field in fields), steady, value, answer)
        if answer.waits == waits:
            shelf.keep(value.node, shown.copy(), PER_FIELD * len(shown))
            answer.kept_more = True
        return _filled(shown, others, value, answer)

    return encode_some


def _filled(shown: dict[str, Any], fields: Sequence[Field], value: Any, answer: Answer) -> dict[str, Any]:
    """A key keeps its place while its value is waited for."""
    for key, get, encode, _ in fields:
        found = get(value)
        if type(found) is CoroutineType:
            shown[key] = None
            answer.wait(Waiting(found, encode, shown, key))
        else:
            shown[key] = encode(found, answer)
    return shown


def kept(encode: Encode, selection: int) -> Encode:
    """Of a node, for a selection of which every field is steady."""

    def encode_once(value: Any, answer: Answer) -> Any:
        if value is None:
            raise Surprise("null where an object is")
        shelf = answer.shelf(value.reading, value.node, selection)
        text = None if shelf is None else shelf.find(value.node)
        if shelf is None or text is TOO_LARGE:
            return encode(value, answer)
        if text is None:
            waits = answer.waits
            shown = encode(value, answer)
            if answer.waits != waits:
                return shown
            text = orjson.dumps(shown)
            answer.kept_more = True
            is_large = len(text) > LARGEST
            shelf.keep(value.node, TOO_LARGE if is_large else text, 0 if is_large else len(text))
        return orjson.Fragment(text)

    return encode_once


def page_of_nodes(encode: Encode, selection: int) -> Encode:
    """Of a page whose rows are nodes, those whose text is kept without making anything of them. `encode`: of a list."""

    def encode_page(connection: Any, answer: Answer) -> Any:
        reading = connection.reading
        shelf = None if reading is None else answer.shelf_for(reading, selection)
        if shelf is None:
            return encode(connection.nodes(), answer)
        shown: list[Any] = []
        for node in connection.page.rows:
            text = shelf.find(node) if node.open or answer.sees_all else None
            shown += [orjson.Fragment(text)] if type(text) is bytes else encode([connection.show(node)], answer)
        return shown

    return encode_page


def nullable(encode: Encode) -> Encode:
    return lambda value, answer: None if value is None else encode(value, answer)


def each(encode: Encode) -> Encode:
    def encode_all(values: Any, answer: Answer) -> Any:
        if type(values) is not list and type(values) is not tuple:
            raise Surprise(f"{type(values).__name__} where a list is")
        return [encode(value, answer) for value in values]

    return encode_all


def always(value: Any) -> Get:
    return lambda _: value


def itself(value: Any) -> Any:
    return value


def as_it_is(value: Any, _: Answer) -> Any:
    return value


def class_of(kind: GraphQLObjectType) -> type:
    definition = kind.extensions[DEFINITION]
    origin: type = definition.origin
    return origin
