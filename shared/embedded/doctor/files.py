"""The checks of the data directory: modes, secrets, settings, the operator log."""

import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from shared.embedded import nats as broker
from shared.embedded import postgres
from shared.embedded.catalogue import SERVICES
from shared.embedded.credentials import PEOPLE, PROVISION
from shared.embedded.data_directory import DataDirectory
from shared.embedded.doctor.finding import Check, Said, fail, ok, some, warn
from shared.embedded.process_table import leftovers
from shared.embedded.registry import Publisher, read_registry
from shared.operator_log import OperatorLog

KEY_PATTERN = re.compile(r"[0-9a-f]{64}")
OTHERS = stat.S_IRWXG | stat.S_IRWXO
PASSING = stat.S_IXGRP | stat.S_IXOTH
"""Others may pass through to PostgreSQL's files, which its own user owns; they see no names."""
FLAGS = re.MULTILINE | re.IGNORECASE
OFF = re.compile(
    r"^\s*(fsync|full_page_writes|synchronous_commit)\s*=?\s*'?(off|false|no|0)\b", FLAGS
)
LATE = re.compile(r"^\s*\{?\s*(sync_interval|store_dir)\b(?!.*\balways\b)", FLAGS)
"""What an override must not say; the boot check asks the running servers, and knows more."""
BACKUP_AGE_MAX = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Files:
    """What was seen of the data directory.

    Args:
        mode: of the directory itself.
        open_secrets: secrets that others could read, with their modes.
        missing_secrets: those without which something does not start or is lost.
        bad_keys: keys that are not 32 bytes in hex.
        weak_settings: settings in override files that could lose what was acknowledged.
        leftovers: processes of a supervisor that is gone, by name.
        stale_endpoints: whether endpoints.json tells of a system that does not run.
        log_faults: what is wrong with the operator log.
        publishers: the registered ones.
        backup_at: when a backup was made last, by the operator log.
        erased_broken: whether a line of the list of the erased cannot be read.
        now: the moment of the look.
    """

    mode: int
    now: datetime
    open_secrets: Mapping[str, int] = field(default_factory=dict)
    missing_secrets: Sequence[str] = ()
    bad_keys: Sequence[str] = ()
    weak_settings: Sequence[str] = ()
    leftovers: Mapping[str, int] = field(default_factory=dict)
    stale_endpoints: bool = False
    log_faults: Sequence[str] = ()
    publishers: Sequence[Publisher] = ()
    backup_at: datetime | None = None
    erased_broken: int = 0


def look_at_files(directory: DataDirectory, now: datetime, *, runs: bool) -> Files:
    """Gather what the checks of the data directory judge."""
    publishers = read_registry(directory)
    log = OperatorLog(directory.operator_log)
    faults = log.verify().faults
    return Files(
        mode=stat.S_IMODE(directory.root.stat().st_mode),
        now=now,
        open_secrets=dict(_open_secrets(directory)),
        missing_secrets=[
            path.name for path in _needed(directory, publishers) if not _is_readable(path)
        ],
        bad_keys=[
            path.name
            for path in (directory.vault_key, directory.signing_key)
            if _is_readable(path) and not KEY_PATTERN.fullmatch(path.read_text().strip())
        ],
        weak_settings=list(_weak_settings(directory)),
        leftovers={} if runs else leftovers(directory),
        stale_endpoints=directory.endpoints.exists() and not runs,
        log_faults=faults,
        publishers=publishers,
        backup_at=None if faults else _last_backup(log),
        erased_broken=_broken_lines(directory.erased),
    )


def directory_is_private(seen: Files) -> Said:
    """Nobody else lists or changes what is in the data directory."""
    said = f"mode {seen.mode:o}"
    if seen.mode & (stat.S_IWGRP | stat.S_IWOTH):
        return fail(said, "others could put files of theirs in place: chmod go-w it")
    if seen.mode & OTHERS & ~PASSING:
        return warn(said, "others see the names in it: chmod go-r it")
    return ok(said)


def secrets_are_private(seen: Files) -> Said:
    """Nobody else reads a secret."""
    if not seen.open_secrets:
        return ok("readable by their owner alone")
    named = [f"{name} ({mode:o})" for name, mode in seen.open_secrets.items()]
    return fail(
        f"others could read {some(named)}",
        "chmod 600 them, and rotate what others may have read (`tandem credentials rotate`)",
    )


def secrets_are_there(seen: Files) -> Said:
    """Every secret that something needs can be read."""
    if not seen.missing_secrets:
        return ok("all can be read")
    return fail(
        f"missing, empty or not readable: {some(seen.missing_secrets)}",
        "bring them back from a backup; what is made anew does not fit what others know",
    )


def keys_are_keys(seen: Files) -> Said:
    """The keys of vault and seal are 32 bytes in hex."""
    if not seen.bad_keys:
        return ok("32 bytes in hex")
    return fail(f"not 32 bytes in hex: {some(seen.bad_keys)}", "bring them back from a backup")


def settings_keep_what_is_acknowledged(seen: Files) -> Said:
    """No override weakens what a power cut is to leave whole."""
    if not seen.weak_settings:
        return ok("no override weakens it")
    return fail(
        f"weakened by {some(seen.weak_settings)}",
        "remove these lines: the boot check refuses to start with them",
    )


def no_process_is_left_over(seen: Files) -> Said:
    """Nothing runs on that a killed supervisor has left."""
    if not seen.leftovers:
        return ok("none")
    named = [f"{name} (process {pid})" for name, pid in seen.leftovers.items()]
    return warn(f"still running: {some(named)}", "`tandem up` stops them before it starts")


def endpoints_are_of_a_running_system(seen: Files) -> Said:
    """What other programs read to find the system is true."""
    if not seen.stale_endpoints:
        return ok("true")
    return warn(
        "endpoints.json tells of a system that does not run: it was killed",
        "`tandem up` goes on from there; nothing is lost",
    )


def operator_log_is_whole(seen: Files) -> Said:
    """No line of what operators did was changed, moved or taken out."""
    if not seen.log_faults:
        return ok("none was changed, moved or taken out")
    return fail(some(seen.log_faults), "find out who wrote there; compare with a noted head")


def rotations_are_finished(seen: Files) -> Said:
    """No key is still valid whose time is over."""
    over = [
        publisher.name
        for publisher in seen.publishers
        for key in publisher.keys
        if key.until is not None and key.until <= seen.now
    ]
    if not over:
        return ok(f"of {len(seen.publishers)} credentials no key has outlived its time")
    return warn(
        f"keys that should have ended: {some(over)}",
        "start Tandem, which ends them, or `tandem credentials rotate NAME --finish`",
    )


def erased_are_listed(seen: Files) -> Said:
    """Every line of the list of the erased can be read, so that no backup brings them back."""
    if not seen.erased_broken:
        return ok("every line can be read")
    return warn(
        f"{seen.erased_broken} lines of the list of the erased cannot be read",
        "start Tandem: the events service writes whom its ledger knows as erased again",
    )


def backup_is_recent(seen: Files) -> Said:
    """A backup was made lately."""
    advice = "`tandem backup FILE`, each night"
    if seen.backup_at is None:
        return warn("none is on record", advice)
    age = seen.now - seen.backup_at
    said = f"made {age.days} days ago" if age.days else "made within a day"
    return warn(said, advice) if age > BACKUP_AGE_MAX else ok(said)


FILE_CHECKS: tuple[Check[Files], ...] = (
    directory_is_private,
    secrets_are_private,
    secrets_are_there,
    keys_are_keys,
    settings_keep_what_is_acknowledged,
    no_process_is_left_over,
    endpoints_are_of_a_running_system,
    operator_log_is_whole,
    rotations_are_finished,
    erased_are_listed,
    backup_is_recent,
)


def _open_secrets(directory: DataDirectory) -> Iterator[tuple[str, int]]:
    for path in (directory.secrets, *directory.secrets.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & OTHERS:
            yield path.relative_to(directory.root).as_posix(), mode


def _needed(directory: DataDirectory, publishers: Sequence[Publisher]) -> Iterator[Path]:
    yield from (directory.vault_key, directory.signing_key, directory.tokens)
    yield directory.password(postgres.SUPERUSER)
    yield directory.seed(PROVISION)
    yield from map(directory.token, PEOPLE)
    for service in SERVICES:
        yield from (directory.seed(service.name), directory.token(service.name))
        if service.database:
            yield directory.password(service.name)
            yield directory.password(postgres.owner_role(service.name))
    for publisher in publishers:
        for key in publisher.keys:
            name = publisher.secrets_of(key)
            yield from (directory.seed(name), directory.token(name))


def _is_readable(path: Path) -> bool:
    try:
        return bool(path.read_text().strip())
    except (OSError, UnicodeDecodeError):
        return False


def _weak_settings(directory: DataDirectory) -> Iterator[str]:
    for path, weakening in (
        (directory.postgres / postgres.OVERRIDE, OFF),
        (directory.nats / broker.OVERRIDE, LATE),
        (directory.nats / broker.JETSTREAM_OVERRIDE, LATE),
    ):
        text = path.read_text("utf-8", errors="replace") if path.exists() else ""
        for match in weakening.finditer(text):
            line = text.count("\n", 0, match.start(1)) + 1
            yield f"{match[1]} in {path.relative_to(directory.root)}, line {line}"


def _last_backup(log: OperatorLog) -> datetime | None:
    """Return when the last backup began that did not fail."""
    found: dict[int, datetime] = {}
    for entry in log.read():
        if entry.act == "backup.made":
            found[entry.number] = entry.at
        elif entry.act == "backup.made.failed":
            found.pop(entry.details.get("number", 0), None)
    return max(found.values(), default=None)


def _broken_lines(file: Path) -> int:
    if not file.exists():
        return 0
    lines = file.read_text("utf-8", errors="replace").splitlines()
    return sum(not (line.startswith("{") and line.endswith("}")) for line in lines if line)
