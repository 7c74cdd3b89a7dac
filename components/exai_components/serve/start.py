"""Starts the server: checks the model, loads it and KServe side by side, serves.

In: options. Out: an exit status, and one line in the log for whoever finds that it isn't 0.
"""

import asyncio
import concurrent.futures
import contextlib
import gc
import logging
import socket
import sys
import warnings
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exai_components.jvm import NoJava
from exai_components.model_file import (
    FORMAT,
    BadModel,
    ModelFile,
    digest_of,
    read_model_file,
    verify,
)
from exai_components.scorer import Scorer, open_scorer
from exai_components.secrets_in_env import withdraw
from exai_components.serve.failure import Failure
from exai_components.serve.handover import check_control_path
from exai_components.serve.lean import import_kserve, import_sklearn
from exai_components.serve.listener import bind_tcp
from exai_components.serve.options import Options
from exai_components.serve.policy import parse_policy
from exai_components.serve.wire import Columns

if TYPE_CHECKING:
    from exai_components.serve.features import Features


def run(options: Options) -> int:
    """Serve until told to stop; 0, or 1 with the reason on stderr."""
    gc.disable()  # until all is loaded: much is made, and hardly any of it is garbage
    withdraw()  # a pickle and a transform are users' code
    try:
        _run(options)
    except Failure as failure:
        say(failure.line())
    except BadModel as error:
        say(f"exai: the model can't be served: {error}. Check --model_dir and EXAI_MODEL_DIGEST.")
    except NoJava as error:
        say(f"exai: the model can't be served: {error}.")
    else:
        return 0
    return 1


def say(line: str) -> None:
    """A line for the log."""
    print(line, file=sys.stderr, flush=True)


def _run(options: Options) -> None:
    if options.control is not None:
        check_control_path(options.control)
    # Bound before the model loads: a port in use shows at once. Listened on only when ready.
    bound = None if options.port is None else bind_tcp(options.host, options.port)
    if options.predictor is not None:
        from exai_components.serve.transformer import transform

        import_kserve()
        _quieten()
        _run_loop(lambda: transform(options, bound))
        return
    assert options.model_dir is not None  # noqa: S101 - without a predictor there is a model
    # A digest that is declared is checked by who loads the model.
    check = verify(options.model_dir, None) if options.digest is None else None
    signature = check or read_model_file(options.model_dir)
    if options.features is None:
        Columns(signature)  # a model that can't be served is told before it is loaded
    scorer, features = _load(options, options.model_dir, signature)
    _quieten()
    _run_loop(lambda: _serve(options, bound, scorer, features))


def _run_loop(serve: Callable[[], Coroutine[Any, Any, None]]) -> None:
    import uvicorn

    loop_factory = uvicorn.Config("", log_config=None).get_loop_factory()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(serve())


def _load(
    options: Options, model_dir: Path, signature: ModelFile
) -> tuple[Scorer, "Features | None"]:
    """The model, and its features; Java starts in a thread, without Python's lock, meanwhile."""
    if signature.format != FORMAT:
        import_sklearn()
        scorer = open_scorer(model_dir, options.digest)
        import_kserve()
        return scorer, _features(options, signature)
    import jpype  # noqa: F401 - here, not in the thread, so that both sides share its imports

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        loading = pool.submit(open_scorer, model_dir, options.digest)
        import_kserve()
        features = _features(options, signature)
        return loading.result(), features


def _features(options: Options, signature: ModelFile) -> "Features | None":
    if options.features is None or options.repository is None:
        return None
    policy = parse_policy(options.features)
    from exai_components.serve.features import Features
    from exai_components.serve.needs import needs_of

    return Features(
        options.model_name,
        options.repository,
        policy,
        lambda offered: needs_of(signature, policy.service, offered),
    )


async def _serve(
    options: Options, bound: socket.socket | None, scorer: Scorer, features: "Features | None"
) -> None:
    from exai_components.serve.app import build_app
    from exai_components.serve.gate import Gate
    from exai_components.serve.metrics import Meter
    from exai_components.serve.model import ScoringModel
    from exai_components.serve.server import Server
    from exai_components.serve.warm import warm, warm_features

    signature = scorer.signature
    asked = None if features is None else features.asked
    looked_up = {} if features is None else features.needs.views()
    columns = Columns(signature, asked, looked_up=looked_up, probable=scorer.probable)
    model = ScoringModel(options.model_name, scorer, columns, features)

    async def fed() -> bool:
        return features is None or await features.alive()

    async def ready() -> bool:
        return server.ready() and await fed()

    app = build_app(model, ready, fed)
    gate = Gate(app, options, Meter(options.model_name))
    assert options.model_dir is not None  # noqa: S101 - see above
    server = Server(app, gate, options, digest_of(options.model_dir), features)
    rehearsal = contextlib.nullcontext() if features is None else warm_features(features, signature)
    with rehearsal:
        await warm(app, options.model_name, columns)
    await server.run(bound, lambda: say(f"exai: {options.model_name} is ready"))


def _quieten() -> None:
    """Only what is wrong with the server is logged: no line a request, none for a bad one."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    # KServe answers with a class that FastAPI has deprecated; its users can't do anything about it.
    warnings.filterwarnings("ignore", message="ORJSONResponse is deprecated")
    for name, level in (("kserve", logging.CRITICAL), ("uvicorn", logging.ERROR)):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False
