"""What a child process runs first: it gives up root if told to, and dies with its parent.

Run as a file of its own, `launcher.py PARENT_PID DEATH_SIGNAL USER COMMAND…`, because doing this
between fork and exec is not safe in a parent with threads. It then becomes the command.
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def main(parent: str, death_signal: str, user: str, *command: str) -> None:
    """Become the command; an empty user keeps the present one."""
    if user:
        entry = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    if sys.platform == "linux":
        # After the change of user, which would clear it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != int(parent):
            sys.exit("The supervisor is gone, so this process does not start.")
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])
