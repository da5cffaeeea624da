"""The backend's log: one JSON object a line, with what happened and numbers, never a bulletin's text or a password."""

import json
import sys
import threading
import traceback
from datetime import UTC, datetime
from typing import IO, Any

_LOCK = threading.Lock()


class Log:
    """Writes events to a stream, stderr where none is named."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream

    def __call__(self, event: str, **facts: Any) -> None:
        """One line: time, event, facts."""
        row = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event} | facts
        with _LOCK:
            print(json.dumps(row, ensure_ascii=False, default=str), file=self._stream or sys.stderr, flush=True)

    def failure(self, event: str, error: BaseException, **facts: Any) -> None:
        """An event that nobody foresaw, with where it came from."""
        places = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        self(event, level="error", error=f"{type(error).__name__}: {error}"[:500], at=places[-6:], **facts)
