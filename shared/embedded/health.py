"""What services say of themselves over HTTP: whether they are ready, and how complete they are."""

import json
from collections.abc import Sequence
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


def audited(metrics: str, command: str = "tandem") -> tuple[bool, str]:
    """Return what the metrics of a service say of its projections, and whether all is well."""
    wrong = [
        f"{ledger}: {count:,.0f} {'fact' if count == 1 else 'facts'} {words}"
        for name, words in AUDITED.items()
        for ledger, count in _samples(metrics, f"tandem_audit_{name}").items()
        if count
    ]
    if wrong:
        return False, f"{'; '.join(wrong)} (`{command} audit --full` names the first)"
    ages = _samples(metrics, "tandem_audit_age_seconds")
    if not ages:
        return True, "not compared with the ledgers yet"
    return True, f"complete, compared {max(ages.values()):,.0f} s ago"


def _samples(text: str, metric: str) -> dict[str, float]:
    """Return the values of a metric by ledger."""
    return {
        sample.labels["ledger"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == metric
    }
