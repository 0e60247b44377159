"""Texts that have broken something somewhere."""

NASTY = [
    *("\x00", "\ud800", "\ufffe", "\u202e", "é", "e\u0301", "%00", "%C0%AF", '"', "\\", "\n", " "),
    *("' or 1=1 --", "<script>alert(1)</script>", "=cmd()", "../../etc", "${jndi:x}", "x" * 9000),
]
