"""What a root field reads from: the request's own snapshot, or the cut that its asOf gives."""

from okr_api.graphql.context import Asking, Reading
from okr_api.graphql.inputs.as_of import AsOf


async def reading(info: Asking, as_of: AsOf | None) -> Reading:
    """The answer tells the position. Raises InFuture, NotYetReadable, and GraphQLError for too many cuts."""
    context = info.context
    found = context.reading if as_of is None else await context.read_as_of(as_of.place)
    context.cuts[str(info.path.key)] = found.snapshot.position
    return found
