"""From the publisher to the ledger: is it taken, how soon, and what is refused."""

from deploy.grafana.panels import Dashboard, Panel, Query, Traces

PIPELINE = Dashboard(
    "pipeline",
    "Pipeline",
    "From the publisher to the ledger: what is taken, how soon, and what is refused.",
    [
        Panel(
            "Alerts that fire",
            "How many alerts fire. docs/runbook.md has a section for each.",
            "short",
            [Query('count(ALERTS{alertstate="firing"}) or vector(0)', "alerts")],
            kind="stat",
            bad_above=1,
            columns=6,
        ),
        Panel(
            "Services that are ready",
            "1 for a service that can work, 0 for one that cannot.",
            "short",
            [Query("tandem_service_ready", "{{service}}")],
            kind="stat",
            bad_below=1,
            columns=18,
        ),
        Panel(
            "Messages, by what became of them",
            "What the owning services have taken, each second: recorded, known already, rejected,"
            " or left to wait for what it speaks of.",
            "cps",
            [
                Query(
                    "sum by (instance, outcome) (rate(tandem_intake_messages_total[5m]))",
                    "{{instance}} {{outcome}}",
                )
            ],
        ),
        Panel(
            "Age of the oldest message not taken",
            "By service and source. It should be near 0; above a minute IntakeBehind fires.",
            "s",
            [
                Query(
                    'max by (service, source) (tandem_consumer_age_seconds{stream="INTAKE"})',
                    "{{service}} of {{source}}",
                )
            ],
            bad_above=60,
        ),
        Panel(
            "Messages that wait at the broker",
            "Not delivered yet, by service and source: a flood of one source stands by itself.",
            "short",
            [
                Query(
                    "sum by (service, source) (tandem_consumer_pending)",
                    "{{service}} of {{source}}",
                )
            ],
        ),
        Panel(
            "Delivered, and not acknowledged",
            "What a service works on now, and what of that was delivered before. The latter should"
            " be 0.",
            "short",
            [
                Query("sum by (service) (tandem_consumer_ack_pending)", "{{service}} under way"),
                Query("sum by (service) (tandem_consumer_redelivered)", "{{service}} again"),
            ],
        ),
        Panel(
            "From the broker to the ledger",
            "How long it takes from when NATS had the oldest message of a batch until its facts are"
            " committed: half of them, and all but one in a hundred.",
            "s",
            [
                Query(
                    "histogram_quantile(0.5, sum by (le, instance)"
                    " (rate(tandem_intake_delay_seconds_bucket[5m])))",
                    "{{instance}} p50",
                ),
                Query(
                    "histogram_quantile(0.99, sum by (le, instance)"
                    " (rate(tandem_intake_delay_seconds_bucket[5m])))",
                    "{{instance}} p99",
                ),
            ],
        ),
        Panel(
            "Rejected, by reason",
            "What could not be accepted, each minute. Any growth fires RejectedGrows.",
            "cpm",
            [
                Query(
                    "sum by (source, reason)"
                    ' (rate(tandem_intake_messages_total{outcome="rejected"}[15m])) * 60',
                    "{{source}} {{reason}}",
                )
            ],
        ),
        Panel(
            "Rejected messages that wait for a decision",
            "`tandem rejected list` shows them. They stay until somebody replays or discards them.",
            "short",
            [Query("tandem_rejected_messages", "{{instance}}")],
        ),
        Panel(
            "Age of the oldest waiting message",
            "Messages that speak of what is not announced yet. Above a day MessagesWaitTooLong"
            " fires.",
            "s",
            [Query("tandem_waiting_age_seconds", "{{instance}}")],
            bad_above=86_400,
        ),
        Panel(
            "How full the streams are",
            "INTAKE refuses what does not fit. FACTS lets its oldest go, so it may be full.",
            "percentunit",
            [Query("tandem_stream_bytes / tandem_stream_bytes_max", "{{stream}}")],
            bad_above=0.8,
        ),
        Panel(
            "The gateway, by status",
            "Answers each second. 5xx is ours to mend, 429 a system beyond its quota.",
            "reqps",
            [
                Query(
                    "sum by (http_response_status_code)"
                    ' (rate(http_server_request_duration_seconds_count{instance="gateway"}[5m]))',
                    "{{http_response_status_code}}",
                )
            ],
        ),
        Traces(
            "Newest traces of the events service",
            "A trace leads from the publisher through intake, ledger and relay to the projection.",
            "events",
        ),
    ],
)
