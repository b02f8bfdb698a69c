"""Hostile bodies are read in child processes that can be killed; only plain JSON comes back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from sources.base import Response, SourceError
from sources.parsing_child import HEAD

_CHILDREN = 4
_SECONDS = 10.0
_KEPT = ("PATH", "SYSTEMROOT", "LANG", "LC_ALL", "TZ", "VIRTUAL_ENV")


class BodyParser(Protocol):
    """Whatever reads bodies; `Parser` is the one that does."""

    def parse(self, kind: str, response: Response, **given: Any) -> Mapping[str, Any]:
        """Read a body; raises SourceError."""
        ...


class _Child:
    """One child process; it ends when its stdin does."""

    def __init__(self) -> None:
        root = str(Path(__file__).resolve().parent.parent)
        # Secrets stand in the environment: the child, which reads what strangers wrote, gets none.
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._process = subprocess.Popen(
            # -P: nothing in the folder that the program was started from is taken for ours.
            [sys.executable, "-P", "-m", "sources.parsing_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Ctrl-C is for the program, which finishes what is in hand, not for its readers.
            start_new_session=True,
            env={**kept, "PYTHONPATH": root},
        )

    def ask(self, head: bytes, body: bytes, seconds: float) -> dict[str, Any]:
        """One frame there and back; raises OSError or EOFError when the child is no more."""
        timer = threading.Timer(seconds, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            return self._exchange(head, body)
        finally:
            timer.cancel()

    def _exchange(self, head: bytes, body: bytes) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - a pipe was asked for
        assert stdout is not None  # noqa: S101
        for part in (HEAD.pack(len(head), len(body)), head, body):
            stdin.write(part)
        stdin.flush()
        answer = stdout.read(HEAD.size)
        if len(answer) < HEAD.size:
            raise EOFError
        length = HEAD.unpack(answer)[1]
        answer = stdout.read(length)
        if len(answer) < length:
            raise EOFError
        result: dict[str, Any] = json.loads(answer)
        return result

    @property
    def is_alive(self) -> bool:
        """False where it has ended by itself or been killed."""
        return self._process.poll() is None

    def close(self) -> None:
        """Kill the child, wait for it and close the pipes."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                if pipe:
                    pipe.close()
            except OSError:  # what was still to be written has no reader any more
                continue


class Parser:
    """A pool of at most four children; each is started when it is needed and then kept.

    A body that takes more than `seconds` or a GiB of memory costs its child, and itself alone.
    """

    def __init__(self, *, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._room = threading.BoundedSemaphore(_CHILDREN)
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._closed = False

    def parse(self, kind: str, response: Response, **given: Any) -> Mapping[str, Any]:
        """What the child made of the body; raises SourceError where it could not be read."""
        charset = _charset(response.headers.get("content-type", ""))
        asked = {"kind": kind, "url": response.url, "charset": charset, "given": given}
        head = json.dumps(asked).encode()
        with self._room:
            child = self._take()
            try:
                result = child.ask(head, response.body, self._seconds)
            except (OSError, EOFError, ValueError) as error:
                child.close()
                raise SourceError(_unsafe(response.url), "failing") from error
            except BaseException:
                child.close()
                raise
            self._give_back(child)
        return result

    def close(self) -> None:
        """End every child; one that is at work ends with its work."""
        with self._lock:
            self._closed, idle, self._idle = True, self._idle, []
        for child in idle:
            child.close()

    def _take(self) -> _Child:
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            if not child.is_alive:
                child.close()
        alive = [child for child in idle if child.is_alive]
        with self._lock:
            self._idle += alive[1:]
        return alive[0] if alive else _Child()

    def _give_back(self, child: _Child) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(child)
                return
        child.close()


def _charset(content_type: str) -> str:
    message = Message()
    message["content-type"] = content_type.replace("\r", "").replace("\n", "")
    return message.get_content_charset("") or ""


def _unsafe(url: str) -> str:
    host = urlsplit(url).hostname or "The source"
    return f"The answer of {host} could not be read safely; it is tried again at the next poll."
