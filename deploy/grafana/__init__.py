"""Grafana's dashboards, as data; `python -m deploy.grafana.build` writes the JSON it reads.

panels.py      a panel and a dashboard, and the JSON of them
pipeline.py    from the publisher to the ledger
ledgers.py     from the ledger to the figures
reports.py     from the figures to the reader, and what the processes use
objectives.py  the objectives of docs/slo.md
"""
