"""Everything on one machine: projector and API over one database, until Ctrl-C."""

import os
import sys
import time
from datetime import timedelta

import click

from okr_api.access.policy import Role
from okr_api.doors import refuse_open
from okr_api.event_log.migrations import is_empty
from okr_api.local.address import HOST, Address
from okr_api.local.database import Database
from okr_api.local.supervisor import Child, Supervisor
from okr_api.local.tokens import development_token
from okr_api.settings import read_settings

LASTS = timedelta(hours=8)
BANNER = """
The OKR cascade service is up.

  Look     {url}/#token={token}
           the cascade explorer, signed in; the page takes the token out of the address at once
  GraphQL  {url}/graphql
  Token    {token}
           an administrator's, for 8 hours; `okr token --help` tells how to get others
  Ask      curl -s {url}/graphql -H 'Authorization: Bearer {token}' \
             -H 'Content-Type: application/json' -d '{{"query": "{{ cycles {{ id name }} }}"}}'
  Data     {place}
  Stop     Ctrl-C
"""


def run(database: Database, address: Address, demo: bool) -> None:
    """Serve a migrated database until KeyboardInterrupt; with demo data, when asked for and nothing is recorded yet."""
    with Supervisor(_children(database.dsn, address.port), say):
        address.wait_until_alive()
        token = development_token(database.dsn, Role.ADMIN, LASTS)
        if demo and is_empty(database.dsn):
            _load_demo(address.url, token)
        click.echo(BANNER.format(url=address.url, token=token, place=database.place))
        while True:
            time.sleep(1)
            if database.embedded and database.embedded.revive():
                say("PostgreSQL ended: started it again")


def say(line: str) -> None:
    click.echo(f"okr: {line}", err=True)


def _children(dsn: str, port: int) -> list[Child]:
    given = {"DATABASE_URL": dsn, "OKR_HOST": HOST, "OKR_PORT": str(port), "OKR_ENVIRONMENT": "development"}
    given["OKR_DRAIN_SECONDS"] = "0"  # nothing stands before it that would have to notice
    environment = {"OKR_LOG_LEVEL": "warning", **os.environ, **given}
    # A wrong value is told here once, not by each child again and again.
    refuse_open(read_settings(database_url=dsn, host=HOST, port=port, environment="development"))
    # -P: a file of the folder that we happen to stand in must not pass for a module.
    start = [sys.executable, "-P", "-m", "okr_api.cli"]
    # The operations port can be opened by one of them.
    projector = {name: value for name, value in environment.items() if name != "OKR_OPERATIONS_PORT"}
    return [Child("projector", [*start, "projector"], projector), Child("api", [*start, "api"], environment)]


def _load_demo(url: str, token: str) -> None:
    try:
        from okr_api.local.demo import load

        load(url, token)
    # Whatever it is, the service is up all the same.
    except Exception as error:
        say(f"the demo data are not loaded: {' '.join(str(error).split()) or type(error).__name__}")
