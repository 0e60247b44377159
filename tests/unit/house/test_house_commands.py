"""What the Makefile and the guides promise to a newcomer is there."""

import re
import subprocess
from pathlib import Path

import pytest

from shared import reference
from shared.cli.application import COMMANDS
from shared.cli.publish import problem_of
from shared.schemas import schemas

ROOT = Path(__file__).parents[3]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^\.PHONY: (\S+)$", MAKEFILE, re.MULTILINE))
GUIDES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
NEEDED = {
    *("help", "setup", "run", "test", "lint", "format", "proto", "proto-check", "samples"),
    *("bench", "million", "torture-mutations", "report", "demo-data", "gazetteer", "lock", "clean"),
}


def test_make_help_tells_every_target_with_a_sentence() -> None:
    told = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    rows = dict(re.findall(r"^  make (\S+) +(.+)$", told, re.MULTILINE))
    assert set(rows) == TARGETS
    assert TARGETS >= NEEDED
    assert [text for text in rows.values() if not text.endswith(".")] == []


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_a_guide_names_only_commands_that_there_are(guide: Path) -> None:
    text = guide.read_text()
    made = set(re.findall(r"(?:^\s*|`)make ([a-z][a-z-]*)", text, re.MULTILINE))
    said = set(re.findall(r"(?:^\s*|`|bin/)tandem ([a-z][a-z-]*)", text, re.MULTILINE))

    assert made <= TARGETS
    assert said <= set(COMMANDS)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_a_link_in_a_guide_leads_to_a_file(guide: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", guide.read_text())
    here = [link for link in links if "://" not in link and not link.startswith("mailto:")]

    assert [link for link in here if not (guide.parent / link).exists()] == []


def test_the_events_in_the_publishers_guide_would_be_accepted() -> None:
    text = (ROOT / "docs" / "publishing.md").read_text()
    lines = [
        line
        for block in re.findall(r"```jsonl\n(.+?)```", text, re.DOTALL)
        for line in block.split("\n")
    ]
    events = [line.encode() for line in lines if line]

    assert events
    assert [problem_of(event, "webinar-platform") for event in events] == [None] * len(events)


def test_the_publishers_guide_says_what_the_contract_and_the_examples_say() -> None:
    text = reference.DOCUMENT.read_text("utf-8")

    assert text == reference.written(text), "run `make publishing-reference`"
    assert all(f"`{name.removeprefix('tandem.')}`" in text for name in schemas())
    assert {part["name"] for part in reference.PARTS.finditer(text)} >= {
        *("types", "fields", "examples/publish.py", "examples/curl.sh", "examples/nats.sh")
    }


def test_every_example_stands_in_the_guide_or_is_named_there() -> None:
    text = reference.DOCUMENT.read_text("utf-8")
    examples = [file.name for file in (ROOT / "docs" / "examples").iterdir() if file.is_file()]

    assert examples
    assert [name for name in examples if f"examples/{name}" not in text] == []
