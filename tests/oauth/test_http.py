"""A provider may be slow, broken or hostile: it costs it our sign-ins, and costs us nothing."""

import asyncio
import gzip
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from tripkit.errors import Busy, ProviderUnavailable
from tripkit.oauth import http
from tripkit.oauth.base import CodeProof, IdTokenProof, OAuthProvider

from ..openid import OpenID
from ..standin import send
from .conftest import CALLBACK, VERIFIER, wait
from .test_openid import answer_of, send_json

Home = Callable[..., OAuthProvider]
TEN_MEGABYTES = 10 * 1024 * 1024


def html(handler: Any) -> None:
    send(handler, 200, b"<html>Welcome</html>", {"Content-Type": "text/html"})


def no_type(handler: Any) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "2")
    handler.end_headers()
    handler.wfile.write(b"{}")


def large(handler: Any) -> None:
    send(handler, 200, b"[" + b" " * TEN_MEGABYTES + b"]", {})


def large_without_end(handler: Any) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Connection", "close")
    handler.end_headers()
    for _ in range(TEN_MEGABYTES // 1024):
        handler.wfile.write(b" " * 1024)


def bomb(handler: Any) -> None:
    send(handler, 200, gzip.compress(b" " * TEN_MEGABYTES), {"Content-Encoding": "gzip"})


def redirect(handler: Any) -> None:
    send(handler, 302, b"", {"Location": f"http://{handler.headers['host']}/private"})


def slow_body(handler: Any) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    drip(handler, b" ")


def slow_head(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    drip(handler, b"X-Drip: 1\r\n")


def drip(handler: Any, part: bytes) -> None:
    for _ in range(200):
        handler.wfile.write(part)
        handler.wfile.flush()
        time.sleep(0.05)


def silent(handler: Any) -> None:
    handler.rfile.read(1)


def hangs_up(handler: Any) -> None:
    handler.close_connection = True


def not_http(handler: Any) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
    handler.close_connection = True


HOSTILE: dict[str, tuple[Callable[[Any], None], str]] = {
    "html": (html, "does not answer with JSON"),
    "no type": (no_type, "does not answer with JSON"),
    "500": (lambda handler: send(handler, 500, {"error": "server_error"}, {}), "status 500"),
    "503 as a page": (lambda handler: handler.send_error(503), "status 503"),
    "redirect": (redirect, "leads elsewhere"),
    "10 MB": (large, "more than 262144 bytes"),
    "10 MB without a length": (large_without_end, "more than 262144 bytes"),
    "a bomb": (bomb, "compressed"),
    "not JSON": (lambda handler: send_json(handler, b"<html>"), "cannot be used|does not answer with a JSON object"),
    "not UTF-8": (lambda handler: send_json(handler, b'{"issuer": "\xff"}'), "cannot be used|JSON object"),
    "JSON of another kind": (lambda handler: send_json(handler, b"[1]"), "cannot be used|JSON object"),
    "nothing": (lambda handler: send_json(handler, b""), "cannot be used|JSON object"),
    "too deep": (lambda handler: send_json(handler, b"[" * 100_000), "cannot be used|JSON object"),
    "a slow body": (slow_body, "did not answer within 1 s"),
    "a slow head": (slow_head, "did not answer within 1 s"),
    "silence": (silent, "did not answer within 1 s"),
    "a closed connection": (hangs_up, "cannot be reached"),
    "another protocol": (not_http, "cannot be reached"),
}
PATHS = ("/.well-known/openid-configuration", "/jwks", "/token", "/userinfo")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("how", HOSTILE)
def test_a_provider_that_answers_badly_is_unavailable_and_soon(openid: OpenID, home: Home, path: str, how: str) -> None:
    openid.userinfo = {}  # so that it is asked
    hostile, reason = HOSTILE[how]
    provider = home(timeout=1 if "within 1 s" in reason else 20)
    code = answer_of(home())["code"]
    openid.hostile[path] = hostile
    openid.asked.clear()
    began = time.monotonic()
    with pytest.raises(ProviderUnavailable, match=reason) as failed:
        wait(provider.identify(CodeProof(code, CALLBACK, VERIFIER, "n", None)))
    assert time.monotonic() - began < 4
    assert "s3cret" not in str(failed.value)
    assert code not in str(failed.value) + failed.value.where
    assert openid.url not in str(failed.value)
    assert "/private" not in openid.asked


def test_a_provider_that_is_not_there_is_unavailable(home: Home) -> None:
    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        wait(home(issuer="http://127.0.0.1:9").identify(IdTokenProof("x", "n")))


def test_the_loop_goes_on_while_a_provider_is_slow(openid: OpenID, home: Home) -> None:
    openid.hostile["/.well-known/openid-configuration"] = silent
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - before)

    async def sign_in() -> None:
        watcher = asyncio.create_task(watch())
        with pytest.raises(ProviderUnavailable):
            await home(timeout=1).identify(IdTokenProof("x", "n"))
        watcher.cancel()

    wait(sign_in())
    assert longest < 0.5


def test_only_so_many_may_wait_for_one_provider(openid: OpenID, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MOST_AT_ONCE", 3)
    openid.hostile["/token"] = silent
    provider = home(timeout=1)
    proofs = [CodeProof(answer_of(provider)["code"], CALLBACK, VERIFIER, "n", None) for _ in range(5)]

    async def all_of_them() -> list[Any]:
        return await asyncio.gather(*(provider.identify(proof) for proof in proofs), return_exceptions=True)

    outcomes = [type(each) for each in wait(all_of_them())]
    assert sorted(outcomes, key=str) == [Busy] * 2 + [ProviderUnavailable] * 3
    openid.hostile.clear()
    assert wait(provider.identify(CodeProof(answer_of(provider)["code"], CALLBACK, VERIFIER, "n", None)))


def test_nothing_that_is_sent_is_logged(openid: OpenID, home: Home, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    provider = home()
    code = answer_of(provider)["code"]
    caplog.clear()
    wait(provider.identify(CodeProof(code, CALLBACK, VERIFIER, "n", None)))
    assert not [record for record in caplog.records if record.name.startswith(("httpx2", "httpcore2", "authlib"))]
