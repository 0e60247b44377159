"""Repair: what can be done, and doing it once it is clear what that changes."""

from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.operations.presentation.pages import Entry
from services.operations.web.acting import ACTS, IDS_MAX, MANY, Act, Values, told_of
from services.operations.web.answering import as_page
from services.operations.web.parts import Parts
from shared.access import Action, may
from shared.errors import InvalidData, NotFound, Violation
from shared.operator_log import Actor
from shared.site.problems import Problem

ENTRY = Entry("/repair", "Repair")
REASON_CHARACTERS_MAX = 1_000
IDS_LOGGED_MAX = 100
"""Of so many messages the numbers stand in the operators' log; of more, how many there were."""


def routes(parts: Parts) -> list[Route]:
    """Return the routes of repair."""

    async def repair(request: Request) -> Response:
        token = await parts.door.token_of(request) or ""
        questions = await parts.deciding.questions(token)
        seen = parts.looking.seen
        reporting = seen.service("reporting") if seen else None
        return as_page(
            "repair.html",
            request,
            questions=questions,
            projections=reporting.projections if reporting else {},
            rejected=sum(
                each.backlog.rejected for each in (seen.services if seen else ()) if each.backlog
            ),
        )

    async def confirm(request: Request) -> Response:
        act = _act(request)
        values = act.values_in(request.query_params.getlist)
        token = await parts.door.token_of(request) or ""
        foreseen = await act.foresee(parts, values, token)
        who = request.state.principal.name
        response = as_page(
            "confirm.html",
            request,
            act=act,
            values=values,
            foreseen=foreseen,
            told=told_of(foreseen.tally, would=True) if foreseen.tally else (),
            mark=parts.once.give(who, _what(act, values)),
            reason_characters_max=REASON_CHARACTERS_MAX,
        )
        response.headers["Cache-Control"] = "no-store"  # a form is good for once
        return response

    async def done(request: Request) -> Response:
        act = _act(request)
        try:
            form = await request.form(max_files=0, max_fields=IDS_MAX + len(act.fields) + 2)
        except HTTPException as error:
            raise Problem(400, "Bad form", f"{error.detail}.") from None

        def said(name: str) -> Sequence[str]:
            return [each for each in form.getlist(name) if isinstance(each, str)]

        values, reason = act.values_in(said), _reason(act, said("reason"))
        token = await parts.door.token_of(request) or ""
        principal = request.state.principal
        parts.once.take("".join(said("mark")), principal.name, _what(act, values))
        with parts.operator_log.recording(
            Actor(principal.name, "principal"),
            act.word,
            one_or_count(values),
            now=parts.now(),
            reason=reason or None,
            details=_details(values),
        ):
            sentence = await act.do(parts, values, reason, token)
        return as_page("done.html", request, act=act, sentence=sentence)

    return [
        parts.door.page("/repair", repair),
        parts.door.page("/repair/{act}", confirm),
        parts.door.change("/repair/{act}", done, Action.WATCH),
    ]


def _act(request: Request) -> Act:
    """Return what is to be done.

    Raises:
        NotFound: there is no such act.
        Problem: whoever asks may not do it.
    """
    name, principal = request.path_params["act"], request.state.principal
    act = ACTS.get(name)
    if act is None:
        raise NotFound(f"there is no act called {name}: there are {', '.join(ACTS)}")
    if not may(principal, act.needs):
        raise Problem(403, "Not allowed", f"The role {principal.role} may not {act.needs}.")
    return act


def one_or_count(values: Values) -> str:
    """Return what an act is done on, for the log."""
    ids = values[MANY]
    return ids[0] if len(ids) == 1 else f"{len(ids)} messages"


def _details(values: Values) -> dict[str, object]:
    others: dict[str, object] = {name: given[0] for name, given in values.items() if name != MANY}
    ids = values[MANY]
    return others | ({"ids": list(ids)} if 1 < len(ids) <= IDS_LOGGED_MAX else {})


def _what(act: Act, values: Values) -> str:
    """Return what tells one thing to do from every other."""
    return sha256(f"{act.name}?{urlencode(values, doseq=True)}".encode()).hexdigest()


def _reason(act: Act, said: Sequence[str]) -> str:
    reason = "".join(said).strip()
    if act.reason == "required" and not reason:
        raise InvalidData([Violation("reason", "is wanted: say why")])
    if len(reason) > REASON_CHARACTERS_MAX:
        problem = f"has at most {REASON_CHARACTERS_MAX:,} characters"
        raise InvalidData([Violation("reason", problem)])
    return reason
