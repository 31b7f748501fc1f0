"""Answers kept at hand: made once though fifty clients ask at once, and packed once for all of them."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, TypeAdapter

Answer = TypeVar("Answer")
#: Below this many bytes an answer is sent as it is.
WORTH_PACKING = 1000
LEVEL = 6


class _Once(Generic[Answer]):
    """A value that the first who asks makes and the others wait for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: tuple[Answer] | None = None

    def value(self, make: Callable[[], Answer]) -> Answer:
        with self._lock:
            if self._made is None:
                self._made = (make(),)
            return self._made[0]


class Memo(Generic[Answer]):
    """Answers by what was asked; the one that nobody asked for longest goes first.

    Parameters
    ----------
    most : how many are kept
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, _Once[Answer]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, asked: Hashable, make: Callable[[], Answer]) -> Answer:
        """The answer to what is asked; ``make`` is called if there is none. What it raises is not kept."""
        with self._lock:
            one = self._kept.setdefault(asked, _Once())
            self._kept.move_to_end(asked)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return one.value(make)


@dataclass(frozen=True)
class Packed:
    """Bytes of an answer, compressed once, with the mark by which a browser asks whether it changed."""

    body: bytes
    small: bytes | None
    mark: str
    kind: str

    def answer(self, request: Request, keep: str = "no-cache") -> Response:
        """The answer to a request: nothing new, compressed, or plain. ``keep`` is its cache-control."""
        headers = {"etag": self.mark, "cache-control": keep, "vary": "accept-encoding"}
        if self.mark in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if self.small is not None and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.small, media_type=self.kind, headers=headers | {"content-encoding": "gzip"})
        return Response(self.body, media_type=self.kind, headers=headers)


def packed(body: bytes, kind: str = "application/json") -> Packed:
    """Pack bytes of a media type."""
    small = gzip.compress(body, LEVEL, mtime=0) if len(body) > WORTH_PACKING else None
    return Packed(body, small, f'"{hashlib.sha256(body).hexdigest()[:32]}"', kind)


_ANY: TypeAdapter[object] = TypeAdapter(object)


def packed_json(content: object) -> Packed:
    """Pack a shape of the server, or plain values, as JSON."""
    return packed(content.model_dump_json().encode() if isinstance(content, BaseModel) else _ANY.dump_json(content))
