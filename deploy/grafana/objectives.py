"""The objectives of docs/slo.md: what is left of each budget, and how fast it is spent."""

from deploy.grafana.panels import Dashboard, Panel, Query

OBJECTIVES = Dashboard(
    "objectives",
    "Objectives",
    "The objectives of docs/slo.md: what is left of each budget, and how fast it is spent.",
    [
        *(
            Panel(
                f"{title}: what is left",
                f"{promise} 100 % is the whole budget of 28 days, below 0 the objective is missed.",
                "percentunit",
                [Query(f"slo:{name}_budget:remaining", "left")],
                kind="stat",
                bad_below=0.1,
                columns=6,
            )
            for name, title, promise in (
                ("freshness", "Freshness", "99 % of facts are in the figures within 5 seconds."),
                ("reports", "Reports", "99.9 % of reports are answered, and within a second."),
                ("intake", "Intake", "99.9 % of requests that bring events are answered."),
            )
        ),
        Panel(
            "Loss",
            "Facts that are recorded and not in the figures, or the other way round. There is no"
            " budget: LedgerIncomplete fires after a minute.",
            "short",
            [
                Query(
                    "sum(tandem_audit_missing) + sum(tandem_audit_ahead)"
                    " + sum(tandem_audit_different)",
                    "facts",
                )
            ],
            kind="stat",
            bad_above=1,
            columns=6,
        ),
        *(
            Panel(
                f"{title}: what went wrong",
                f"The share over 5 minutes, an hour and a day. The budget is {budget}.",
                "percentunit",
                [
                    Query(f"slo:{name}_errors:ratio_rate{window}", window)
                    for window in ("5m", "1h", "1d")
                ],
                bad_above=limit,
            )
            for name, title, budget, limit in (
                ("freshness", "Freshness", "1 %", 0.01),
                ("reports", "Reports", "0.1 %", 0.001),
                ("intake", "Intake", "0.1 %", 0.001),
            )
        ),
        Panel(
            "How fast the budgets are spent",
            "1 spends a budget in 28 days. Above 14.4 over an hour an alert fires.",
            "short",
            [
                Query("slo:freshness_errors:ratio_rate1h / 0.01", "freshness"),
                Query("slo:reports_errors:ratio_rate1h / 0.001", "reports"),
                Query("slo:intake_errors:ratio_rate1h / 0.001", "intake"),
            ],
            bad_above=14.4,
        ),
    ],
)
