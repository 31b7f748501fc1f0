"""The door: only this machine, only this page, only small and few requests, and nothing leaves the machine.

Host is checked against DNS rebinding, Origin and Sec-Fetch-Site against other sites, the token where the server
listens beyond loopback. The content policy lets the page load and ask nothing but this server.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections import deque
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kladsim.app.settings import LOOPBACK, ServerSettings

COOKIE = "kladsim_token"
SAFE = ("GET", "HEAD")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self' blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
CHANGING = ("/api/runs", "/api/export", "/api/report", "/api/upload", "/api/watch")
UPLOAD = "/api/upload"


class RefusedError(Exception):
    """A request that is not let in."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Door:
    """ASGI middleware that checks every request before anything else sees it."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self.app, self.settings = app, settings
        self._seen: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        try:
            if await self._token_in_address(scope, send):
                return
            self._check(scope)
        except RefusedError as refusal:
            await _refuse(send, refusal)
            return
        await self.app(scope, self._limited(receive, self._get_most_bytes(scope)), _with_headers(send))

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        method, path = scope["method"], scope["path"]
        self._check_host(headers)
        self._check_site(headers, method, path)
        self._check_token(headers)
        if method in SAFE or method == "OPTIONS":
            return
        if not headers.get("content-type", "").startswith("application/json"):
            raise RefusedError(415, "only application/json is taken")
        length = headers.get("content-length", "0")
        most = self._get_most_bytes(scope)
        if not length.isdigit() or int(length) > most:
            raise RefusedError(413, f"a request has at most {most} bytes")
        if path.startswith(CHANGING):
            self._check_rate(str((scope.get("client") or ("",))[0]))

    def _check_host(self, headers: Headers) -> None:
        if _host_of("//" + headers.get("host", "")) not in self._hosts():
            raise RefusedError(421, "this host is not served (DNS rebinding)")

    def _hosts(self) -> set[str]:
        own = set(LOOPBACK)
        if not self.settings.loopback and self.settings.host not in ("0.0.0.0", "::"):
            own.add(self.settings.host)
        return own | set(_names(self.settings.host))

    def _check_site(self, headers: Headers, method: str, path: str) -> None:
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is not None:
            here = urlsplit(origin)
            if here.scheme not in ("http", "https") or here.netloc.lower() != headers.get("host", "").lower():
                raise RefusedError(403, "requests from other sites are refused")
        asks = path.startswith("/api") or method not in SAFE
        if asks and site is not None and site not in ("same-origin", "none"):
            raise RefusedError(403, "requests from other sites are refused")

    def _check_token(self, headers: Headers) -> None:
        wanted = self.settings.token
        if wanted is None:
            return
        given = headers.get("authorization", "").removeprefix("Bearer ").strip() or _cookie(headers)
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            raise RefusedError(401, "the token is missing or wrong: open the address that `kladsim serve` printed")

    def _check_rate(self, client: str) -> None:
        now = time.monotonic()
        with self._lock:
            times = self._seen.setdefault(client, deque())
            while times and now - times[0] > 60:
                times.popleft()
            if len(times) >= self.settings.limits.a_minute:
                raise RefusedError(429, f"at most {self.settings.limits.a_minute} such requests a minute")
            times.append(now)
            if len(self._seen) > 10_000:
                self._seen.clear()

    async def _token_in_address(self, scope: Scope, send: Send) -> bool:
        """Take the token from the opened address into a cookie that only this site sends back."""
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        wanted = self.settings.token
        if not given or wanted is None or scope["path"] != "/" or scope["method"] != "GET":
            return False
        self._check_host(Headers(scope=scope))
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            raise RefusedError(401, "the token is wrong")
        cookie = f"{COOKIE}={wanted}; HttpOnly; SameSite=Strict; Path=/"
        headers = [(b"location", b"/"), (b"set-cookie", cookie.encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return True

    def _get_most_bytes(self, scope: Scope) -> int:
        limits = self.settings.limits
        return limits.upload_bytes if scope["path"] == UPLOAD else limits.body_bytes

    def _limited(self, receive: Receive, left: int) -> Receive:
        """Count the bytes that really come: a length may be missing or untrue."""

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            return message if left >= 0 else {"type": "http.disconnect"}

        return counted


def _names(host: str) -> list[str]:
    """Names under which a server on all addresses may be called: its own host name."""
    if host not in ("0.0.0.0", "::"):
        return []
    import socket

    name = socket.gethostname().lower()
    try:
        addresses = {str(info[4][0]) for info in socket.getaddrinfo(name, None)}
    except OSError:
        addresses = set()
    return [name, *addresses]


def _host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _cookie(headers: Headers) -> str:
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return cookie.value if cookie else ""


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            if "cache-control" not in headers:
                headers["cache-control"] = "no-store"
        await send(message)

    return sent


async def _refuse(send: Send, refusal: RefusedError) -> None:
    body = json.dumps({"error": {"message": refusal.message}}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
