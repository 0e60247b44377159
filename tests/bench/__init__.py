"""`make bench` and `make growth`: how fast it is, beside other ways to do the same.

__main__.py     runs the rows, prints one table, writes docs/benchmarks.md
row.py          what a row of the table is: ours, its peers, the target
rows.py         every row, with what it runs
door.py         events over HTTP, one by one and in batches
ours.py         Tandem measured: the pipeline, commands, rebuilding, one event, reports
pages.py        reports over HTTP: page and files, made anew and again, and followed live
limits.py       the machine's limit: bare batches, bare COPY, bare validation
peers.py        the peers: how each is started and asked
faststream_peer.py, eventsourcing_peer.py, emmett/    what each of them does
growth.py       `make growth`: the cost of an event and of a report as the history grows
decided.py      an invented history as facts, decided by the services' own rules
filling.py      such facts into the ledgers by COPY
memory.py       the most memory that each process held
machine.py      which machine and which versions it was
table.py, chart.py, document.py    the results in the terminal, as SVG, and as docs/benchmarks.md
"""
