"""The command line, where the parts of the service are put together."""

import sys

import click

from okr_api.cli.auditing import export, redact, verify
from okr_api.cli.importing import import_
from okr_api.cli.maintaining import rebuild, token
from okr_api.cli.options import OneLine
from okr_api.cli.serving import api, migrate, prepare, projector, up
from okr_api.settings import CannotStart

__all__ = ["main", "prepare"]


@click.group(cls=OneLine)
def main() -> None:
    """OKRs as a cascade, over GraphQL.

    \b
    Everything on this machine, with demo data:
      okr up
    One service each, on a PostgreSQL of your own:
      export DATABASE_URL=postgresql://user@host/name OKR_ENVIRONMENT=development
      okr migrate
      okr projector & okr api
    """
    if sys.platform == "win32":
        raise CannotStart("Windows is not supported: use its Subsystem for Linux")


for command in (up, api, projector, migrate, rebuild, import_, export, redact, verify, token):
    main.add_command(command)
