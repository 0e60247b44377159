"""From the ledger to the figures: do facts leave, do they arrive, and is any missing."""

from deploy.grafana.panels import Dashboard, Panel, Query

LEDGERS = Dashboard(
    "ledgers",
    "Ledgers",
    "From the ledger to the figures: whether facts leave, arrive, and are all there.",
    [
        Panel(
            "Facts that the auditor finds wrong",
            "Missing in the projections, ahead of the ledger, or different. All should be 0.",
            "short",
            [
                Query("sum by (ledger) (tandem_audit_missing)", "{{ledger}} missing"),
                Query("sum by (ledger) (tandem_audit_ahead)", "{{ledger}} ahead"),
                Query("sum by (ledger) (tandem_audit_different)", "{{ledger}} different"),
            ],
            kind="stat",
            bad_above=1,
        ),
        Panel(
            "Time since the auditor compared",
            "What is new, every ten seconds. Above a minute AuditStale fires.",
            "s",
            [Query("tandem_audit_age_seconds", "{{ledger}}")],
            bad_above=60,
        ),
        Panel(
            "Time since the whole was compared",
            "Every fact there is. Above a day AuditStale fires.",
            "s",
            [Query("tandem_audit_whole_age_seconds", "{{ledger}}")],
            bad_above=86_400,
        ),
        Panel(
            "Facts in the outbox",
            "Recorded, and not yet taken by NATS.",
            "short",
            [Query("tandem_outbox_facts", "{{instance}}")],
        ),
        Panel(
            "Age of the oldest fact in the outbox",
            "It should be near 0; above a minute OutboxStuck fires.",
            "s",
            [Query("tandem_outbox_age_seconds", "{{instance}}")],
            bad_above=60,
        ),
        Panel(
            "Facts that are not projected yet",
            "What reporting lacks, by ledger.",
            "short",
            [Query("tandem_projection_behind", "{{ledger}}")],
        ),
        Panel(
            "Age of the oldest fact not projected",
            "It should be near 0; above a minute ProjectionBehind fires.",
            "s",
            [Query("tandem_projection_age_seconds", "{{ledger}}")],
            bad_above=60,
        ),
        Panel(
            "From the ledger to the figures",
            "How long it takes until the oldest fact of a batch is in the rows that answer reports:"
            " half of them, and all but one in a hundred.",
            "s",
            [
                Query(
                    "histogram_quantile(0.5, sum by (le, ledger)"
                    " (rate(tandem_projection_delay_seconds_bucket[5m])))",
                    "{{ledger}} p50",
                ),
                Query(
                    "histogram_quantile(0.99, sum by (le, ledger)"
                    " (rate(tandem_projection_delay_seconds_bucket[5m])))",
                    "{{ledger}} p99",
                ),
            ],
        ),
        Panel(
            "Facts fetched from a ledger",
            "What the broker did not bring, each minute. Any growth fires FactsHealed.",
            "cpm",
            [
                Query(
                    "sum by (ledger) (rate(tandem_projection_healed_total[15m])) * 60",
                    "{{ledger}}",
                )
            ],
        ),
        Panel(
            "Statements of PostgreSQL",
            "How long statements take at the 99th percentile, by service and kind.",
            "s",
            [
                Query(
                    "histogram_quantile(0.99, sum by (le, instance, db_operation_name)"
                    " (rate(db_client_operation_duration_seconds_bucket[5m])))",
                    "{{instance}} {{db_operation_name}}",
                )
            ],
        ),
        Panel(
            "Free room on the volumes",
            "Of the disk under each volume. Below a tenth DiskNearlyFull fires.",
            "percentunit",
            [
                Query(
                    'sum by (mountpoint) (system_filesystem_usage_bytes{state="free"})'
                    ' / sum by (mountpoint) (system_filesystem_usage_bytes{state=~"free|used"})',
                    "{{mountpoint}}",
                )
            ],
            bad_below=0.1,
        ),
    ],
)
