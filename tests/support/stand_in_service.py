"""A service with nothing inside: it migrates, connects with what it is given, and is ready.

An edge is given no database, and so does without.

Run as `python -m tests.support.stand_in_service [migrate]` in the environment of a service.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import asyncpg
from nats.aio.client import Client


async def database() -> asyncpg.Connection:
    password = Path(os.environ["TANDEM_DATABASE_PASSWORD_FILE"])
    return await asyncpg.connect(
        host=os.environ["TANDEM_DATABASE_HOST"],
        port=int(os.environ["TANDEM_DATABASE_PORT"]),
        database=os.environ["TANDEM_DATABASE_NAME"],
        user=os.environ["TANDEM_DATABASE_USER"],
        password=await asyncio.to_thread(password.read_text),
    )


async def migrate() -> None:
    connection = await database()
    await connection.execute("CREATE TABLE IF NOT EXISTS stand_in (id int)")
    await connection.execute(f"GRANT SELECT ON stand_in TO {os.environ['TANDEM_DATABASE_NAME']}")
    await connection.close()


async def status() -> int:
    """Connect to both servers anew, as a readiness check that cannot be out of date."""
    try:
        if "TANDEM_DATABASE_NAME" in os.environ:
            connection = await database()
            await connection.fetch("SELECT FROM stand_in")
            await connection.close()
        broker = Client()
        await broker.connect(
            os.environ["TANDEM_NATS_URL"],
            nkeys_seed=os.environ["TANDEM_NATS_SEED_FILE"],
            allow_reconnect=False,
        )
        await broker.close()
    except Exception as error:
        print(f"not ready: {error!r}", flush=True)
        return 503
    return 200


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(f"HTTP/1.1 {await status()} -\r\nConnection: close\r\n\r\n".encode())
    await writer.drain()
    writer.close()


async def serve() -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    host, port = os.environ["TANDEM_HTTP_LISTEN"].split(":")
    async with await asyncio.start_server(answer, host, int(port)):
        print("listening", flush=True)
        await stopping.wait()


if __name__ == "__main__":
    asyncio.run(migrate() if sys.argv[1:] == ["migrate"] else serve())
