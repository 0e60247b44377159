"""The command line, typed at services that run in the test's own process."""

import asyncio
import json
from pathlib import Path

from typer.testing import CliRunner

from shared.cli.application import application
from shared.embedded.data_directory import DataDirectory
from tests.support.system import System

ROLES = ("viewer", "staff", "operator")


class Terminal:
    """Types commands and reads what they print."""

    def __init__(self, system: System, data: Path) -> None:
        self.data = data
        directory = DataDirectory.at(data)
        directory.endpoints.parent.mkdir(parents=True, exist_ok=True)
        tokens = {role: system.servers.directory.token(role).read_text().strip() for role in ROLES}
        grpc = {name: system.address(name) for name in system.running}
        directory.endpoints.write_text(json.dumps({"grpc": grpc, "tokens": tokens}))

    async def types(self, *words: str, answer: str = "", code: int = 0) -> str:
        """Type a command, and return what it prints; an `answer` follows its question."""
        command = [*words, "--data", str(self.data)]
        runner = CliRunner()
        result = await asyncio.to_thread(
            runner.invoke, application(words[:1]), command, input=answer
        )
        assert result.exit_code == code, result.output
        return result.output
