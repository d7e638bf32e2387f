"""The composition root of the API process: the log, the live snapshot and the schema behind HTTP routes."""

import asyncio
import gc
import math
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import uvicorn
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from okr_api.application import Application
from okr_api.cloudevents.http import CheckInDoor
from okr_api.console import pages
from okr_api.doors import authenticator, refuse_open
from okr_api.event_log.connections import Pool, impatient
from okr_api.event_log.log import PostgresLog
from okr_api.event_log.standing import Watch
from okr_api.event_log.webhook_secrets import webhooks_key
from okr_api.graphql import websockets
from okr_api.graphql.channels import Channels
from okr_api.graphql.context import Service
from okr_api.graphql.crowd import Crowd
from okr_api.graphql.http import GraphQLView
from okr_api.operations.heads import BoundedHeads
from okr_api.operations.health import ApiHealth
from okr_api.operations.metrics import collected
from okr_api.operations.probes import routes
from okr_api.operations.server import Server, Sockets, answering
from okr_api.operations.state import State
from okr_api.settings import Settings
from okr_api.snapshot.actors import Actors
from okr_api.snapshot.api_keys import find_api_key
from okr_api.snapshot.audit import AuditEvents
from okr_api.snapshot.check_ins import CheckIns
from okr_api.snapshot.commits import Commits
from okr_api.snapshot.deliveries import Deliveries
from okr_api.snapshot.facts import LiveFacts
from okr_api.snapshot.feed import Feed
from okr_api.snapshot.histories import Histories
from okr_api.snapshot.live import Live
from okr_api.snapshot.past import PastCuts
from okr_api.snapshot.steps import Steps
from okr_api.snapshot.targets import Targets
from okr_api.snapshot.whereabouts import Whereabouts

READERS = 4
"""Connections that read check-ins, targets and history; all else is read from memory."""
LOADERS = 2
"""Connections that load parts of past cuts."""
COLLECTED_AFTER = (20_000, 20, 50)
"""New objects, then collections of the young, then of the middle-aged."""
AWAY_SECONDS = 2.0
"""The database is away when it did not answer for longer: a cut or a restart is waited for."""
KEEP_ALIVE = 75
"""Seconds: longer than proxies keep a connection, or they would send a request on one that ends that moment."""


class App(Starlette):
    """GraphQL goes straight to its view, which answers for all its faults: the way there would cost a look-up half."""

    view = GraphQLView()

    def __init__(self, health: ApiHealth, **given: Any) -> None:
        super().__init__(**given)
        self.health = health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            send = answering(scope, send, self.health)
        if scope["type"] == "http" and scope["path"] == "/graphql":
            await (pages.graphiql if pages.wants_page(scope) else self.view)(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == "/graphql":
            await websockets.serve(WebSocket(scope, receive, send))
        else:
            await super().__call__(scope, receive, send)


def serve(settings: Settings, *, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C, and to the end of what goes on then. Raises CannotStart."""
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host,
        port,
        http=BoundedHeads,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # nothing here goes by the client's address
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=math.ceil(settings.request_timeout),
        ws=Sockets,
        ws_max_size=settings.max_body_bytes,
        ws_per_message_deflate=False,  # each message would be compressed again for each who gets it
    )
    # The server stops on these signals, and then raises them again for whoever handled them before.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    Server(config, app.health, settings).run()


def create_app(settings: Settings) -> App:
    """Raises CannotStart."""
    refuse_open(settings)
    health = ApiHealth()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        async with opened(settings) as service:
            known = await authenticator(settings, lambda key_id: find_api_key(service.live.snapshot, key_id))
            settle()
            async with Watch(settings.database_url, lambda: service.live.snapshot.position) as watch:
                health.begin(service.live, watch)
                yield {"service": service, "authenticator": known, "stopping": asyncio.Event()}

    doors = [*routes(health, in_words=False), Route("/v1/check-ins", CheckInDoor()), *pages.ROUTES]
    return App(health, routes=doors, lifespan=lifespan)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Service]:
    """All that requests use, for as long as the process serves."""
    dsn, seconds = impatient(settings.database_url), settings.request_timeout
    live = Live(dsn, leaving_seconds=seconds, most_bytes=settings.snapshot_bytes)

    def away() -> bool:
        return live.silence > AWAY_SECONDS

    dsn = bounded(dsn, seconds)
    pool = Pool(dsn, "check-ins", most=READERS, seconds=seconds, away=away)
    loaders = Pool(dsn, "past cuts", least=0, most=LOADERS, seconds=seconds, away=away)
    audit = AuditEvents(pool)
    feed = Feed(live, audit, pool)
    async with (
        PostgresLog(dsn, queue_limit=settings.append_queue_limit, away=away) as log,
        live,
        pool,
        loaders,
        feed,
    ):
        actors, whereabouts = Actors(pool), Whereabouts(pool)
        application = Application(log, partial(LiveFacts, live, actors, whereabouts))
        service = Service(
            application,
            live,
            CheckIns(pool),
            Targets(pool),
            actors,
            audit,
            Histories(pool),
            whereabouts,
            Commits(pool),
            PastCuts(loaders, settings.past_cuts_bytes),
            Steps(loaders),
            Deliveries(pool),
            await asyncio.to_thread(webhooks_key, settings.database_url),
            Channels(feed, settings.max_waiting_updates),
            Crowd.of_requests(settings),
            Crowd.of_connections(settings),
            settings.limits,
            settings.readable_timeout,
        )
        with collected(State(service, log.group_commit, (pool, loaders, log.pool))):
            yield service


def bounded(dsn: str, seconds: float) -> str:
    """The address with a limit on every statement: what a request gave up must not go on in the database.

    The snapshot is read without: loading it may take longer than any request does.
    """
    given = conninfo_to_dict(dsn)
    options = f"{given.get('options') or ''} -c statement_timeout={round(seconds * 1000)}"
    return make_conninfo(dsn, options=options.strip())


def settle() -> None:
    """What was loaded is never looked through for garbage again, and loops are looked for less often.

    A full collection would walk the schema and the snapshot while every request waits.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
