"""The features that a running server looks up: opened once, read for every request.

In: a folder with an applied feature repository, what the model needs, what to do about missing
values. Out: the model's rows, `Rejected` or `Unavailable`; whether the online store answers.
Values are read live, so what another process has materialized is seen at once. Definitions are read
when the server starts, and again when the registry changes. Reads happen in threads of their own:
a slow store never holds up the event loop.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exai_components.feature_store.problems import explained
from exai_components.feature_store.repository import open_store
from exai_components.model_file import ModelColumn
from exai_components.outcome import StepFailure
from exai_components.scores import Row
from exai_components.serve import metrics
from exai_components.serve.definitions import Registry
from exai_components.serve.failure import Failure
from exai_components.serve.lookup import REASONS, Completed, Lookup, Place
from exai_components.serve.needs import Needs, Reference, asked_columns, check_nulls
from exai_components.serve.policy import Policy
from exai_components.serve.stamp import stamp_of
from exai_components.serve.values import Unavailable, Wrong

NeedsOf = Callable[[Sequence[Reference]], Needs]

_THREADS = 4
_PATIENCE = 5.0  # seconds for one request's look-up
_LOOK = 2.0  # seconds between two looks at whether definitions have changed
_PROBE = 1.0  # seconds for which an answer of the store says that it is there


class Features:
    """One model's features. `asked` is what a request holds in place of what is looked up."""

    def __init__(self, model: str, folder: Path, policy: Policy, needs_of: NeedsOf) -> None:
        """Opens the repository and asks the online store; `Failure` when the model can't be fed."""
        self._model, self._folder = model, folder
        self._policy, self._needs_of = policy, needs_of
        with _failures():
            store = open_store(folder, serving=True)
            _hurry(store)
            self._stamp = stamp_of(folder, store)
            self._lookup = self._looked_at(store)
            self._lookup.probe()
        self.asked: list[ModelColumn] = self._asked(self._lookup)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="exai-features")
        self._next_look = time.monotonic() + _LOOK
        self._looking = False
        self._problem = ""  # of the definitions
        self._trouble = ""  # of the online store
        self._answered = time.monotonic()
        self._rehearsing: Lookup | None = None
        self._asked_now = 0
        self._closed = False
        for need in self._lookup.needs.looked_up:
            for reason in REASONS:  # a rate needs a zero to start from
                metrics.MISSES.labels(model, need.view, need.feature, reason)

    @property
    def needs(self) -> Needs:
        """What is looked up, and what isn't."""
        return self._lookup.needs

    async def complete(self, rows: Sequence[Row], place: Place) -> list[Row]:
        """The model's rows; `Rejected` for what is missing, `Unavailable` without the store."""
        self._look_again()
        lookup = self._rehearsing or self._lookup
        started = time.perf_counter()
        done: Completed = await self._asking(
            lambda: lookup.complete(rows, datetime.now(UTC), place)
        )
        if self._rehearsing is None:
            metrics.LOOKUPS.labels(self._model).observe(time.perf_counter() - started)
            for miss in done.misses:
                need = miss.need
                metrics.MISSES.labels(self._model, need.view, need.feature, miss.reason).inc()
        if done.refusal is not None:
            raise done.refusal
        return done.rows

    async def alive(self) -> bool:
        """Whether definitions hold and the online store answers; asks it once a second at most."""
        self._look_again()
        if time.monotonic() - self._answered > _PROBE:
            try:
                await self._asking(self._lookup.probe)
            except Unavailable:
                return False
        return not self.trouble

    @property
    def trouble(self) -> str:
        """What is wrong as far as is known, or nothing."""
        return self._trouble or self._problem

    def close(self) -> None:
        """Let its threads go, once those questions are answered that are on their way."""
        self._closed = True
        if not self._asked_now:
            self._pool.shutdown(wait=False)

    @contextmanager
    def rehearsed(self, example: dict[str, Any]) -> Iterator[None]:
        """While the server warms up, whatever is missing is answered by an example, uncounted."""
        needs = self.needs.looked_up
        defaults = {need.feature: example[need.column.name] for need in needs}
        policy = Policy(self._policy.service, "default", defaults)
        self._rehearsing = self._lookup.under(policy)
        try:
            yield
        finally:
            self._rehearsing = None

    async def _asking(self, question: Callable[[], Any]) -> Any:
        loop = asyncio.get_running_loop()
        self._asked_now += 1
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await loop.run_in_executor(self._pool, _explained, question)
        except TimeoutError:
            slow = StepFailure(
                "feature-store-slow",
                "The online store takes too long to answer",
                "See how the store is doing, and ask again",
            )
            raise self._failed(slow) from None
        except StepFailure as failure:
            told = failure.outcome
            if told.code == "failed-transform":  # the user's function, on this request
                raise Unavailable(told.code, told.message, told.hint, status=500) from None
            raise self._failed(failure) from None
        finally:
            self._asked_now -= 1
            if self._closed and not self._asked_now:
                self._pool.shutdown(wait=False)
        self._answered, self._trouble = time.monotonic(), ""
        return answer

    def _failed(self, failure: StepFailure) -> Unavailable:
        told = failure.outcome
        if told.message != self._trouble:
            print(f"exai: {told.message}", file=sys.stderr, flush=True)
        self._answered, self._trouble = 0.0, told.message
        hint = "It is asked again with the next request"
        return Unavailable(told.code, told.message, hint)

    def _look_again(self) -> None:
        """Start to see, in a thread, whether the registry has changed; nobody waits for it."""
        if self._closed or self._looking or time.monotonic() < self._next_look:
            return
        self._looking = True
        asyncio.get_running_loop().run_in_executor(self._pool, self._refresh)

    def _refresh(self) -> None:
        try:
            self._see_changes()
        except Failure as failure:
            self._say(failure.line().removeprefix("exai: "))
        except Exception as error:  # whatever it is: what was known goes on
            self._say(f"the feature registry can't be read: {type(error).__name__}")
        finally:
            self._looking = False
            self._next_look = time.monotonic() + _LOOK

    def _see_changes(self) -> None:
        seen = stamp_of(self._folder, self._lookup.store)
        if seen == self._stamp:
            return
        with _failures():
            store = self._lookup.store
            if seen[0] != self._stamp[0]:  # another store, or other settings of it
                store = open_store(self._folder, serving=True)
                _hurry(store)
            found = self._looked_at(store)
        if self._asked(found) != self.asked:
            raise Failure(
                "features-changed",
                "the keys of the features aren't what they were when this server was started",
                "Apply, so that a new one takes over",
            )
        self._lookup, self._stamp, self._problem = found, seen, ""

    def _say(self, problem: str) -> None:
        if problem != self._problem:
            print(f"exai: {problem}", file=sys.stderr, flush=True)
        self._problem = problem

    def _looked_at(self, store: Any) -> Lookup:
        registry = Registry(store)
        needs = self._needs_of(registry.offered(self._policy.service))
        if self._policy.on_missing == "null":
            check_nulls(needs)
        try:
            return Lookup(store, registry.define(needs), needs, self._policy)
        except Wrong as wrong:
            raise Failure(
                "bad-default", f"{wrong}", "Mend `features.defaults` of the Service"
            ) from None

    def _asked(self, lookup: Lookup) -> list[ModelColumn]:
        known = lookup.definitions
        return asked_columns(lookup.needs, known.kinds, known.keys)


def _explained(question: Callable[[], Any]) -> Any:
    with explained():
        return question()


@contextmanager
def _failures() -> Iterator[None]:
    """What Feast's stores have against us as a failure to start."""
    try:
        with explained():
            yield
    except StepFailure as failure:
        told = failure.outcome
        raise Failure(told.code, told.message, told.hint) from None


def _hurry(store: Any) -> None:
    """Redis' client waits for ever unless told otherwise; then a hung store would hang us."""
    online = store.config.online_store
    text = getattr(online, "connection_string", None)
    if getattr(online, "type", "") == "redis" and text and "socket_timeout" not in text:
        online.connection_string = f"{text},socket_timeout=2,socket_connect_timeout=2"
