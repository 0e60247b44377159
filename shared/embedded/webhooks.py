"""Registering the webhooks of other platforms; `secrets/webhooks.json` holds them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from shared.embedded.credentials import CredentialRefused, list_publishers
from shared.embedded.data_directory import DataDirectory, held_lock, write_private
from shared.operator_log import OperatorLog, user_here
from shared.webhooks import Webhook, text_of, webhooks_in


def registered_webhooks(data_dir: Path) -> Mapping[str, Webhook]:
    """Return the webhooks that are registered, by name."""
    return _read(DataDirectory.at(data_dir))


def register_webhook(data_dir: Path, name: str, webhook: Webhook) -> None:
    """Let a platform speak for a credential; a webhook of the same name is replaced.

    Raises:
        CredentialRefused: no credential has this name.
    """
    if name not in (publisher.name for publisher in list_publishers(data_dir)):
        raise CredentialRefused(f"No credential is named {name}; add it first.")
    directory = DataDirectory.at(data_dir)
    details = {"platform": webhook.platform, "organisers": list(webhook.organisers)}
    _change(directory, name, webhook, "webhook.registered", details)


def remove_webhook(data_dir: Path, name: str) -> None:
    """Listen to a platform no more.

    Raises:
        CredentialRefused: no webhook has this name.
    """
    directory = DataDirectory.at(data_dir)
    if name not in _read(directory):
        raise CredentialRefused(f"No webhook is named {name}.")
    _change(directory, name, None, "webhook.removed", {})


def _change(
    directory: DataDirectory,
    name: str,
    webhook: Webhook | None,
    act: str,
    details: Mapping[str, object],
) -> None:
    log = OperatorLog(directory.operator_log)
    with (
        held_lock(directory.secrets / "webhooks.lock", wait=True),
        log.recording(user_here(), act, name, now=datetime.now(UTC), details=details),
    ):
        others = {each: known for each, known in _read(directory).items() if each != name}
        changed = others if webhook is None else {**others, name: webhook}
        write_private(directory.webhooks, text_of(dict(sorted(changed.items()))))


def _read(directory: DataDirectory) -> Mapping[str, Webhook]:
    if not directory.webhooks.exists():
        return {}
    return webhooks_in(directory.webhooks.read_bytes())
