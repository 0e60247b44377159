"""What services say of themselves over HTTP: whether they are ready, and how complete they are."""

import json
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus

from prometheus_client.parser import text_string_to_metric_families

AUDITED = {
    "missing": "missing",
    "ahead": "not in the ledger",
    "different": "different",
}
"""Metrics of the auditor, in words."""


def readiness(status: int, body: bytes) -> tuple[str, Sequence[str]]:
    """Return what an answer of /readyz says is wrong, in a few words, and which parts were asked.

    The first is empty when all is well.
    """
    try:
        checks = json.loads(body)
        parts = tuple(checks)
        wrong = [part for part, well in checks.items() if not well]
    except (ValueError, AttributeError, TypeError):
        return "answers, but not as a service of ours", ()
    if status == HTTPStatus.OK and not wrong:
        return "", parts
    return f"waits for {', '.join(wrong)}", parts


def audited(text: str, command: str = "tandem") -> tuple[bool, str]:
    """Return what the metrics of a service say of its projections, and whether all is well."""
    metrics = Metrics(text)
    wrong = [
        f"{ledger}: {count:,.0f} {'fact' if count == 1 else 'facts'} {words}"
        for name, words in AUDITED.items()
        for ledger, count in metrics.by("ledger", f"tandem_audit_{name}").items()
        if count
    ]
    if wrong:
        return False, f"{'; '.join(wrong)} (`{command} audit --full` names the first)"
    ages = metrics.by("ledger", "tandem_audit_age_seconds")
    if not ages:
        return True, "not compared with the ledgers yet"
    return True, f"complete, compared {max(ages.values()):,.0f} s ago"


class Metrics:
    """What an answer of /metrics holds."""

    def __init__(self, text: str) -> None:
        """Read it once.

        Raises:
            ValueError: it is no such answer.
        """
        self._samples: dict[str, list[tuple[Mapping[str, str], float]]] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                self._samples.setdefault(sample.name, []).append((sample.labels, sample.value))

    def of(self, name: str) -> Iterator[tuple[Mapping[str, str], float]]:
        """Yield the values of a metric with their labels."""
        yield from self._samples.get(name, ())

    def by(self, label: str, name: str) -> dict[str, float]:
        """Return the values of a metric by one of its labels."""
        return {labels[label]: value for labels, value in self.of(name)}

    def one(self, name: str) -> float | None:
        """Return the value of a metric that has but one; None when it is not there."""
        return next((value for _, value in self.of(name)), None)
