"""The early end of a comparison, which keeps what it has: Ctrl-C, and the end of its time."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from sklearn_relu.parallel import Stacks

NEWS = b"\nStopping; what has ended is kept. Ctrl-C again leaves at once.\n"

Reason = Literal["", "time_limit", "interrupted"]


class Ending:
    """Why a comparison has ended early.

    Attributes
    ----------
    reason : {"", "time_limit", "interrupted"}
        Empty: it has not.
    """

    reason: Reason = ""


@contextmanager
def ending_early(stacks: Stacks, time_limit: float | None) -> Iterator[Ending]:
    """Stop training in the context at the first Ctrl-C, or when its time is over.

    Candidates that have ended are kept, and the search goes on with them to its end. The second
    Ctrl-C is a KeyboardInterrupt, as is the first one in another thread than the main one.

    Parameters
    ----------
    stacks : Stacks
    time_limit : float or None
        Seconds.

    Yields
    ------
    ending : Ending
    """
    ending = Ending()

    def end(reason: Reason) -> None:
        ending.reason = ending.reason or reason
        stacks.stop()

    def on_interrupt(number: int, frame: Any) -> None:
        signal.signal(signal.SIGINT, before)
        end("interrupted")
        if sys.stderr is not None and sys.stderr.isatty():
            os.write(sys.stderr.fileno(), NEWS)  # print is not for handlers

    is_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT)
    takes_interrupts = is_main and before is signal.default_int_handler
    timer = None if time_limit is None else threading.Timer(time_limit, end, ["time_limit"])
    if timer is not None:
        timer.daemon = True
        timer.start()
    if takes_interrupts:
        signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield ending
    finally:
        if takes_interrupts:
            signal.signal(signal.SIGINT, before)
        if timer is not None:
            timer.cancel()
