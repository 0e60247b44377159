"""What an attacker tries at each door, and the answer: one function for each, one table of all.

over_nats.py, over_grpc.py, over_http.py   the attacks by their door
doors.py   the running system as an attacker and its victim meet it
"""

from tests.support.attacks import over_grpc, over_http, over_nats
from tests.support.attacks.doors import ATTACKS, DOORS, Attack, Doors

ATTACKS.sort(key=lambda each: DOORS.index(each.door))

__all__ = ["ATTACKS", "Attack", "Doors", "over_grpc", "over_http", "over_nats"]
