"""Behind: facts that do not hold yet what was read of them before, as a standby's for a moment when it is promoted.

Read at a position that they do not hold, they would leave out what happened, and nobody would see that it is missing.
"""

from typing import Any
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection, OperationalError
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

POSITION = SQL("SELECT position FROM {schema}.projected")

_held: WeakKeyDictionary[AsyncConnection[Any], tuple[str, int]] = WeakKeyDictionary()
"""How far the facts were that a connection was asked about last: on one server they never go back."""


class FactsBehind(OperationalError):
    """They catch up with the log by themselves."""


async def require_position(connection: AsyncConnection[Any], schema: str, position: int) -> None:
    """Raises FactsBehind."""
    known, held = _held.get(connection, ("", 0))
    if known == schema and held >= position:
        return
    cursor = connection.cursor(row_factory=tuple_row)
    row = await (await cursor.execute(POSITION.format(schema=Identifier(schema)))).fetchone()
    if row is None or row[0] < position:
        raise FactsBehind(f"{schema} does not hold position {position} yet")
    _held[connection] = schema, row[0]
