"""As much of curl as the documentation uses, for machines that have none."""

import argparse
import http.client
import sys
from urllib.parse import urlsplit

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def main() -> None:
    options = _options().parse_args()
    headers = dict(header.split(": ", 1) for header in options.header)
    body = options.json or "&".join(options.data)
    if body:
        headers = {"Content-Type": JSON if options.json else FORM, **headers}
    url = urlsplit(options.url)
    assert url.hostname
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
    target = url.path + (f"?{url.query}" if url.query else "")
    connection.request(options.request or ("POST" if body else "GET"), target, body.encode() or None, headers)
    answer = connection.getresponse()
    if options.include:
        print(f"HTTP/1.1 {answer.status} {answer.reason}")
        print("".join(f"{name}: {value}\n" for name, value in answer.getheaders()))
    sys.stdout.write(answer.read().decode())
    connection.close()


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="curl", allow_abbrev=False)
    parser.add_argument("-s", "--silent", action="store_true")
    parser.add_argument("-i", "--include", action="store_true")
    parser.add_argument("-X", "--request")
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("-d", "--data", action="append", default=[])
    parser.add_argument("--json")
    parser.add_argument("url")
    return parser


if __name__ == "__main__":
    main()
