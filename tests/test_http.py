"""The polite client against a server that misbehaves; no test leaves this machine."""

import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from time import monotonic, sleep
from typing import Any

import pytest
import requests
import urllib3

from pipelines.errors import FetchError, NoContactError
from pipelines.http import Http, Limits, Validators, is_loopback, is_private, user_agent
from tests.servers import Publisher, Reply, Request, bomb, publisher

PAGE = "https://publisher.test/a/page.html"


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now, self.slept = 100.0, list[float]()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def running() -> Iterator[Publisher]:
    with publisher() as server:
        yield server


@pytest.fixture
def server(running: Publisher) -> Publisher:
    running.routes.clear()
    running.requests.clear()
    running.fallback = Reply(b"<h1>404</h1>", 404)
    return running


def client(server: Publisher, clock: Clock | None = None, contact: str | None = None, **limits: float) -> Http:
    sleep = (clock or Clock()).sleep
    return Http(server.url, contact, Limits(**({"timeout_s": 2.0} | limits)), sleep=sleep)  # type: ignore[arg-type]


def replies(*answers: Reply) -> Callable[[Request], Reply]:
    """Answer with these in turn, the last one for ever."""
    left = list(answers)

    def route(_: Request) -> Reply:
        return left.pop(0) if len(left) > 1 else left[0]

    return route


def failure(http: Http, url: str = PAGE) -> FetchError:
    with pytest.raises(FetchError) as error:
        http.get(url)
    assert "http" in error.value.place, "the error names the address"
    return error.value


# -- whom we ask, and who we say we are ----------------------------------------------------------------------


def test_base_replaces_scheme_host_and_port_only() -> None:
    http = Http("http://127.0.0.1:8080/ignored", None)
    assert http.resolve("https://prh.test/a/b.html?c=d%20e&f=1#x") == "http://127.0.0.1:8080/a/b.html?c=d%20e&f=1"
    assert Http(None, None).resolve(PAGE) == PAGE


def test_the_user_agent_carries_the_contact(server: Publisher) -> None:
    server.page("/a/page.html", "x")
    client(server, contact="me@example.test").get(PAGE)
    (request,) = server.requests
    assert request.headers["User-Agent"] == user_agent("me@example.test")
    assert "me@example.test" in request.headers["User-Agent"]
    assert request.headers["User-Agent"].startswith("toiminta-lukuina/")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(requests.Session, "request", refuse)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("base", [None, "https://mirror.test", "http://8.8.8.8"])
def test_no_contact_no_call_to_a_public_host(base: str | None) -> None:
    with pytest.raises(NoContactError, match="LUKUINA_CONTACT"):
        Http(base, None).get(PAGE)
    with pytest.raises(NoContactError):
        Http(base, None).post_json(PAGE, {})


def test_loopback_needs_no_contact(server: Publisher) -> None:
    server.page("/a/page.html", "<p>ä</p>")
    answer = client(server).get(PAGE)
    assert answer.body == "<p>ä</p>".encode()
    assert (answer.status, answer.not_modified) == (200, False)
    assert answer.url == answer.final_url == f"{server.url}/a/page.html"
    assert answer.content_type == "text/html; charset=utf-8"


def test_what_counts_as_this_machine() -> None:
    assert all(map(is_loopback, ("http://127.0.0.1:1", "http://localhost/x", "http://[::1]/", "http://a.localhost")))
    assert not any(map(is_loopback, ("http://10.0.0.1", "https://prh.fi", "http://localhost.prh.fi")))
    assert all(map(is_private, ("http://10.0.0.1", "http://169.254.169.254", "http://[::1]", "http://192.168.1.1")))
    assert not any(map(is_private, ("http://8.8.8.8", "https://prh.fi")))


# -- conditional requests ------------------------------------------------------------------------------------


def test_conditional_request_gets_304(server: Publisher) -> None:
    server.page("/a/page.html", "x", etag='"v1"')
    http = client(server)
    first = http.get(PAGE)
    again = http.get(PAGE, Validators(first.etag, "Tue, 24 Nov 2026 00:00:00 GMT"))
    changed = http.get(PAGE, Validators('"v0"'))
    assert again.not_modified
    assert again.body == b""
    assert not changed.not_modified
    assert "If-None-Match" not in server.requests[0].headers
    assert server.requests[1].headers["If-None-Match"] == '"v1"'
    assert server.requests[1].headers["If-Modified-Since"] == "Tue, 24 Nov 2026 00:00:00 GMT"


def test_post_sends_json(server: Publisher) -> None:
    server.json("/t.px", {"value": [1]})
    assert client(server).post_json("https://x.test/t.px", {"query": ["ä"]}).body == b'{"value": [1]}'
    assert (server.requests[0].method, server.requests[0].json) == ("POST", {"query": ["ä"]})


# -- trying again --------------------------------------------------------------------------------------------


def test_503_is_tried_again_after_a_pause(server: Publisher) -> None:
    clock = Clock()
    server.routes["/a/page.html"] = replies(Reply(status=503), Reply(status=429), Reply(b"ok"))
    assert client(server, clock).get(PAGE).body == b"ok"
    assert len(server.requests) == 3
    assert len(clock.slept) == 2
    assert all(0 < wait <= 0.2 for wait in clock.slept), "short on loopback"


@pytest.mark.parametrize(("header", "wait"), [("7", 7.0), ("86400", 60.0)])
def test_retry_after_is_obeyed_up_to_a_minute(server: Publisher, header: str, wait: float) -> None:
    clock = Clock()
    server.routes["/a/page.html"] = replies(Reply(status=429, headers={"Retry-After": header}), Reply(b"ok"))
    client(server, clock).get(PAGE)
    assert clock.slept == [wait]


@pytest.mark.parametrize("header", ["Tue, 24 Nov 2026 00:00:00 GMT", "-1", "\u00b2"])
def test_an_odd_retry_after_falls_back_to_the_usual_pause(server: Publisher, header: str) -> None:
    clock = Clock()
    server.routes["/a/page.html"] = replies(Reply(status=503, headers={"Retry-After": header}), Reply(b"ok"))
    assert client(server, clock).get(PAGE).body == b"ok"
    assert len(clock.slept) == 1


def test_it_gives_up_after_the_attempts(server: Publisher) -> None:
    server.page("/a/page.html", "x", status=503)
    error = failure(client(server, attempts=4))
    assert len(server.requests) == 4
    assert "answered 503" in str(error)
    assert not error.host_down, "a host that answers 503 answers"


@pytest.mark.parametrize("status", [400, 403, 404, 410, 206])
def test_other_answers_are_errors_at_once(server: Publisher, status: int) -> None:
    server.page("/a/page.html", "x", status=status)
    assert f"answered {status}" in str(failure(client(server)))
    assert len(server.requests) == 1


# -- answers that are not whole, or too much -----------------------------------------------------------------


def test_an_answer_larger_than_the_cap_is_cut_off(server: Publisher) -> None:
    server.page("/a/page.html", b"x" * 200_000)
    assert "larger than 100000 bytes" in str(failure(client(server, max_bytes=100_000)))
    assert len(client(server, max_bytes=200_000).get(PAGE).body) == 200_000
    assert len(server.requests) == 2, "too large is not tried again"


def test_a_gzip_bomb_is_measured_unpacked(server: Publisher) -> None:
    server.routes["/a/page.html"] = bomb(3)
    assert len(bomb(3).body) < 10_000
    assert "larger than 100000 bytes" in str(failure(client(server, max_bytes=100_000)))


def test_damaged_compression_is_an_error(server: Publisher) -> None:
    server.page("/a/page.html", b"not gzip", headers={"Content-Encoding": "gzip"})
    assert "damaged" in str(failure(client(server, attempts=1)))


def test_an_answer_that_breaks_off_is_tried_again_and_never_returned_short(server: Publisher) -> None:
    body = b"x" * 1000
    server.routes["/a/page.html"] = replies(Reply(body, fault="drop"), Reply(body))
    assert client(server).get(PAGE).body == body
    server.routes["/a/page.html"] = Reply(body, fault="drop")
    error = failure(client(server, attempts=2))
    assert "dropped" in str(error)
    assert error.host_down


def test_a_host_that_hangs_is_given_up_in_time(server: Publisher) -> None:
    server.page("/a/page.html", "", fault="hang", headers={"seconds": "0.4"})
    error = failure(client(server, timeout_s=0.1, attempts=1))
    assert "no answer in time" in str(error)
    assert error.host_down


def test_a_whole_answer_has_a_limit_of_time(server: Publisher) -> None:
    clock = Clock()
    server.page("/a/page.html", b"x" * 300_000)
    http = Http(server.url, None, Limits(whole_s=5), sleep=clock.sleep, monotonic=lambda: clock.sleep(3) or clock.now)
    error = failure(http)
    assert "not whole after 5 s" in str(error)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("start", "again"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Header: ", b"a"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (CHUNKED, b"0"),
        (CHUNKED + b"1\r\na\r\n0\r\n", b"X-Trailer: a\r\n"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"a"),
    ],
    ids=["header", "100 Continue", "size of a piece", "trailer", "body without a length"],
)
def test_what_comes_a_byte_at_a_time_without_an_end_is_given_up(start: bytes, again: bytes) -> None:
    def drip(server: socket.socket) -> None:
        with suppress(OSError), server.accept()[0] as connection:
            connection.recv(9999)
            connection.sendall(start)
            while True:
                connection.sendall(again)
                sleep(0.02)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, args=(server,), daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        began = monotonic()
        error = failure(Http(url, None, Limits(timeout_s=2, whole_s=0.3, attempts=1)))
    assert "not whole after" in str(error)
    assert error.host_down
    assert monotonic() - began < 2


def test_a_closed_port_is_a_host_that_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    error = failure(Http(url, None, Limits(attempts=2, timeout_s=1), sleep=lambda _: None))
    assert error.host_down
    assert "no connection" in str(error)


# -- redirects -----------------------------------------------------------------------------------------------


def test_redirects_are_followed_and_the_final_address_kept(server: Publisher) -> None:
    server.page("/a/page.html", "", status=301, headers={"Location": "../b?x=1"})
    server.page("/b", "there")
    answer = client(server).get(PAGE)
    assert answer.body == b"there"
    assert answer.url == f"{server.url}/a/page.html"
    assert answer.final_url == f"{server.url}/b?x=1"


def test_a_redirect_loop_ends(server: Publisher) -> None:
    server.page("/a/page.html", "", status=302, headers={"Location": "/a/page.html"})
    assert "more than 5 redirects" in str(failure(client(server)))
    assert len(server.requests) == 6


def test_a_redirect_to_nowhere_is_an_error(server: Publisher) -> None:
    server.page("/a/page.html", "", status=302)
    assert "without a Location" in str(failure(client(server)))


@pytest.mark.parametrize(
    "target",
    ["http://10.0.0.1/x", "http://169.254.169.254/latest", "http://[fd00::1]/", "file:///etc/passwd", "ftp://a/b"],
)
def test_a_redirect_into_a_private_network_is_refused(server: Publisher, target: str) -> None:
    server.page("/a/page.html", "", status=302, headers={"Location": target})
    assert "redirected to" in str(failure(client(server, contact="me@example.test")))
    assert len(server.requests) == 1


@pytest.mark.parametrize("target", ["http://127.0.0.1:9/x", "http://localhost/x", "http://192.168.0.1/"])
def test_a_public_host_cannot_send_us_to_this_machine(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def moved(_: requests.Session, method: str, url: str, **__: object) -> requests.Response:
        asked.append(url)
        response = requests.Response()
        response.status_code, response.raw = 302, urllib3.HTTPResponse(io.BytesIO(), preload_content=False)
        response.headers["Location"] = target
        return response

    monkeypatch.setattr(requests.Session, "request", moved)
    error = failure(Http(None, "me@example.test", Limits(min_interval_s=0)))
    assert "private address" in str(error)
    assert asked == [PAGE]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_public_name_that_leads_to_a_private_address_is_sent_nothing(
    scheme: str, server: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, port = socket.getaddrinfo, int(server.url.rpartition(":")[2])

    def rebound(*_: object, **__: object) -> list[Any]:
        return real("127.0.0.1", port, type=socket.SOCK_STREAM)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    http = Http(None, "me@example.test", Limits(attempts=3))
    error = failure(http, f"{scheme}://publisher.test/a/page.html")
    assert f"{scheme}://publisher.test: the name leads to the private address 127.0.0.1" in str(error)
    assert server.requests == []
    server.page("/a/page.html", "of the operator's own network")  # who named the host
    assert Http("http://mirror.test", "me@example.test").get(PAGE).body == b"of the operator's own network"


def test_loopback_may_not_lead_to_a_public_host_without_contact(server: Publisher) -> None:
    server.page("/a/page.html", "", status=302, headers={"Location": "https://publisher.test/"})
    with pytest.raises(NoContactError):
        client(server).get(PAGE)


@pytest.mark.usefixtures("no_network")
def test_a_private_address_that_the_operator_configured_is_asked() -> None:
    with pytest.raises(AssertionError, match="the network was asked"):
        Http("http://10.1.2.3:8080", None).get(PAGE)


# -- the publisher's pace ------------------------------------------------------------------------------------


def paced(monkeypatch: pytest.MonkeyPatch, clock: Clock, base: str | None, statuses: tuple[int, ...] = ()) -> Http:
    """Return a client that asks every two seconds, of a host whose every answer takes half a second."""
    left = list(statuses)

    def answered(*_: object, **__: object) -> requests.Response:
        clock.now += 0.5
        response = requests.Response()
        response.status_code, response.raw = (
            (left.pop(0) if left else 200),
            urllib3.HTTPResponse(io.BytesIO(b"x"), preload_content=False),
        )
        response.headers["Retry-After"] = "0"
        return response

    monkeypatch.setattr(requests.Session, "request", answered)
    return Http(base, "me@example.test", Limits(min_interval_s=2.0), clock.sleep, clock.monotonic)


def test_calls_to_a_public_host_keep_their_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    http = paced(monkeypatch, clock, None)
    for url in (PAGE, PAGE, "https://publisher.test/other"):
        http.get(url)
    assert clock.slept == [1.5, 1.5], "two seconds from call to call, the first at once"
    clock.now += 10
    http.get(PAGE)
    assert clock.slept == [1.5, 1.5]


def test_loopback_is_not_paced(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    http = paced(monkeypatch, clock, "http://127.0.0.1:8080")
    http.get(PAGE)
    http.get(PAGE)
    assert clock.slept == []


@pytest.mark.parametrize("status", [503, 429])
def test_a_repeated_try_keeps_its_distance_too(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    paced(monkeypatch, clock, None, (status,)).get(PAGE)
    assert clock.slept == [0.0, 1.5], "what Retry-After says, then the rest of the two seconds"


def test_a_redirect_to_another_public_host_is_refused(server: Publisher) -> None:
    server.page("/a/page.html", "", status=302, headers={"Location": "https://other.example/"})
    assert "redirected to another host" in str(failure(client(server, contact="me@example.test")))


def test_only_the_hosts_of_a_source_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A publisher that moves is named, and followed only when the operator has added the new host."""
    asked: list[str] = []

    def moved(_: requests.Session, method: str, url: str, **__: object) -> requests.Response:
        asked.append(url)
        response = requests.Response()
        response.raw = urllib3.HTTPResponse(io.BytesIO(b"x"), preload_content=False)
        response.status_code = 200 if "new" in url else 302
        response.headers["Location"] = "https://www.new.test/a/page.html"
        return response

    monkeypatch.setattr(requests.Session, "request", moved)

    def ask(*hosts: str) -> Http:
        return Http(None, "me@example.test", Limits(min_interval_s=0), hosts=hosts)

    error = str(failure(ask("publisher.test")))
    assert "redirected to another host, 'https://www.new.test/a/page.html'; expected one of publisher.test" in error
    assert ask("www.publisher.test", "new.test").get(PAGE).body == b"x"
    before = len(asked)
    assert "the host publisher.test is not on the source's list" in str(failure(ask("new.test")))
    assert len(asked) == before
