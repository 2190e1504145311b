"""Requests that no honest client sends: each is refused or served, at once, and leads to nothing else."""

import gzip
import zlib

import pytest

from ..live import LiveServer
from .wire import Answer, connect, is_problem, request

JSON = "Content-Type: application/json"
PLAN = b'{"title": "T", "destination": "D"}'
TRIP = b"22\r\n" + PLAN + b"\r\n"  # as a chunk


@pytest.fixture
def bearer(api) -> str:
    return f"Authorization: {api.headers['Authorization']}"


def first_answer(server: LiveServer, data: bytes) -> Answer:
    with connect(server) as wire:
        return wire.send(data).answer()


@pytest.mark.parametrize(
    "data",
    [
        request("GET /api/\0plans/"),
        request("GET http://evil.test:999999/healthz"),
        request("GET http://[::1/healthz"),
        request("CONNECT evil.test:443"),
        request("GET ?no=path"),
        request("GET "),
        request("GET  /healthz"),
        b"GET /healthz\r\n\r\n",
        b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        bytes.fromhex("16030100a5010000a10303") + bytes(40) + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\r\n folded: b\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n: no name\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: nul\0\r\n\r\n",
    ],
)
def test_what_cannot_be_a_request_is_400_and_the_connection_ends(server: LiveServer, data: bytes) -> None:
    with connect(server) as wire:
        is_problem(wire.send(data).answer(), 400)
        assert wire.is_closed()


SECOND = request("GET /openapi.json")


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 4", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 4"),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        ("Content-Length: 34", "Content-Length: 34"),
        ("Content-Length: 34", "Content-Length: 0"),
        ("Content-Length: 34, 34",),
        ("Content-Length: +34",),
        ("Content-Length: 0x22",),
        ("Content-Length: 3_4",),
        ("Content-Length: " + "9" * 40,),
        ("Content-Length : 34",),
        ("Content-Length\t: 34",),
        (" Content-Length: 34",),
        ("Content-Length: 34\nTransfer-Encoding: chunked",),
        ("X: a\rTransfer-Encoding: chunked", "Content-Length: 34"),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding : chunked",),
    ],
)
def test_a_body_whose_length_can_be_read_in_two_ways_is_refused_with_all_that_follows(
    server: LiveServer, bearer: str, headers: tuple[str, ...]
) -> None:
    data = request("POST /api/plans/", bearer, JSON, *headers, body=PLAN) + SECOND
    with connect(server) as wire:
        is_problem(wire.send(data).answer(), 400)
        assert wire.is_closed(), "what follows must not be read as a request"


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\n" + PLAN + b"\r\n0\r\n\r\n",
        b"0x22\r\n" + PLAN + b"\r\n0\r\n\r\n",
        b"-22\r\n" + PLAN + b"\r\n0\r\n\r\n",
        "٣٤\r\n".encode() + PLAN + b"\r\n0\r\n\r\n",
        b"\r\n" + PLAN + b"\r\n0\r\n\r\n",
        b"f" * 100 + b"\r\n",
        b"f" * 17 + b"\r\n" + PLAN,
        b"20\r\n" + PLAN + b"\r\n0\r\n\r\n",
        TRIP + b"0\r\nX-Trailer: y\r\n\r\n",
        TRIP + b"0\r\nGET / HTTP/1.1\r\n\r\n",
    ],
)
def test_broken_chunks_are_400_and_the_connection_ends(server: LiveServer, bearer: str, body: bytes) -> None:
    data = request("POST /api/plans/", bearer, JSON, "Transfer-Encoding: chunked", body=body) + SECOND
    with connect(server) as wire:
        is_problem(wire.send(data).answer(), 400)
        assert wire.is_closed()


@pytest.mark.parametrize("body", [TRIP + b"0\r\n\r\n", b"22;a=b\r\n" + PLAN + b"\r\n0\r\n\r\n"])
def test_a_body_in_chunks_is_a_body_like_any_other(server: LiveServer, bearer: str, body: bytes) -> None:
    data = request("POST /api/plans/", bearer, JSON, "Transfer-Encoding: chunked", body=body)
    with connect(server) as wire:
        assert wire.send(data + data).answer().status == 201
        assert wire.answer().status == 201


def test_chunks_of_one_byte_add_up(server: LiveServer, bearer: str) -> None:
    body = b"".join(b"1\r\n%c\r\n" % byte for byte in PLAN) + b"0\r\n\r\n"
    assert (
        first_answer(server, request("POST /api/plans/", bearer, JSON, "Transfer-Encoding: chunked", body=body)).status
        == 201
    )


@pytest.mark.parametrize("announced", ["100000", "7fffffff"])
def test_a_chunk_beyond_the_limit_is_413_before_it_is_sent(server: LiveServer, bearer: str, announced: str) -> None:
    head = request("POST /api/plans/", bearer, JSON, "Transfer-Encoding: chunked")
    with connect(server) as wire:
        wire.send(head + announced.encode() + b"\r\n")
        if announced == "100000":  # exactly 1 MiB is allowed; the next byte is not
            wire.send(b" " * 0x100000 + b"\r\n1\r\nx\r\n")
        is_problem(wire.answer(), 413)


def test_a_length_beyond_the_limit_is_413_before_the_body_is_sent(server: LiveServer, bearer: str) -> None:
    answer = first_answer(server, request("POST /api/plans/", bearer, JSON, "Content-Length: 1048577"))
    is_problem(answer, 413)


def test_a_client_that_expects_100_is_told_to_go_on(server: LiveServer, bearer: str) -> None:
    head = request("POST /api/plans/", bearer, JSON, f"Content-Length: {len(PLAN)}", "Expect: 100-continue")
    with connect(server) as wire:
        assert wire.send(head).answer().status == 100
        assert wire.send(PLAN).answer().status == 201


def test_a_client_that_expects_100_for_too_much_is_refused_without_it(server: LiveServer, bearer: str) -> None:
    head = request("POST /api/plans/", bearer, JSON, "Content-Length: 1048577", "Expect: 100-continue")
    with connect(server) as wire:
        answer = wire.send(head).answer()
        if answer.status == 100:
            answer = wire.answer()
        is_problem(answer, 413)


def test_other_expectations_are_417(server: LiveServer, bearer: str) -> None:
    is_problem(first_answer(server, request("POST /api/plans/", bearer, "Content-Length: 2", "Expect: much")), 417)


def test_pipelined_requests_are_answered_in_their_order(server: LiveServer, bearer: str) -> None:
    def create(title: str) -> bytes:
        body = b'{"title": "%s", "destination": "D"}' % title.encode()
        return request("POST /api/plans/", bearer, JSON, f"Content-Length: {len(body)}", body=body)

    with connect(server) as wire:
        wire.send(create("one") + request("GET /nothing") + create("two") + request("HEAD /healthz") + create("three"))
        assert wire.answer().json()["title"] == "one"
        assert wire.answer().status == 404
        assert wire.answer().json()["title"] == "two"
        assert wire.answer(head_only=True).status == 200
        assert wire.answer().json()["title"] == "three"


def test_a_refused_body_is_not_read_as_the_next_request(server: LiveServer) -> None:
    smuggled = request("GET /openapi.json")
    with connect(server) as wire:
        wire.send(request("POST /nothing", f"Content-Length: {len(smuggled)}", body=smuggled) + request("GET /healthz"))
        assert wire.answer().status == 404
        assert wire.answer().json() == {"status": "ok"}


@pytest.mark.parametrize("target", ["http://tripkit.test/healthz", "http://evil.test/healthz", "/healthz?#fragment"])
def test_absolute_targets_are_served_whatever_host_they_name(server: LiveServer, target: str) -> None:
    answer = first_answer(server, request(f"GET {target}"))
    assert answer.json() == {"status": "ok"}
    assert "evil" not in repr(answer.headers)


@pytest.mark.parametrize("method", ["get", "GeT", "G@T", "X" * 1000, "\xe9"])
def test_methods_are_exact(server: LiveServer, method: str) -> None:
    is_problem(first_answer(server, request(f"{method} /healthz")), 400, 405)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_compressed_body_is_not_unpacked(server: LiveServer, api, bearer: str, coding: str) -> None:
    body = gzip.compress(PLAN) if coding == "gzip" else zlib.compress(PLAN)
    head = (bearer, JSON, f"Content-Encoding: {coding}", f"Content-Length: {len(body)}")
    is_problem(first_answer(server, request("POST /api/plans/", *head, body=body)), 400)
    assert api.get("/api/plans/").json()["results"] == []


def test_trace_repeats_nothing(server: LiveServer) -> None:
    answer = first_answer(server, request("TRACE /healthz", "Authorization: Bearer secret", "Cookie: a=secret"))
    is_problem(answer, 405)
    assert b"secret" not in answer.body


@pytest.mark.parametrize(
    "path",
    ["/.git/config", "/.git/", "/secret.key", "/tripkit.sqlite3", "/tripkit.toml", "/docs/style.css/../../",
     "/docs/..%2f..%2fsecret.key", "/api/", "/static/", "/../secret.key", "/%2e%2e/secret.key", "/debug", "/admin"],
)  # fmt: skip
def test_no_files_and_no_directories_are_served(server: LiveServer, path: str) -> None:
    is_problem(first_answer(server, request(f"GET {path}")), 404)


def test_made_up_methods_do_not_become_labels_of_the_metrics(server: LiveServer, anonymous) -> None:
    for number in range(20):
        first_answer(server, request(f"METHOD{number} /healthz"))
    text = anonymous.get("/metrics", headers={"Authorization": "Bearer a-token-for-prometheus"}).text
    assert "METHOD" not in text
    assert 'method="(other)"' in text


@pytest.mark.parametrize("length", [7_000, 8_193, 100_000])
def test_long_addresses_are_4xx(server: LiveServer, length: int) -> None:
    is_problem(first_answer(server, request("GET /" + "a" * length)), 404, 413)


@pytest.mark.parametrize(
    "path",
    ["/api/plans/%00/", "/api/plans/%ff%fe/", "/%zz/%", "//evil.test/%2e%2e/", "/api/plans/1%2f..%2f2/", "/%0d%0aX:1",
     "/api/plans/" + "9" * 5000 + "/"],
)  # fmt: skip
def test_odd_paths_name_nothing(server: LiveServer, bearer: str, path: str) -> None:
    is_problem(first_answer(server, request(f"GET {path}", bearer)), 404)


@pytest.mark.parametrize("query", ["tag=%0d%0aSet-Cookie:%20a=b", "cursor=%0d%0a", "%0d%0aX=1", "fields=id%0d%0aX:1"])
def test_line_breaks_in_a_query_reach_no_header(server: LiveServer, bearer: str, query: str) -> None:
    answer = first_answer(server, request(f"GET /api/plans/?limit=1&{query}", bearer))
    assert answer.status in (200, 400)
    assert not {"set-cookie", "x"} & answer.headers.keys()


def test_a_filter_with_line_breaks_stays_encoded_in_the_next_link(api) -> None:
    for _ in range(2):
        api.post("/api/plans/", json={"title": "T", "destination": "D", "tags": ["a b&c=d#e%"]}).raise_for_status()
    link = api.get("/api/plans/", params={"limit": 1, "tag": "a b&c=d#e%"}).json()["next"]
    assert len(api.get(link).json()["results"]) == 1


@pytest.mark.parametrize(
    "header",
    [
        'If-Match: "' + "9" * 5000 + '"',
        "If-Match: \xff\xfe",
        'If-None-Match: "' + "9" * 5000 + '"',
        "If-None-Match: ,,,;;",
        "Accept: ;;;,,,/;q=abc",
        "Accept: text/plain;q=nan",
        "Accept: */*;q=" + "9" * 1000,
        'Cookie: ===;;;"\\',
        "Host: [::::",
        "Origin: \xff",
        "Upgrade: websocket",
        "Connection: upgrade",
        "Content-Type: \xff; charset=\xfe",
        "X-Request-ID: forged",
        "User-Agent: \xff\xfe" + "x" * 4000,
        "X-Forwarded-For: " + "1.2.3.4, " * 500,
        "Forwarded: for=;;;by==",
        "Range: bytes=0-999999999999",
        "X-HTTP-Method-Override: DELETE",
        "Idempotency-Key: " + "x" * 5000,
        "Idempotency-Key: \xff",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PATCH", "POST"])
def test_odd_headers_are_ignored_or_refused(
    server: LiveServer, api, plan: dict, bearer: str, method: str, header: str
) -> None:
    path = "/api/plans/" if method == "POST" else f"/api/plans/{plan['id']}/"
    sent = [bearer, header] if header.startswith("Content-Type") else [bearer, JSON, header]
    if method != "GET":
        sent.append(f"Content-Length: {len(PLAN)}")
    answer = first_answer(server, request(f"{method} {path}", *sent, body=b"" if method == "GET" else PLAN))
    assert answer.status in (200, 201, 400, 406, 412, 415), answer
    assert api.get(f"/api/plans/{plan['id']}/").status_code == 200


def test_two_authorizations_are_not_more_than_one(server: LiveServer, bearer: str) -> None:
    answer = first_answer(server, request("GET /api/plans/", "Authorization: Bearer x", bearer))
    assert answer.status in (200, 400, 401)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=", b"--\r\n\r\n--"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense\r\n\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x",
         b'--x\r\nContent-Disposition: form-data; name="email"\r\nContent-Type: a/b; charset=zip\r\n\r\nx\r\n--x--'),
        ("multipart/form-data; boundary=x", b"--x" * 10_000),
        ("application/x-www-form-urlencoded", b"email=%ff&password=x"),
        ("application/x-www-form-urlencoded", b"\xff\xfe"),
        ("application/x-www-form-urlencoded", b"email=%00&password=x"),
        ("application/x-www-form-urlencoded", b"&" * 10_000),
        ("application/x-www-form-urlencoded", b"a=1&" * 10_000),
    ],
)  # fmt: skip
def test_broken_forms_are_400(server: LiveServer, content_type: str, body: bytes) -> None:
    head = ("Content-Type: " + content_type, f"Content-Length: {len(body)}")
    is_problem(first_answer(server, request("POST /api/auth/login/", *head, body=body)), 400)


@pytest.mark.parametrize(
    "email",
    ["a@b@example.org", '"a@b"@@example.org', "@", "a@", "@example.org", "a@[127.0.0.1]", "a b@example.org",
     "a\r\nBcc: b@example.org", "a@exa\u0000mple.org", "a@" + "x" * 300 + ".org", "a@xn--.org", "a@\u202eexample.org"],
)  # fmt: skip
def test_what_is_not_an_address_is_400(anonymous, email: str) -> None:
    form = {"email": email, "username": "hostile", "password": "corr3ct-horse", "password_confirm": "corr3ct-horse"}
    answer = anonymous.post("/api/auth/signup/", json=form)
    assert answer.status_code == 400, answer.text


def test_an_international_address_is_one_account_however_it_is_spelt(anonymous) -> None:
    form = {"username": "idn1", "password": "corr3ct-horse", "password_confirm": "corr3ct-horse"}
    made = anonymous.post("/api/auth/signup/", json=form | {"email": "Zoë@Bücher.example"})
    assert made.status_code == 201, made.text
    for number, spelling in enumerate(("zoë@xn--bcher-kva.example", "ZOE\u0308@bu\u0308cher.EXAMPLE")):
        again = anonymous.post("/api/auth/signup/", json=form | {"email": spelling, "username": f"idn-{number}"})
        assert again.status_code == 409, spelling
        login = anonymous.post("/api/auth/login/", json={"email": spelling, "password": form["password"]})
        assert login.status_code == 200, spelling
