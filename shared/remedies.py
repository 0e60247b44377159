"""What a sender can do about a message that was rejected: a sentence for each reason."""

from collections.abc import Mapping
from types import MappingProxyType

REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "malformed": "Send a CloudEvent: either content-type application/cloudevents+json with all"
        " of it in the body, or ce- headers with the data in the body.",
        "too_large": "Send it in parts: a corrected attendance file supersedes the one before, and"
        " registrations go one by one.",
        "unknown_type": "Publish a type that there is, on the subject that its name says:"
        " intake.<source>.<service>.<name>.",
        "invalid_data": "Correct the fields named and send it again; the same id may be used,"
        " because nothing was recorded under it.",
        "source_mismatch": "Set source to /systems/ and the name of the credential, or publish"
        " under the credential of that source.",
        "id_reused": "Give another content an id of its own; what was recorded first stands.",
        "refused": "Send what must come before it, or correct what the sentence names; the same id"
        " may be used, because nothing was recorded under it.",
    }
)
"""By the codes of the contract."""


def remedy(reason: str) -> str:
    """Return what the sender of a message that was rejected for this reason can do."""
    return REMEDIES.get(reason, "")
