"""Where the report comes from: its published versions, and what it was made from and by."""

from datetime import date

from services.reporting.presentation.composing.names import capital
from services.reporting.presentation.composing.subject import Json, Subject
from services.reporting.presentation.sheet import Cell, Column, Kind, Section, Status, Table

MADE_BY = ("registry", "code", "tzdata")
SEAL = ("sha256", "algorithm", "key_id", "signature", "canonicalization")


def revisions(subject: Subject) -> Section:
    """Return the published versions of the report, as far as it tells of them."""
    language = subject.language
    text = language.text
    told = subject.document.get("revisions", [])
    return Section(
        id="revisions",
        title=text("Revisions"),
        tables=[
            Table(
                id="revisions",
                caption=text("Published versions"),
                columns=[
                    Column("version", text("Version"), Kind.COUNT),
                    Column("published_on", text("Published"), Kind.DATE),
                    Column("reason", text("Reason")),
                    Column("note", text("Note")),
                    Column("changed", text("Cells changed"), Kind.COUNT),
                    Column("sha256", text("Hash (SHA-256)")),
                ],
                rows=[_revision(subject, each) for each in told],
                summary=language.counted(
                    "{count} version so far.", "{count} versions so far.", len(told)
                )
                if told
                else text("This reading is not a published version."),
                note=text("Published bytes never change; a correction is a new version."),
            )
        ],
    )


def _revision(subject: Subject, each: Json) -> list[Cell]:
    reason = each.get("reason")
    version = each["version"]
    changed = each.get("changed") if version > 1 else None
    on = each.get("published_on")
    return [
        Cell(version, Status.NORMAL, f"/reports/{subject.period.id}/v{version}"),
        Cell(date.fromisoformat(on[:10]) if on else None, key=on),
        Cell(subject.language.named("reason", reason), key=reason) if reason else Cell(None),
        Cell(each.get("note")),
        Cell(
            None if changed is None else len(changed),
            Status.NOT_APPLICABLE if changed is None else Status.NORMAL,
        ),
        Cell(each.get("sha256")),
    ]


def provenance(subject: Subject) -> Section:
    """Return what the report was made from and by, and its seal when it has one."""
    text = subject.language.text
    return Section(
        id="provenance",
        title=text("Provenance"),
        tables=[_ledgers(subject), _made(subject)],
    )


def _ledgers(subject: Subject) -> Table:
    language = subject.language
    text = language.text
    ledgers = subject.document["provenance"]["ledgers"]
    return Table(
        id="ledgers",
        caption=text("Facts it was made from"),
        columns=[
            Column("ledger", text("Ledger")),
            Column("facts", text("Facts"), Kind.COUNT, language.named("unit", "facts")),
        ],
        rows=[
            *(
                [
                    Cell(capital(language.named("ledger", ledger)), key=ledger),
                    Cell(facts, Status.NORMAL),
                ]
                for ledger, facts in sorted(ledgers.items())
            ),
            [Cell(text("Total"), key="total"), Cell(sum(ledgers.values()), Status.NORMAL)],
        ],
        summary=language.counted(
            "{count} fact was known.", "{count} facts were known.", sum(ledgers.values())
        ),
        sums=True,
    )


def _made(subject: Subject) -> Table:
    language = subject.language
    text = language.text
    document = subject.document
    origin = document["provenance"]
    seal = document.get("seal") or {}
    said = [
        ("known_at", language.instant(subject.known_at)),
        *((name, str(origin[name])) for name in MADE_BY),
        *((name, str(seal[name])) for name in SEAL if name in seal),
    ]
    return Table(
        id="made",
        caption=text("What it was made by"),
        columns=[Column("what", text("What")), Column("value", text("Value"))],
        rows=[
            [Cell(capital(language.named("origin", name)), key=name), Cell(value)]
            for name, value in said
        ],
        summary=text("As known on {moment}.", moment=language.instant(subject.known_at)),
        note=text("The same facts, definitions and code make the same report again."),
    )
