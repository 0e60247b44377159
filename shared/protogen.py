"""Python code from the gRPC definitions in proto/, and the guard over their released form.

    python -m shared.protogen            build what is out of date, make it importable
    python -m shared.protogen check      lint the definitions, refuse changes that break callers
    python -m shared.protogen release    what stands now is what callers may rely on

Needs the development tools (grpcio-tools, mypy-protobuf, buf), but no activated environment and no
network: every tool is the one beside the interpreter.
"""

import argparse
import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BUILT = ROOT / "build" / "proto"
RELEASED = "proto/released.json"
PATH_FILE = "tandem-protos.pth"
STAMP = ".built-from"
LOCK = ".lock"
TOOLS = ("grpcio-tools", "mypy-protobuf")
PLUGINS = ("protoc-gen-mypy", "protoc-gen-mypy_grpc")
DEFINITIONS = ("messageType", "enumType", "extension", "service")


class ProtogenError(Exception):
    """A tool is missing or refused its work; the text is what it said."""


def build(out: Path = BUILT, root: Path = ROOT) -> bool:
    """Compile proto/ into `out` unless it is up to date; return whether anything was done.

    The old code stays in place until the new is complete; a second builder waits for the first.
    """
    sources = sorted((root / "proto").rglob("*.proto"))
    fingerprint = _fingerprint(sources, root)
    stamp = out / STAMP
    out.mkdir(parents=True, exist_ok=True)
    with _alone(out), tempfile.TemporaryDirectory(dir=out, prefix=".building-") as scratch:
        if stamp.is_file() and stamp.read_text("utf-8") == fingerprint:
            return False
        _compile(sources, root / "proto", Path(scratch))
        _replace(out / "tandem", Path(scratch) / "tandem", Path(scratch) / "replaced")
        stamp.write_text(fingerprint, "utf-8")
    return True


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the lock on `out`; it goes with the process, however that ends."""
    with (out / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fingerprint(sources: Sequence[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for tool in TOOLS:
        digest.update(f"{tool} {version(tool)}\n".encode())
    for source in sources:
        digest.update(f"{source.relative_to(root).as_posix()}\n".encode() + source.read_bytes())
    return digest.hexdigest()


def _compile(sources: Sequence[Path], proto: Path, out: Path) -> None:
    plugins = [f"--plugin={name}={_tool(name)}" for name in PLUGINS]
    with as_file(files("grpc_tools") / "_proto") as google:
        _run(
            [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={proto}"]
            + [f"--proto_path={google}", *plugins]
            + [f"--{kind}_out={out}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
            + [str(source) for source in sources],
            cwd=proto,
        )


def _replace(old: Path, new: Path, aside: Path) -> None:
    if old.exists():
        old.rename(aside)
    new.rename(old)


def make_importable(out: Path = BUILT) -> Path | None:
    """Put `out` on this environment's import path; return the file that does it, if one is needed.

    `tandem` is a namespace package, so nothing else needs to know where it lies.
    """
    site = Path(sysconfig.get_path("purelib"))
    if out.resolve() == site.resolve():
        return None
    path_file = site / PATH_FILE
    line = f"{out.resolve()}\n"
    if not path_file.is_file() or path_file.read_text("utf-8") != line:
        path_file.write_text(line, "utf-8")
    return path_file


def check(root: Path = ROOT) -> None:
    """Refuse definitions that break buf.yaml's rules, or callers of the released ones.

    Raises:
        ProtogenError: with buf's findings, one a line.
    """
    _run([_tool("buf"), "lint"], cwd=root)
    _run([_tool("buf"), "breaking", "--against", RELEASED], cwd=root)


def release(root: Path = ROOT) -> Path:
    """Write the present definitions down as released: one definition a line, so diffs read well."""
    with tempfile.TemporaryDirectory() as scratch:
        image = Path(scratch) / "image.json"
        _run([_tool("buf"), "build", "--exclude-source-info", "-o", str(image)], cwd=root)
        document = json.loads(image.read_text("utf-8"))
    released = root / RELEASED
    released.write_text("".join(_lines(document)), "utf-8")
    return released


def _lines(image: dict[str, Any]) -> Iterator[str]:
    yield '{"file": [\n'
    for number, file in enumerate(image["file"]):
        ours = {kind: file.pop(kind) for kind in DEFINITIONS if kind in file and _is_ours(file)}
        yield (",\n" if number else "") + json.dumps(file)[:-1]
        for kind, definitions in ours.items():
            yield f', "{kind}": [\n'
            yield ",\n".join(f"  {json.dumps(definition)}" for definition in definitions)
            yield "]"
        yield "}"
    yield "\n]}\n"


def _is_ours(file: dict[str, Any]) -> bool:
    return str(file["name"]).startswith("tandem/")


def _tool(name: str) -> str:
    """Return the executable beside the interpreter, else the one on the PATH."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.is_file() else shutil.which(name)
    if found is None:
        raise ProtogenError(f"{name} is not installed; install this project's dev dependencies")
    return found


def _run(command: Sequence[str], cwd: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own tools, our own arguments
        command, cwd=cwd, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ProtogenError((done.stdout + done.stderr).strip())


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m shared.protogen", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("task", nargs="?", choices=["build", "check", "release"], default="build")
    parser.add_argument(
        "--out", type=Path, default=BUILT, help="where the built code goes and is imported from"
    )
    options = parser.parse_args(arguments)
    try:
        if options.task == "check":
            check()
            print("proto: clean, and nothing that was released is broken")
        elif options.task == "release":
            print(f"proto: released as {release().relative_to(ROOT)}")
        else:
            done = build(options.out)
            make_importable(options.out)
            print(f"proto: {'built into' if done else 'up to date in'} {options.out}")
    except ProtogenError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
