"""Asking publishers politely: one client for all sources.

What belongs here: User-Agent with a contact, rate limit, time limits, retries, conditional requests, redirects,
size cap. What does not: which addresses to ask (pipelines/sources/), storing what came (pipelines/raw.py), what only
the socket knows (connections.py).

Retries with exponential back-off and jitter (tenacity) on 429, 5xx and connection errors, ``Retry-After`` obeyed
up to a minute. The size cap counts bytes after decompression, so that a small answer cannot fill the memory.
Loopback is exempt from the contact, the rate limit and long back-off: those protect publishers, and a test server
is none.
"""

import ipaddress
import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
import tenacity
import urllib3

from pipelines import __version__
from pipelines.connections import Adapter
from pipelines.errors import FetchError, NoContactError
from pipelines.raw import Answer

_RETRY_STATUS = {429, 500, 502, 503, 504}
_REDIRECT_STATUS = {301, 302, 303, 307, 308}
_MAX_REDIRECTS = 5
_MAX_WAIT_S = 60.0


@dataclass(frozen=True)
class Limits:
    """Limits of one client: seconds for connecting and for each read, seconds for a whole answer, bytes, tries."""

    timeout_s: float = 20.0
    whole_s: float = 60.0
    max_bytes: int = 64 * 1024 * 1024
    attempts: int = 3
    min_interval_s: float = 1.0


@dataclass(frozen=True)
class Validators:
    """What a conditional request may send, from the last snapshot of the page."""

    etag: str | None = None
    last_modified: str | None = None


class _TransientError(Exception):
    """An answer or connection error that is worth another try."""

    def __init__(self, error: FetchError, retry_after_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error, self.retry_after_s = error, retry_after_s


class Http:
    """A polite client for one publisher.

    ``hosts`` are the only ones that may be asked or redirected to; without them, only the one that is asked.

    ``base`` replaces scheme, host and port of every address asked; the path stays the publisher's. ``sleep`` and
    ``monotonic`` are there for tests.
    """

    def __init__(
        self,
        base: str | None,
        contact: str | None,
        limits: Limits | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        hosts: Collection[str] | None = None,
    ) -> None:
        self._base, self._contact, self._limits = base, contact, limits or Limits()
        self._hosts = None if hosts is None else frozenset(map(_bare, hosts))
        self._sleep, self._monotonic = sleep, monotonic
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent(contact)
        self._adapter = Adapter(self._may_lead)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._adapter)
        self._last_call: float | None = None

    def get(self, url: str, validators: Validators | None = None, accept: str = "*/*") -> Answer:
        """GET ``url`` (the publisher's address). Returns an Answer, ``not_modified`` when the server says 304.

        Raises FetchError for anything that is not a whole answer of status 200 or 304, NoContactError when the
        host is public and no contact is configured.
        """
        headers = {"Accept": accept}
        if validators and validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators and validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
        return self._call("GET", self.resolve(url), headers, None)

    def post_json(self, url: str, payload: Mapping[str, Any]) -> Answer:
        """POST ``payload`` as JSON and return the answer; errors as ``get``."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        return self._call("POST", self.resolve(url), headers, json.dumps(payload, ensure_ascii=False).encode())

    def resolve(self, url: str) -> str:
        """Return ``url`` with scheme, host and port of the configured base."""
        if not self._base:
            return url
        base, own = urlsplit(self._base), urlsplit(url)
        return urlunsplit((base.scheme, base.netloc, own.path, own.query, ""))

    # -- inside ----------------------------------------------------------------------------------------------

    def _call(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Answer:
        local = is_loopback(url)
        unit = 0.05 if local else 1.0
        backoff = tenacity.wait_exponential(multiplier=unit, max=_MAX_WAIT_S) + tenacity.wait_random(0, unit)

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.retry_after_s if isinstance(error, _TransientError) else None
            return min(asked, _MAX_WAIT_S) if asked is not None else backoff(state)

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._limits.attempts),
            wait=wait,
            retry=tenacity.retry_if_exception_type(_TransientError),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._follow, method, url, headers, body)
        except _TransientError as transient:
            raise transient.error from transient

    def _follow(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Answer:
        asked = url
        for _ in range(_MAX_REDIRECTS + 1):
            self._check_host(url, asked)
            self._pace(url)
            response = self._once(method, url, headers, body)
            if response.status_code not in _REDIRECT_STATUS:
                return self._answer(asked, url, response)
            target = response.headers.get("Location")
            response.close()
            if not target:
                raise FetchError(url, f"{response.status_code} without a Location")
            url = urljoin(url, target)
            if response.status_code == 303 or (method == "POST" and response.status_code in {301, 302}):
                method, body = "GET", None
        raise FetchError(asked, f"more than {_MAX_REDIRECTS} redirects, last to {url}")

    def _check_host(self, url: str, asked: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise FetchError(asked, f"redirected to {url!r}", "an http or https address")
        if is_private(url):
            same = parts.hostname == urlsplit(asked).hostname or (is_loopback(url) and is_loopback(asked))
            if not same:  # a private address that is asked itself was configured by the operator
                raise FetchError(asked, f"redirected to the private address {url!r}", "a public address")
        elif not self._contact:
            raise NoContactError(
                f"{url}: no contact address is configured, so a public host is not asked. "
                "Set LUKUINA_CONTACT or [fetch] contact in lukuina.toml to your e-mail address"
            )
        self._check_list(parts.hostname, url, asked)

    def _check_list(self, host: str, url: str, asked: str) -> None:
        """Refuse a host that is not on the source's list (a leading www. apart)."""
        allowed = self._hosts if self._hosts is not None else {_bare(urlsplit(asked).hostname or "")}
        if _bare(host) in allowed or (self._hosts is None and is_loopback(url) and is_loopback(asked)):
            return
        if url == asked:
            problem = f"the host {host} is not on the source's list"
        else:
            problem = f"redirected to another host, {url!r}"
        expected = "one of " + ", ".join(sorted(allowed))
        raise FetchError(asked, problem, expected, "Has the publisher moved? See hosts in docs/operate.md, Settings")

    def _may_lead(self, host: str) -> bool:
        """Tell whether a host may lead to a private address: it is one, or the operator has named it."""
        return is_private(f"//[{host}]" if ":" in host else f"//{host}") or host == host_of(self._base or "")

    def _pace(self, url: str) -> None:
        interval = 0.0 if is_loopback(url) else self._limits.min_interval_s
        if self._last_call is not None:
            wait = self._last_call + interval - self._monotonic()
            if wait > 0:
                self._sleep(wait)
        self._last_call = self._monotonic()

    def _once(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> requests.Response:
        with self._adapter.limited(self._limits.whole_s) as limit:
            try:
                response = self._session.request(
                    method, url, headers=headers, data=body, stream=True, allow_redirects=False,
                    timeout=(min(10.0, self._limits.timeout_s), self._limits.timeout_s),
                )  # fmt: skip
            except requests.exceptions.RequestException as error:
                if limit.over:
                    raise self._late(url) from error
                raise _TransientError(FetchError(url, _why(error), host_down=True)) from error
        if limit.over:  # headers end where the connection was shut
            response.close()
            raise self._late(url)
        if response.status_code in _RETRY_STATUS:
            wait = _seconds(response.headers.get("Retry-After"))
            response.close()
            raise _TransientError(FetchError(url, f"answered {response.status_code}", "200"), wait)
        return response

    def _answer(self, asked: str, url: str, response: requests.Response) -> Answer:
        header = response.headers.get
        common = (header("ETag"), header("Last-Modified"), header("Content-Type"))
        if response.status_code == 304:
            response.close()
            return Answer(b"", asked, url, 304, *common, not_modified=True)
        if response.status_code != 200:
            response.close()
            raise FetchError(url, f"answered {response.status_code}", "200")
        return Answer(self._body(url, response), asked, url, 200, *common)

    def _body(self, url: str, response: requests.Response) -> bytes:
        deadline = self._monotonic() + self._limits.whole_s
        parts: list[bytes] = []
        size = 0
        with self._adapter.limited(self._limits.whole_s) as limit:
            try:
                # read1 gives what has come, so that a server that drips bytes meets the deadline between two of them
                while part := response.raw.read1(64 * 1024, decode_content=True):
                    size += len(part)
                    if size > self._limits.max_bytes:
                        raise FetchError(url, f"answer is larger than {self._limits.max_bytes} bytes", "a smaller one")
                    if self._monotonic() > deadline:
                        raise self._late(url)
                    parts.append(part)
            except urllib3.exceptions.HTTPError as error:
                if limit.over:
                    raise self._late(url) from error
                raise _TransientError(FetchError(url, _why_cut(error), "a whole answer", host_down=True)) from error
            finally:
                response.close()
        if limit.over:  # an answer without a length ends where the connection was shut
            raise self._late(url)
        return b"".join(parts)

    def _late(self, url: str) -> FetchError:
        return FetchError(url, f"answer not whole after {self._limits.whole_s:.0f} s", host_down=True)


def user_agent(contact: str | None) -> str:
    """Return the User-Agent: our name and version, and how to reach the operator."""
    return f"toiminta-lukuina/{__version__}" + (f" (+{contact})" if contact else "")


def host_of(url: str) -> str:
    """Return the host of an address."""
    return urlsplit(url).hostname or ""


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.")


def is_loopback(url: str) -> bool:
    """Tell whether the url points to this machine by name or number."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_private(url: str) -> bool:
    """Tell whether the url's host is a literal address that is not public (loopback included)."""
    try:
        return not ipaddress.ip_address(urlsplit(url).hostname or "").is_global
    except ValueError:
        return is_loopback(url)


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.strip().isdecimal() else None


def _why_cut(error: urllib3.exceptions.HTTPError) -> str:
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "no answer in time"
    if isinstance(error, urllib3.exceptions.DecodeError):
        return "compressed answer is damaged"
    return "connection dropped in the middle of the answer"


def _why(error: requests.exceptions.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "TLS failed"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.exceptions.Timeout) or "timed out" in str(error).lower():
        return "no answer in time"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "compressed answer is damaged"
    if isinstance(error, requests.exceptions.ChunkedEncodingError) or "IncompleteRead" in str(error):
        return "connection dropped in the middle of the answer"
    if "resolve" in str(error).lower() or ("name" in str(error).lower() and "known" in str(error).lower()):
        return "host name not found"
    return f"no connection ({type(error).__name__})"
