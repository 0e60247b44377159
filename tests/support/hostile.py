"""Events that mean harm, or were never thought of: the same ones for the same seed.

Every message differs from every other one in its bytes, so that each is kept, and can be counted.
Some say the same thing under the same id all the same: those are repeats, and count once.
"""

import gzip
import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from shared.contracts.envelope import STRUCTURED
from shared.publishing import Outgoing
from tests.support.recording import SAMPLES, documents_of

SOURCE = "hostile"
ARBITRARY_VALUES = 400
OWNERS = ("membership", "events", "resources")
TYPES = sorted(path.stem for owner in OWNERS for path in SAMPLES.glob(f"tandem.{owner}.*.json"))
TAKEN, REFUSED = "taken", "refused"
LARGE_EVERY = 2000
"""Messages of a megabyte are rare, so that the stream holds them all."""

TEXTS = {
    "NUL": "a\0b",
    "control": "a\x07b\x1b[31m",
    "line breaks": "a\r\nb: c",
    "bidi override": "abc\u202edcba",
    "bidi isolate": "\u2066x\u2069",
    "private use": "\ue000",
    "unassigned": "\u0378",
    "combining": "Z" + "\u0301" * 500,
    "emoji": "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "homoglyph": "аthens-оh",
    "full width": "ａｔｈｅｎｓ",
    "Turkish": "İıſK",
    "Arabic": "مدينة غينت",
    "SQL": "'); drop table ledger; --",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "formula": '=HYPERLINK("http://example.org","x")',
    "formula at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "template": "{{7*7}}${7*7}<%= 7*7 %>%s%n",
    "path": "../../../../etc/passwd",
    "log": 'x", "level": "CRITICAL", "y": "',
    "long": "x" * 8192,
    "too long": "x" * 8193,
    "much too long": "x" * 100_000,
    "empty": "",
    "blank": " \t\u2003",
    "numeral": "٤٢",
    "null": "null",
    "percent": "%00%zz%E2%80%AE%",
}
"""Texts with a name each."""
OF_TITLES = ("SQL", "HTML", "formula", "formula at", "template", "path", "log", "emoji", "Arabic")
"""Harmless where they are only shown: such titles are taken."""
TIMES = (
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "2024-03-27T14:00:00",
    "2024-02-30T10:00:00Z",
    "2024-03-27T24:00:00Z",
    "2024-03-27T23:59:60Z",
    "2024-03-27T14:00:00+99:99",
    "1700000000",
    "2024-03-31T02:30",
    "2024-W13-3",
    "tomorrow",
    "-2024-03-27T00:00:00Z",
    "٢٠٢٤-٠٣-٢٧",
)
VALUES: tuple[Any, ...] = (
    *TEXTS.values(),
    *TIMES,
    None,
    True,
    0,
    -1,
    1.5,
    1e308,
    10**17,
    2**63,
    [],
    {},
    [[]],
    [None] * 50,
    {"$ref": "#"},
    {"__class__": "x", "constructor": {"prototype": 1}},
)
JSON_NUMBERS = ("9" * 400, "-" + "9" * 19, "1e400", "NaN", "-Infinity", "00", "1.", "0x10")
CONTENT_TYPES = (
    "application/cloudevents-batch+json",
    "application/cloudevents+xml",
    "text/html",
    "application/json; charset=utf-16",
    "",
    "APPLICATION/CLOUDEVENTS+JSON; charset=utf-8",
    "multipart/form-data; boundary=x",
)


@dataclass(frozen=True, slots=True)
class Hostile:
    """A message, what is wrong with it, and what must become of it where that is plain.

    `says` is what it says and under which id, where others may say that too.
    """

    kind: str
    message: Outgoing
    must_be: str | None = None
    says: str | None = None


def hostile(count: int, number: int = 7) -> Iterator[Hostile]:
    """Return so many hostile messages of the source, each under an id of its own.

    What hypothesis makes up takes some seconds, and is made before this returns.
    """
    return _hostile(count, number, arbitrary_values(number))


def _hostile(count: int, number: int, arbitrary: list[Any]) -> Iterator[Hostile]:
    chance = random.Random(number)
    makers: tuple[Callable[..., Hostile], ...] = (
        _value, _value, _value, _arbitrary, _arbitrary, _missing, _unknown, _attribute, _attribute,
        _bytes, _bytes, _nested, _numbers, _twice, _headers, _binary, _subject, _title, _title,
    )  # fmt: skip
    for n in range(count):
        if n % LARGE_EVERY == LARGE_EVERY - 1:
            yield _large(chance, f"{number}-{n}", arbitrary)
        else:
            yield chance.choice(makers)(chance, f"{number}-{n}", arbitrary)


def arbitrary_values(number: int) -> list[Any]:
    """Return JSON values that hypothesis makes up, the same ones for the same seed."""
    found: list[Any] = []
    texts = st.text(max_size=60)
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts
    inner = st.recursive(
        leaves,
        lambda part: st.lists(part, max_size=5) | st.dictionaries(texts, part, max_size=5),
        max_leaves=20,
    )

    @seed(number)
    @settings(
        max_examples=ARBITRARY_VALUES,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(inner)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


# Each maker takes chance, an id of the message's own, and values that hypothesis made up.


def _event(chance: random.Random, id_: str) -> dict[str, Any]:
    """Return a message of the contract as it should be."""
    type_ = chance.choice(TYPES)
    return {
        "specversion": "1.0",
        "id": id_,
        "source": f"/systems/{SOURCE}",
        "type": type_,
        "time": "2024-03-27T15:00:00Z",
        "data": deepcopy(chance.choice(documents_of(type_))),
    }


def _subject_of(event: dict[str, Any]) -> str:
    _, owner, name, _ = event["type"].split(".")
    return f"intake.{SOURCE}.{owner}.{name}"


def _sent(
    kind: str,
    event: dict[str, Any],
    body: bytes | None = None,
    must_be: str | None = None,
    subject: str | None = None,
) -> Hostile:
    headers = {"Content-Type": STRUCTURED, "X-Number": str(event["id"])}
    content = json.dumps(event).encode() if body is None else body
    return Hostile(kind, Outgoing(subject or _subject_of(event), headers, content), must_be)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place within a document: what holds it, and under which key."""
    if isinstance(value, dict | list):
        keys = value.keys() if isinstance(value, dict) else range(len(value))
        for key in list(keys):
            yield value, key
            yield from _places(value[key])


def _put(chance: random.Random, event: dict[str, Any], value: Any) -> None:
    places = list(_places(event["data"]))
    if not places:
        event["data"] = value
        return
    holder, key = chance.choice(places)
    holder[key] = value


def _value(chance: random.Random, id_: str, arbitrary: list[Any]) -> Hostile:
    event = _event(chance, id_)
    _put(chance, event, chance.choice(VALUES))
    return _sent("a field with a nasty value", event)


def _arbitrary(chance: random.Random, id_: str, arbitrary: list[Any]) -> Hostile:
    event = _event(chance, id_)
    _put(chance, event, chance.choice(arbitrary))
    return _sent("a field with a made-up value", event)


def _missing(chance: random.Random, id_: str, arbitrary: list[Any]) -> Hostile:
    event = _event(chance, id_)
    places = [place for place in _places(event["data"]) if isinstance(place[0], dict)]
    if places:
        holder, key = chance.choice(places)
        del holder[key]
    return _sent("a field that is missing", event)


def _unknown(chance: random.Random, id_: str, arbitrary: list[Any]) -> Hostile:
    event = _event(chance, id_)
    name = chance.choice(["recorded_at", "actor", "__proto__", "a.b", "\u202e", "x" * 500, "", "0"])
    event["data"][name] = chance.choice(VALUES)
    return _sent("a field that is unknown", event, must_be=REFUSED)


def _attribute(chance: random.Random, id_: str, arbitrary: list[Any]) -> Hostile:
    event = _event(chance, id_)
    subject = _subject_of(event)
    name = chance.choice(["id", "source", "type", "time", "specversion", "data", "subject"])
    event[name] = chance.choice(VALUES + tuple(arbitrary))
    says = None
    if name == "id":
        says = json.dumps(event)
        event["traceparent"] = id_  # the bytes stay its own
    body = json.dumps(event).encode()
    headers = {"Content-Type": STRUCTURED, "X-Number": id_}
    message = Outgoing(subject, headers, body)
    return Hostile("an attribute with a nasty value", message, says=says)


def _bytes(chance: random.Random, id_: str, arbitrary: list[Any]) -> Hostile:
    event = _event(chance, id_)
    body = json.dumps(event).encode()
    cut = chance.randrange(1, len(body))
    broken = (
        body[:-1] if cut % 2 else body[:cut],
        body + b"}",
        gzip.compress(body, mtime=0),
        body.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + body,
        body.replace(b'"data"', b'"d\xff\xfeata"'),
        body.replace(b": {", b": {\0", 1) + b"\0",
        chance.randbytes(200),
        b"",
        f"<event id='{id_}'/>".encode(),
        json.dumps([event]).encode(),
        json.dumps(id_).encode(),
        json.dumps(event).encode().replace(b'"specversion"', b'"\\ud800"'),
        body.replace(b'"', b"'"),
    )
    return _sent("bytes that are no event", event, chance.choice(broken), REFUSED)


def _nested(chance: random.Random, id_: str, arbitrary: list[Any]) -> Hostile:
    event = _event(chance, id_)
    depth = chance.choice([33, 40, 500, 5000])
    value = chance.choice(['{"a":' * depth + "1" + "}" * depth, "[" * depth + "]" * depth])
    body = json.dumps(event | {"data": "HERE"}).replace('"HERE"', value).encode()
    return _sent("levels without end", event, body, REFUSED)


def _numbers(chance: random.Random, id_: str, arbitrary: list[Any]) -> Hostile:
    event = _event(chance, id_)
    _put(chance, event, "HERE")
    body = json.dumps(event).replace('"HERE"', chance.choice(JSON_NUMBERS)).encode()
    return _sent("a number beyond bounds", event, body, REFUSED)


def _twice(chance: random.Random, id_: str, arbitrary: list[Any]) -> Hostile:
    event = _event(chance, id_)
    body = json.dumps(event)
    if chance.random() < 0.5:
        many = json.dumps({f"k{n}": n for n in range(300)})
        body = json.dumps(event | {"data": "HERE"}).replace('"HERE"', many)
        return _sent("too many keys", event, body.encode(), REFUSED)
    body = body[:-1] + ', "id": "another"}'
    return _sent("a key that stands twice", event, body.encode(), REFUSED)


def _headers(chance: random.Random, id_: str, arbitrary: list[Any]) -> Hostile:
    event = _event(chance, id_)
    bombs: tuple[dict[str, str], ...] = (
        {f"ce-x{n}": "y" * 50 for n in range(300)},
        {"ce-id": "z" * 60_000},
        {"ce-id": id_, "ce-type": "a", "ce-source": "b"},
        {"Content-Type": chance.choice(CONTENT_TYPES)},
        {"traceparent": "00-" + "f" * 500, "baggage": "k=v," * 5000},
        {},
    )
    headers = {"X-Number": id_} | chance.choice(bombs)
    return Hostile(
        "headers that mean harm", Outgoing(_subject_of(event), headers, json.dumps(event).encode())
    )


def _binary(chance: random.Random, id_: str, arbitrary: list[Any]) -> Hostile:
    event = _event(chance, id_)
    headers = {
        f"CE-{name.upper()}": str(value) for name, value in event.items() if name != "data"
    } | {"Content-Type": chance.choice(["application/json", *CONTENT_TYPES])}
    rubbish = ("%", "%zz", "%00", "%ff%fe", "%C0%AF", "%E2%80%AE", "%ED%A0%80", "caf\xc3\xa9")
    name = chance.choice(["CE-ID", "CE-SOURCE", "CE-TIME", "CE-TYPE", "CE-SUBJECT"])
    headers[name] = headers.get(name, "") + chance.choice(rubbish)
    headers["X-Number"] = id_
    message = Outgoing(_subject_of(event), headers, json.dumps(event["data"]).encode())
    return Hostile("percent signs that encode nothing", message)


def _subject(chance: random.Random, id_: str, arbitrary: list[Any]) -> Hostile:
    event = _event(chance, id_)
    owner = chance.choice(OWNERS)
    name = chance.choice(["nothing", "city_registered_", "ACTIVITY_HELD", "a-b", "person_erased"])
    return _sent(
        "a subject of another type", event, None, REFUSED, f"intake.{SOURCE}.{owner}.{name}"
    )


def _title(chance: random.Random, id_: str, arbitrary: list[Any]) -> Hostile:
    data = {
        "activity_id": f"hostile-{id_}",
        "kind": "webinar",
        "title": f"{TEXTS[chance.choice(OF_TITLES)]} {id_}",
        "organisers": ["NLC"],
        "starts_at": "2024-03-27T14:00",
        "time_zone": "America/New_York",
    }
    event = _event(chance, id_) | {"type": "tandem.events.activity_scheduled.v1", "data": data}
    return _sent("a title that would do harm elsewhere", event, must_be=TAKEN)


def _large(chance: random.Random, id_: str, arbitrary: list[Any]) -> Hostile:
    event = _event(chance, id_)
    event["data"]["x"] = "x" * (1100 * 1024)
    return _sent("more than a megabyte", event, must_be=REFUSED)
