"""Makes files in a process of its own: reports come in on stdin, files go out on stdout.

    python -m services.reporting.presentation

What is asked is a line of JSON, `{"kind", "language", "then", "bytes"}`, with the report's own
bytes behind it. An answer is a line `{"bytes", "megabytes"}` with the file behind it, where
`megabytes` is what the process held before it began; or `{"failed"}`. It ends when stdin does, and
so with the service that started it, however that ends. Who asks: services/reporting/workshop.py.
"""

import json
import logging
import os
import signal
import sys
from typing import Any, BinaryIO

from services.reporting.presentation.files import file_of
from services.reporting.presentation.language import LOCALES, language_of
from services.reporting.presentation.pdf import forget, prepare
from shared.resident import give_back, resident_megabytes

logger = logging.getLogger(__name__)


def serve(asked: BinaryIO, answers: BinaryIO) -> None:
    """Answer every request, one after the other, until there are no more."""
    while line := asked.readline():
        request = json.loads(line)
        document = asked.read(request["bytes"])
        held = resident_megabytes()
        try:
            content = _made(request, document)
        except Exception as error:
            logger.exception("a file could not be made")
            _answer(answers, {"failed": f"{type(error).__name__}: {error}"}, b"")
            continue
        said = {"bytes": len(content), "megabytes": held}
        _answer(answers, said, content)
        # While nobody waits.
        forget()
        give_back()


def _made(request: dict[str, Any], document: bytes) -> bytes:
    language = language_of(request["language"])
    return file_of(document, request["kind"], language, then=request["then"])


def _answer(answers: BinaryIO, said: dict[str, Any], content: bytes) -> None:
    answers.write(json.dumps(said).encode() + b"\n" + content)
    answers.flush()


if __name__ == "__main__":
    # Ctrl-C is for the service, which ends this by closing stdin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for code in LOCALES:
        language_of(code)
    prepare()
    # Nothing but answers goes out on what is stdout now, whatever a library may print.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        serve(sys.stdin.buffer, out)
