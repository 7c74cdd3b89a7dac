"""Why a database didn't answer, in words. In: what SQLAlchemy raised. Out: a failure that says
whether a retry can help. Never a password: libpq's messages have none, and the address is host and
port alone.
"""

from typing import Any

from exai_components.outcome import StepFailure

# libpq reports why it couldn't connect as text alone.
_REFUSED = ("authentication failed", "no password supplied", "does not exist", "no pg_hba.conf")
_SYNTAX = ("syntax error", "incomplete input", "unrecognized token")
_NO_SUCH = ("no such table", "no such column", "no such function")
_UNKNOWN = ("42P01", "42703", "42883", "3F000")  # table, column, function, schema
_TIMED_OUT = "57014"  # query_canceled: statement_timeout


def explained(error: Any, dialect: str, connection: str, address: str) -> StepFailure:
    """The failure of a statement, or of the connection itself."""
    import sqlalchemy

    first = next(iter(str(error.orig).strip().splitlines()), type(error.orig).__name__)
    if dialect == "postgresql":
        state = getattr(error.orig, "sqlstate", None)
        if state == _TIMED_OUT:
            return StepFailure(
                "database-error",
                f"The connection {connection} took too long to answer",
                "Ask for less, or add an index",
                final=False,
            )
        if isinstance(error, sqlalchemy.exc.OperationalError) and state is None:
            return _unconnected(error, connection, address)
        if state is not None and state[:2] in ("08", "57"):
            return _broken_off(connection, address, first)
    # An address or a lock may be good in a minute; what the database can't read never will be.
    refused = (
        sqlalchemy.exc.ProgrammingError,
        sqlalchemy.exc.DataError,
        sqlalchemy.exc.NotSupportedError,
        sqlalchemy.exc.InternalError,
    )
    unreadable = dialect == "sqlite" and "locked" not in str(error.orig)
    return StepFailure(
        "database-error",
        f"The connection {connection} answered: {first}",
        _hint(getattr(error.orig, "sqlstate", None) or "", first),
        final=isinstance(error, refused) or unreadable,
    )


def _hint(state: str, first: str) -> str:
    """What next. `state` is PostgreSQL's (appendix A of its manual); SQLite has its words alone."""
    if state == "42601" or any(sign in first for sign in _SYNTAX):
        return "Mend the query in the Dataset's source: the database can't read it"
    if state in _UNKNOWN or any(sign in first for sign in _NO_SUCH):
        return "See the names in the Dataset's source: the database has no such table or column"
    return "See that the database is up, and that its user may read"


def _unconnected(error: Any, connection: str, address: str) -> StepFailure:
    lines = [line.strip() for line in str(error.orig).strip().splitlines() if line.strip()]
    first = lines[0] if lines else "it gave no reason"
    if error.connection_invalidated or error.statement is not None:
        return _broken_off(connection, address, first)
    final = any(sign in str(error.orig) for sign in _REFUSED)
    if final:
        reason = first.rpartition("FATAL:")[2].strip()
        return StepFailure(
            "connection-failed",
            f"The connection {connection} ({address}) refuses: {reason}",
            "See the user, the database, and the secret that holds the password",
        )
    reason = first.rpartition("failed:")[2].strip() or first
    return StepFailure(
        "connection-failed",
        f"The connection {connection} ({address}) doesn't answer: {reason}",
        "See that the server is up, and that host and port are right",
        final=False,
    )


def _broken_off(connection: str, address: str, reason: str) -> StepFailure:
    return StepFailure(
        "connection-lost",
        f"The connection {connection} ({address}) broke off: {reason}",
        "See that the server is up",
        final=False,
    )
