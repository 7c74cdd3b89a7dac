"""What a store has against us, as a failure that a person understands.

In: an exception of Redis' client, PostgreSQL's driver, SQLAlchemy, SQLite or Feast. Out: a
`StepFailure` without an address that may be secret, and never with a password: of a store's own
words only those are passed on that can't hold one.
"""

import contextlib
from collections.abc import Iterator

from exai_components.outcome import StepFailure

_PLEASE = "See that it runs and can be reached from here, then run the same command again"


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turns what a store raises into a StepFailure; lets everything else through."""
    try:
        yield
    except StepFailure:
        raise
    except Exception as error:
        found = next((f for one in _chain(error) if (f := _failure(one)) is not None), None)
        if found is None:
            raise
        raise found from None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__


def _failure(error: BaseException) -> StepFailure | None:
    package, name = type(error).__module__.partition(".")[0], type(error).__name__
    match package:
        case "redis":
            return _redis(name, str(error))
        case "psycopg" | "psycopg_pool":
            return _postgres(name, str(error))
        case "sqlite3":
            return StepFailure(
                "feature-store-failed",
                f"The store's SQLite file failed: {error}",
                "A file that is damaged may be moved away: `exai apply` makes it anew",
                final=False,
            )
        case "feast" if name in ("FeatureViewNotFoundException", "FeatureServiceNotFoundException"):
            return StepFailure("not-applied", f"{error}", "Run `exai apply` first")
    return None


def _redis(name: str, said: str) -> StepFailure:
    if name in ("AuthenticationError", "AuthenticationWrongNumberOfArgsError") or any(
        word in said for word in ("WRONGPASS", "NOAUTH", "invalid username-password")
    ):
        return StepFailure(
            "feature-store-refused",
            "The online store (Redis) refused the password",
            "See that the secret of online_store.connection_string holds the right one",
        )
    if name in ("ConnectionError", "TimeoutError", "BusyLoadingError"):
        return _failed("feature-store-unreachable", "The online store (Redis) doesn't answer")
    return _failed("feature-store-failed", f"The online store (Redis) failed: {name}")


def _postgres(name: str, said: str) -> StepFailure:
    line = (said.strip().splitlines() or [name])[0].strip()
    if "authentication failed" in said:
        return StepFailure(
            "feature-store-refused",
            "The offline store (PostgreSQL) refused the user or the password",
            "See that the connection's secret holds the right one",
        )
    if name in ("OperationalError", "AdminShutdown", "ConnectionTimeout", "InterfaceError"):
        return _failed("feature-store-unreachable", "The offline store (PostgreSQL) doesn't answer")
    return StepFailure(
        "feature-store-failed",
        f"The offline store (PostgreSQL) answered: {line}",
        "See that the table is there, and that the user may read it",
    )


def _failed(code: str, message: str) -> StepFailure:
    return StepFailure(code, message, _PLEASE, final=False)
