"""Builds operations, once; nothing else constructs its parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from services.operations.deciding import Deciding
from services.operations.finding import Finding
from services.operations.following import Following
from services.operations.hearing import Hearing
from services.operations.keeping import NO_WAITING, Keeping
from services.operations.looking import Looking
from services.operations.once import Once
from services.operations.repairing import Repairing
from services.operations.settings import Settings
from services.operations.web import Parts, routes, site
from services.operations.web.answering import door_of
from shared.access import Access
from shared.clock import Clock, system_clock
from shared.database import connect_pool
from shared.lag import Broker
from shared.operator_log import OperatorLog
from shared.rpc import channel, serving
from shared.running import App, app
from shared.site.endings import Endings
from shared.site.sessions import Sessions


@asynccontextmanager
async def running(
    settings: Settings | None = None, clock: Clock = system_clock
) -> AsyncIterator[App]:
    """Run operations; it is ready when this yields, and stopped cleanly when left.

    What it looks after may be away: it is ready without.
    """
    settings = settings or Settings()
    async with app("operations") as opened:
        pool = await opened.database(settings)
        store = await connect_pool(settings.database, **NO_WAITING)
        opened.stack.push_async_callback(store.close)
        keeping = Keeping(store, clock, settings.telemetry_days, settings.telemetry_bytes_max)
        opened.background(keeping.run())
        channels = {}
        for name, address in {**settings.owners, "reporting": settings.peer_reporting}.items():
            channels[name] = channel(address, token_file=settings.token_file)
            opened.stack.push_async_callback(channels[name].close)
            opened.neighbours[name] = partial(serving, channels[name])
        finding = Finding(pool)
        following = Following(channels, settings.site_reporting, settings.public_address, finding)
        opened.stack.push_async_callback(following.close)
        access = Access(settings.tokens_file)
        owners = {name: channels[name] for name in settings.owners}
        broker = Broker(settings.nats("operations"))
        opened.background(broker.run())
        opened.neighbours["nats"] = broker.connected
        looking = Looking(settings.sites, broker, pool, system_clock)
        opened.background(looking.run())
        sessions = Sessions(settings.token_file.read_bytes(), clock, Endings(pool))
        parts = Parts(
            door=door_of(access, sessions),
            access=access,
            keeping=keeping,
            finding=finding,
            following=following,
            looking=looking,
            hearing=Hearing(broker, owners, access),
            repairing=Repairing(channels, list(owners)),
            deciding=Deciding(channels),
            once=Once(),
            operator_log=OperatorLog(settings.operator_log),
            now=clock,
            reports=settings.public_address,
            login_codes=settings.login_codes,
        )
        await opened.http(
            settings.http_listen,
            site(routes(parts)),
            settings.trusted_proxies,
            settings.allowed_hosts,
            quiet=("GET", "HEAD"),  # pages read themselves again, and would fill what they show
        )
        yield opened
