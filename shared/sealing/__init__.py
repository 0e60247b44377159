"""Seals: how anybody can tell that a report is the one that was published, and unchanged.

keys.py       public keys, as the JSON Web Keys that /keys.json serves
documents.py  the seal of a JSON document: hash and signature over its canonical form (RFC 8785)
pdf.py        the signature of a PDF, and the sealed document attached to it

Sealing itself needs the private key: reporting has it (services/reporting/signing.py), and whoever
keeps the data directory, for certificates of erasure (shared/cli/erasing.py).
"""

from shared.sealing.documents import (
    ALGORITHM,
    CANONICALIZATION,
    Verdict,
    canonical,
    digest,
    judge,
    judge_file,
    read_sealed,
)
from shared.sealing.keys import Keys

__all__ = [
    "ALGORITHM",
    "CANONICALIZATION",
    "Keys",
    "Verdict",
    "canonical",
    "digest",
    "judge",
    "judge_file",
    "read_sealed",
]
