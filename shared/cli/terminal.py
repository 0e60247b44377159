"""What every command prints with, and how it prints what somebody else wrote."""

from rich.console import Console


def plain_console() -> Console:
    """Return a console for lines that stay whole, so that they can be copied and piped."""
    return Console(soft_wrap=True, highlight=False, markup=False)


def printable(text: str) -> str:
    """Return text of others without the control characters that a terminal would obey."""
    return "".join(each if each.isprintable() or each in "\n\t" else "\ufffd" for each in text)
