"""What a mapping file says: which column means what, and what the words in it stand for."""

import tomllib
from collections.abc import Mapping as MappingOf
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from shared.contracts.values import (
    ActivityKind,
    Contract,
    Country,
    Organisation,
    Position,
    Role,
    Slug,
    Subdivision,
    TimeZone,
)
from shared.errors import violations_of
from shared.importing.reading import FileRefused, Problem
from shared.importing.tables import heading_key

MAPPING_BYTES_MAX = 256 * 1024

PersonField = Literal["email", "name", "organisation", "position", "city", "subdivision", "country"]


def _folded(table: Any) -> Any:
    """Return a table with its keys in the form in which words are compared."""
    return {heading_key(str(key)): value for key, value in table.items()} if _is(table) else table


def _is(table: Any) -> bool:
    return isinstance(table, dict)


Folded = BeforeValidator(_folded)


class Defaults(Contract):
    """What holds where a file says nothing."""

    country: Country | None = None
    organisation: str | None = None


class Roles(Contract):
    """Who is not an attendee: by address, by the domain of it, by being of the account itself."""

    emails: Annotated[dict[str, Role], Folded] = Field(default_factory=dict)
    domains: Annotated[dict[str, Role], Folded] = Field(default_factory=dict)
    account_members: Role | None = None

    def of(self, email: str | None, *, account_member: bool) -> Role | None:
        """Return the role of somebody, or None when nothing is said of them."""
        address = (email or "").casefold()
        told = self.emails.get(address) or self.domains.get(address.rpartition("@")[2])
        return told or (self.account_members if account_member else None)


class Mapping(Contract):
    """A mapping file; every table of it may be left out."""

    columns: dict[str, str] = Field(default_factory=dict)
    ignore: tuple[str, ...] = Field(default=(), strict=False)
    defaults: Defaults = Defaults()
    positions: Annotated[dict[str, Position], Folded] = Field(default_factory=dict)
    roles: Roles = Roles()
    countries: Annotated[dict[str, Country], Folded] = Field(default_factory=dict)
    subdivisions: Annotated[dict[str, Subdivision], Folded] = Field(default_factory=dict)
    activities: dict[str, Slug] = Field(default_factory=dict)
    kinds: Annotated[dict[str, ActivityKind], Folded] = Field(default_factory=dict)
    organisers: Annotated[dict[str, Organisation], Folded] = Field(default_factory=dict)
    time_zones: dict[str, TimeZone] = Field(default_factory=dict)

    def headings(self, field: str, usual: tuple[str, ...]) -> tuple[str, ...]:
        """Return the headings of a field: the one told, else the usual ones."""
        return (self.columns[field],) if field in self.columns else usual

    def activity(self, outside_id: str) -> str | None:
        """Return the activity that a platform knows under an id of its own."""
        plain = plain_id(outside_id)
        return next(
            (ours for theirs, ours in self.activities.items() if plain_id(theirs) == plain), None
        )


def plain_id(text: str) -> str:
    """Return a platform's id as it is compared: 812 3456 7890 and 812-3456-7890 are the same."""
    return "".join(each for each in text.casefold() if each.isalnum() or each in "@._")


def mapping_of(content: bytes) -> Mapping:
    """Return what a mapping file in TOML says.

    Raises:
        FileRefused: it cannot be read, or says something that is not known here.
    """
    if len(content) > MAPPING_BYTES_MAX:
        raise FileRefused(f"the mapping file has more than {MAPPING_BYTES_MAX // 1024} kB")
    try:
        table: MappingOf[str, Any] = tomllib.loads(content.decode())
        return Mapping.model_validate(table)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileRefused(f"the mapping file is not TOML: {error}") from None
    except ValidationError as error:
        raise FileRefused(
            *(
                Problem(0, f"mapping file, {each.field}", each.description)
                for each in violations_of(error)
            )
        ) from None
