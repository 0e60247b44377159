"""From the figures to the reader: how soon reports are answered, and what the processes use."""

from deploy.grafana.panels import Dashboard, Panel, Query

PAGES = 'instance="reporting", http_route=~"/reports.*", http_route!~".*/live"'

REPORTS = Dashboard(
    "reports",
    "Reports",
    "From the figures to the reader: how soon reports are answered, and what the processes use.",
    [
        Panel(
            "Requests, by status",
            "What reporting answers each second.",
            "reqps",
            [
                Query(
                    "sum by (http_response_status_code)"
                    ' (rate(http_server_request_duration_seconds_count{instance="reporting"}[5m]))',
                    "{{http_response_status_code}}",
                )
            ],
        ),
        Panel(
            "How long reports take",
            "Half of them, and all but one in a hundred. Above a second ReportsSlow fires. Pages"
            " that are followed live are left out: they are meant to take long.",
            "s",
            [
                Query(
                    f"histogram_quantile({quantile}, sum by (le)"
                    f" (rate(http_server_request_duration_seconds_bucket{{{PAGES}}}[5m])))",
                    name,
                )
                for quantile, name in ((0.5, "p50"), (0.99, "p99"))
            ],
            bad_above=1,
        ),
        Panel(
            "How long each kind of page takes",
            "The 99th percentile, by the pattern of the address.",
            "s",
            [
                Query(
                    "histogram_quantile(0.99, sum by (le, http_route)"
                    f" (rate(http_server_request_duration_seconds_bucket{{{PAGES}}}[5m])))",
                    "{{http_route}}",
                )
            ],
        ),
        Panel(
            "gRPC calls, by code",
            "What is asked of all services each second. INTERNAL is ours to mend.",
            "reqps",
            [
                Query(
                    "sum by (instance, rpc_response_status_code)"
                    " (rate(rpc_server_call_duration_seconds_count[5m]))",
                    "{{instance}} {{rpc_response_status_code}}",
                )
            ],
        ),
        Panel(
            "How long gRPC calls take",
            "The 99th percentile, by method.",
            "s",
            [
                Query(
                    "histogram_quantile(0.99, sum by (le, rpc_method)"
                    " (rate(rpc_server_call_duration_seconds_bucket[5m])))",
                    "{{rpc_method}}",
                )
            ],
        ),
        Panel(
            "How long services wait for each other",
            "The 99th percentile of calls from one service to another.",
            "s",
            [
                Query(
                    "histogram_quantile(0.99, sum by (le, instance, rpc_method)"
                    " (rate(rpc_client_call_duration_seconds_bucket[5m])))",
                    "{{instance}} {{rpc_method}}",
                )
            ],
        ),
        Panel(
            "Memory of each process",
            "What is resident. A service should stay under 150 MB, or 200 MB with a long history.",
            "bytes",
            [Query('process_resident_memory_bytes{job="tandem"}', "{{instance}}")],
            bad_above=200_000_000,
        ),
        Panel(
            "Processor of each process",
            "How many cores it keeps busy; a service of Python can use one.",
            "short",
            [Query('rate(process_cpu_seconds_total{job="tandem"}[5m])', "{{instance}}")],
            bad_above=0.9,
        ),
        Panel(
            "Open files of each process",
            "Sockets among them. It should not climb for hours.",
            "short",
            [Query('process_open_fds{job="tandem"}', "{{instance}}")],
        ),
        Panel(
            "Time since each process started",
            "It falls to 0 when a process dies and is started again.",
            "s",
            [Query('time() - process_start_time_seconds{job="tandem"}', "{{instance}}")],
        ),
    ],
)
