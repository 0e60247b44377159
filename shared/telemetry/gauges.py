"""Values that are looked up when somebody asks for the metrics."""

from collections.abc import Callable, Iterable

from opentelemetry.metrics import CallbackOptions, Observation

from shared import telemetry

Values = Iterable[tuple[float, telemetry.Attributes]]
"""Values with what tells each from the others."""


def gauge(name: str, unit: str, meaning: str, read: Callable[[], Values]) -> None:
    """Expose what `read` returns; what it does not return any more is gone."""

    def observe(options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(value, attributes) for value, attributes in read()]

    telemetry.meter().create_observable_gauge(name, [observe], unit=unit, description=meaning)
