"""What can be wrong with a system, found on a stopped or a running one: `tandem doctor`.

finding.py   what a check says: a verdict, what was seen, and what to do
machine.py   the checks of the machine: ports, disk, limits, versions
files.py     those of the data directory: modes, secrets, settings, the operator log
servers.py   those of PostgreSQL and NATS
services.py  those of the services: ready, level with the ledgers, of one clock
looking.py   gathers what they judge, and lets them

A check is a pure function of what was gathered, so each is tried with its fault made up.
"""
