"""The program itself, until it reaches a stage: then it ends as by kill -9, in the middle of it.

`python -m tests.proofs.dying STAGE TIMES COMMAND...` runs `footprint COMMAND...` and is gone when
the stage is reached for the so-manieth time. Nothing of the program is changed: Python's own
tracing says where it is.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any


@dataclass(frozen=True)
class Stage:
    """A function that is entered or left, by its file's ending and its name.

    `within` is the name of the function that calls it. `half` sends half of the letter first.
    """

    file: str
    function: str
    leaving: bool = True
    within: str = ""
    half: bool = False


STAGES: Mapping[str, Stage] = {
    "after fetch": Stage("sources/fetch.py", "Fetcher.get"),
    "after parse": Stage("sources/parsing.py", "Parser.parse"),
    "after judging": Stage("monitor/intake.py", "take_in"),
    "after insert": Stage("store/mentions.py", "add"),
    "during evidence write": Stage("store/mentions.py", "keep_evidence", leaving=False),
    "before outbox commit": Stage("store/deliveries.py", "owe"),
    "after outbox commit": Stage("monitor/pipeline.py", "Monitor._remember"),
    "before the bytes are fixed": Stage("store/deliveries.py", "fix"),
    "after the bytes are fixed": Stage("monitor/delivery.py", "Postroom._write"),
    "connect": Stage("smtplib.py", "SMTP.ehlo"),
    "MAIL": Stage("smtplib.py", "SMTP.mail"),
    "RCPT": Stage("smtplib.py", "SMTP.rcpt"),
    "DATA": Stage("smtplib.py", "SMTP.getreply", within="SMTP.data"),
    "mid-body": Stage("smtplib.py", "SMTP.send", leaving=False, within="SMTP.data", half=True),
    "after dot before 250": Stage("smtplib.py", "SMTP.send", within="SMTP.data"),
    "after 250 before commit": Stage("smtplib.py", "SMTP.data"),
    "before the mark's commit": Stage("store/deliveries.py", "sent"),
    "after the mark's commit": Stage("monitor/delivery.py", "Postroom._mark"),
    "during digest": Stage("monitor/weekly.py", "written"),
    "during migration": Stage("", "upgrade"),
}


class Death:
    """Waits for a stage, in every thread."""

    def __init__(self, stage: Stage, times: int) -> None:
        self._stage, self._left = stage, times

    def watch(self, frame: FrameType, event: str, _arg: Any) -> Any:
        """Called by Python as each function is entered; what it returns is called within it."""
        code, stage = frame.f_code, self._stage
        if code.co_qualname != stage.function or not code.co_filename.endswith(stage.file):
            return None
        if stage.within and not _is_within(frame, stage.within):
            return None
        if not stage.leaving:
            self._reached(frame)
            return None
        return self._leave

    def _leave(self, frame: FrameType, event: str, _arg: Any) -> Any:
        if event == "return":
            self._reached(frame)
        return self._leave

    def _reached(self, frame: FrameType) -> None:
        self._left -= 1
        if self._left:
            return
        if self._stage.half:
            smtp, letter = frame.f_locals["self"], frame.f_locals["s"]
            smtp.sock.sendall(letter[: len(letter) // 2])
        os.kill(os.getpid(), signal.SIGKILL)


def _is_within(frame: FrameType, name: str) -> bool:
    return frame.f_back is not None and frame.f_back.f_code.co_qualname == name


def main() -> None:
    """See the module."""
    name, times, *command = sys.argv[1:]
    death = Death(STAGES[name], int(times))
    threading.settrace(death.watch)
    sys.settrace(death.watch)
    sys.argv = ["footprint", *command]
    from monitor.commands import main as program

    program()


if __name__ == "__main__":
    main()
