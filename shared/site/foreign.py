"""Forms that another site sends with the cookie of somebody's browser are refused."""

from starlette.requests import Request

from shared.site.problems import Problem


def refuse_foreign(request: Request) -> None:
    """Refuse a form that another site sends with this browser's cookie.

    Raises:
        Problem: the request says that it comes from elsewhere.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:  # a browser says it, and no page can make it say anything else
        is_foreign = site not in ("same-origin", "none")
    else:
        host = request.headers.get("host")
        is_foreign = origin is not None and origin.partition("://")[2] != host
    if is_foreign:
        raise Problem(403, "Not allowed", "This form was sent from another site.")
