"""The start of a process: a service, or one of its errands.

Nothing is loaded but what is asked for, so that migrating, which every start of the system waits
for, takes half the time.
"""

import asyncio
import logging
import sys
import zoneinfo
from collections.abc import Mapping, Sequence
from pathlib import Path
from pkgutil import resolve_name
from types import MappingProxyType

import uvloop

from shared.database import migrate_all
from shared.errors import TandemError
from shared.resident import collect_less
from shared.settings import DatabaseSettings
from shared.telemetry import leaving

logger = logging.getLogger(__name__)


def main(
    name: str,
    migrations: Sequence[Path] = (),
    errands: Mapping[str, str] = MappingProxyType({}),
    apart: Mapping[str, Sequence[Path]] = MappingProxyType({}),
) -> None:
    """Run a service until it is told to stop, or an errand of it when asked for one.

    Args:
        name: the service, which `running` in its `app` opens.
        migrations: directories of SQL, which run when asked to `migrate`.
        errands: what else it can be asked for by name, each as "module:function"; the function gets
            the words behind that name.
        apart: directories of SQL for schemas of their own, which no rebuild replaces.

    Exits with 0 after SIGINT or SIGTERM, with 1 when a part or an errand failed.
    """
    # The time zones named in a report's provenance are those it was counted with.
    zoneinfo.reset_tzpath(to=())
    leaving.start(name)
    asked, *words = sys.argv[1:] or [""]
    if asked == "migrate":
        ran = asyncio.run(migrate_all(DatabaseSettings().database, name, migrations, apart))
        logger.info("migrated", extra={"count": len(ran)})
    elif asked in errands:
        _do(asked, errands[asked], words)
    else:
        _serve(name)


def _do(errand: str, where: str, words: Sequence[str]) -> None:
    does = resolve_name(where)
    collect_less()
    try:
        uvloop.run(does(words))
    except TandemError as error:
        logger.error("%s: %s", errand, error)
        sys.exit(1)


def _serve(name: str) -> None:
    from shared.running import until_stopped

    failed = uvloop.run(until_stopped(resolve_name(f"services.{name}.app:running")))
    leaving.stop()
    sys.exit(1 if failed else 0)
