"""The embedded runtime: NATS, PostgreSQL and every service as processes of one machine.

catalogue.py       which services there are and on which ports
data_directory.py  where everything lies under `.tandem/`; private files, locks
credentials.py     keys, tokens and passwords; how a publisher's come and go
registry.py        the publishers: their scopes and their keys, without secrets
nats.py            nats-server: its configuration and who may speak on which subject
postgres.py        PostgreSQL: its cluster, its databases and its roles
boot_check.py      refuses to start on settings that could lose what was acknowledged
services.py        what each service is given; what endpoints.json says of it
process.py         one child process, started again when it dies
launcher.py        what a child runs first: gives up root, dies with its parent
process_table.py   all of them, with their pids on the disk
health.py          what services say of themselves over HTTP
doctor/            what can be wrong with all of it
backup/            all of it in one file, and the way back
migrations.py      which migrations this version knows
supervisor.py      starts, watches and stops all of it
"""
