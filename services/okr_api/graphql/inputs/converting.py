"""Converting: coerced values into input objects, by what is worked out once for each type.

Strawberry works out the names and types of all fields at every value, a quarter of what a batch of check-ins took.
`from_input` is its hook for types that are made another way.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any

from strawberry import UNSET
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import (
    StrawberryList,
    StrawberryObjectDefinition,
    StrawberryOptional,
    get_object_definition,
)

Convert = Callable[[Any], Any]


def converted_by_plan(definition: StrawberryObjectDefinition, config: StrawberryConfig) -> None:
    """From here on, values of an input type are made by its plan."""
    absent = {
        field.python_name: None
        for field in definition.fields
        if field.default_value is MISSING and field.default_factory is MISSING
    }
    fields = [
        (config.name_converter.from_field(field), field.python_name, _conversion(field.type))
        for field in definition.fields
    ]

    def made(origin: type, value: Mapping[str, Any], _: Any = None) -> Any:
        given: dict[str, Any] = absent.copy()
        for name, python_name, convert in fields:
            if name in value:
                found = value[name]
                given[python_name] = found if convert is None or found is None or found is UNSET else convert(found)
        return origin(**given)

    definition.from_input = made


def _conversion(kind: Any) -> Convert | None:
    """None for what graphql-core has made already: scalars and members of enumerations."""
    if isinstance(kind, StrawberryOptional):
        return _conversion(kind.of_type)
    if isinstance(kind, StrawberryList):
        each = _conversion(kind.of_type)
        return list if each is None else lambda values: [None if value is None else each(value) for value in values]
    if definition := get_object_definition(kind):
        return lambda value: definition.from_input(kind, value, None)  # type: ignore[misc, arg-type]
    return None
