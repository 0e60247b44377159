"""`nats request` as the examples call it, spoken byte by byte: no client library is in between.

Stands in for the command line of NATS, which is not installed: the same options, the same bytes.
"""

import argparse
import base64
import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import nkeys

ANSWER_SECONDS_MAX = 60.0
INBOX = "answer"


def main() -> None:
    """Send one request and print the answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--nkey", type=Path, required=True)
    parser.add_argument("--inbox-prefix", required=True)
    parser.add_argument("command", choices=["request"])
    parser.add_argument("subject")
    parser.add_argument("--header", action="append", default=[])
    parser.add_argument("body")
    given = parser.parse_args()
    address = urlsplit(given.server)
    with socket.create_connection((address.hostname, address.port), ANSWER_SECONDS_MAX) as wire:
        lines = wire.makefile("rb")
        info = json.loads(lines.readline().removeprefix(b"INFO "))
        key = nkeys.from_seed(given.nkey.read_bytes().strip())
        signature = base64.urlsafe_b64encode(key.sign(info["nonce"].encode())).rstrip(b"=")
        connect = {
            "verbose": False,
            "pedantic": False,
            "headers": True,
            "no_responders": True,
            "nkey": key.public_key.decode(),
            "sig": signature.decode(),
        }
        inbox = f"{given.inbox_prefix}.{INBOX}"
        named = "".join(f"{':'.join(_trimmed(each))}\r\n" for each in given.header)
        headers = f"NATS/1.0\r\n{named}\r\n".encode()
        body = given.body.encode()
        sizes = f"{len(headers)} {len(headers) + len(body)}"
        wire.sendall(
            f"CONNECT {json.dumps(connect)}\r\nSUB {inbox} 1\r\n".encode()
            + f"HPUB {given.subject} {inbox} {sizes}\r\n".encode()
            + headers
            + body
            + b"\r\n"
        )
        for line in lines:
            words = line.split()
            if words[0] == b"PING":
                wire.sendall(b"PONG\r\n")
            elif words[0] in (b"MSG", b"HMSG"):
                print(lines.read(int(words[-1])).decode())
                return
            elif words[0] == b"-ERR":
                raise SystemExit(line.decode())


def _trimmed(header: str) -> tuple[str, str]:
    name, _, value = header.partition(":")
    return name.strip(), value.strip()


if __name__ == "__main__":
    main()
