"""`tandem credentials webhook`: which platform speaks for a credential."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from shared.cli.system import DEFAULT_DATA, Data, existing
from shared.cli.terminal import plain_console
from shared.embedded.data_directory import OperatorError
from shared.embedded.webhooks import register_webhook, remove_webhook
from shared.errors import violations_of
from shared.webhooks import Webhook

EVENTBRITE_API = "www.eventbriteapi.com"


def webhook(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The credential it speaks for.")],
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="zoom or eventbrite.")],
    secret_file: Annotated[
        Path | None,
        typer.Option(help="The file with Zoom's secret token, or Eventbrite's private token."),
    ] = None,
    organiser: Annotated[
        list[str] | None,
        typer.Option(help="Who holds its activities: NLC, SCN or other:<slug>; again for more."),
    ] = None,
    kind: Annotated[str, typer.Option(help="Of which kind its activities are.")] = "webinar",
    time_zone: Annotated[
        str, typer.Option(help="The time zone where the platform tells none.")
    ] = "UTC",
    api_host: Annotated[
        str | None, typer.Option(help="The host of Eventbrite's API, the only one that is asked.")
    ] = None,
    activity: Annotated[
        list[str] | None,
        typer.Option(help="THEIRS=OURS: the activity_id of one that others know; again for more."),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Listen to it no more.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Let a platform's webhook speak for a credential, at once."""
    root, console = existing(data).root, plain_console()
    if remove:
        remove_webhook(root, name)
        console.print(f"the webhook {name} is listened to no more")
        return
    if secret_file is None:
        raise OperatorError("--secret-file names the file that holds the secret.")
    if not organiser:
        raise OperatorError("--organiser says who holds the activities, such as NLC.")
    host = api_host or (EVENTBRITE_API if platform == "eventbrite" else None)
    said = {
        "platform": platform,
        "secret": _secret(secret_file),
        "organisers": organiser,
        "kind": kind,
        "time_zone": time_zone,
        "api_host": host,
        "activities": dict(map(_pair, activity or ())),
    }
    try:
        made = Webhook.model_validate(said)
    except ValidationError as error:
        raise OperatorError(_without_secret(error)) from None
    register_webhook(root, name, made)
    console.print(f"{platform} may speak for {name}, at POST /webhooks/{platform}/{name}")


def _secret(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{file} cannot be read: {error}") from None


def _pair(text: str) -> tuple[str, str]:
    theirs, separator, ours = text.partition("=")
    if not separator:
        raise OperatorError(f"{text!r} is not THEIRS=OURS.")
    return "".join(theirs.split()), ours.strip()


def _without_secret(error: ValidationError) -> str:
    """Return what is wrong, but never what stands where the secret belongs."""
    [first, *_] = violations_of(error)
    if first.field == "secret":
        return "The secret is not 8 to 512 printable characters."
    return f"{first.field} {first.description}."
