"""What keeps a server from starting or from taking a port over.

A `Failure` says what, where and what next; the process prints it on one line, the control socket
answers it as JSON.
"""

from typing import Any


class Failure(Exception):
    """`code` is stable and for programs, `message` and `hint` are for people."""

    def __init__(self, code: str, message: str, hint: str = "", status: int = 409) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.status = status

    def body(self) -> dict[str, Any]:
        """The JSON form."""
        return {"error": self.message, "code": self.code, "hint": self.hint}

    def line(self) -> str:
        """The form for the log."""
        return f"exai: {self.message}. {self.hint}".rstrip(" .") + f". [{self.code}]"
