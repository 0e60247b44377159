"""What a publisher may rely on, as data: messages, and what becomes of each.

cases.jsonl   one case a line, and run in this order. `{prefix}` stands for the beginning of the
              ids of a run and `{source}` for the name of the credential; an object under
              `data_base64` is put into base64 as JSON, and a body that is a text is sent as it is
case.py       a case with its names filled in, and whether what became of it is what it expects
outlets.py    a message over NATS or HTTP as it is, and what became of it
"""

from shared.conformance.case import Case, Outcome, cases
from shared.conformance.outlets import Outlet, over_http, over_nats

__all__ = ["Case", "Outcome", "Outlet", "cases", "over_http", "over_nats"]
