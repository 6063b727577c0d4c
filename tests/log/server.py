"""A real PostgreSQL, from the system's packages, on a socket in a directory of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

_INSTALLED = Path("/usr/lib/postgresql")  # where Debian keeps versions; they are not on the path


def server_programs() -> Path | None:
    """The directory of initdb and pg_ctl, newest version first; None where none is installed."""
    installed = sorted(_INSTALLED.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(installed[-1]) if installed else shutil.which("initdb")
    return Path(found).parent if found else None


@contextmanager
def running_server(programs: Path) -> Iterator[str]:
    """The URL of a server's superuser. It refuses to run as root, so that root runs it as the user nobody."""
    # A socket's path has at most 107 bytes, which directories of pytest may exceed.
    with tempfile.TemporaryDirectory(prefix="pg") as name:
        place = Path(name)
        if os.geteuid() == 0:
            os.chown(place, pwd.getpwnam("nobody").pw_uid, -1)
        data, socket = place / "data", place
        _run(programs / "initdb", "-D", data, "-U", "admin", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={socket} -c fsync=off"
        _run(programs / "pg_ctl", "-D", data, "-w", "-l", place / "server.log", "-o", options, "start")
        try:
            yield f"postgresql://admin@/postgres?host={quote(str(socket), safe='')}"
        finally:
            _run(programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


def _run(*command: object) -> None:
    user = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid} if os.geteuid() == 0 else {}
    subprocess.run(
        [str(each) for each in command],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # the server keeps what it inherits, and a pipe would never end
        cwd="/",
        **user,  # type: ignore[call-overload]
    )
