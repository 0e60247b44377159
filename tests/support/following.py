"""A guide as somebody follows it: its commands run in their order, and what they print compared.

In a block `console`, a line that begins with `$ ` is a command and the lines behind it are what it
prints; `…` stands for any text, on a line of its own for any lines. A block `jsonl` is the file
`facts.jsonl`, which the sentence above it names.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND_SECONDS_MAX = 90
PROMPT = "$ "
ANYTHING = "…"


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a guide, and what it is said to print."""

    command: str
    printed: str

    def as_said(self, output: str) -> bool:
        """Tell whether this is what the guide says."""
        return re.fullmatch(_pattern(self.printed), output.strip(), re.DOTALL) is not None


def _pattern(printed: str) -> str:
    return ".*?".join(map(re.escape, printed.strip().split(ANYTHING)))


def steps(guide: str, folder: Path) -> Iterator[Step]:
    """Yield the commands of a guide; the file that stands before one is written by then."""
    for block in BLOCK.finditer(guide):
        if block["kind"] == "jsonl":
            (folder / "facts.jsonl").write_text(block["text"])
        elif block["kind"] == "console":
            for part in re.split(rf"^{re.escape(PROMPT)}", block["text"], flags=re.MULTILINE)[1:]:
                command, _, printed = part.partition("\n")
                yield Step(command, printed)


def follow(step: Step, folder: Path) -> str:
    """Run a command in a folder, and return what it prints."""
    done = subprocess.run(
        ["/bin/sh", "-c", step.command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_SECONDS_MAX,
    )
    return done.stdout + done.stderr
