"""Starts the server: checks the model, loads Java and KServe side by side, serves.

In: options. Out: an exit status, and one line in the log for whoever finds that it isn't 0.
"""

import asyncio
import concurrent.futures
import gc
import logging
import socket
import sys
import warnings

from exai_components.jvm import NoJava
from exai_components.model_file import BadModel, ModelFile, digest_of, verify
from exai_components.mojo import MojoScorer
from exai_components.serve.failure import Failure
from exai_components.serve.handover import check_control_path
from exai_components.serve.lean import import_kserve
from exai_components.serve.listener import bind_tcp
from exai_components.serve.options import Options
from exai_components.serve.wire import Columns


def run(options: Options) -> int:
    """Serve until told to stop; 0, or 1 with the reason on stderr."""
    gc.disable()  # until all is loaded: much is made, and hardly any of it is garbage
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
    signature = verify(options.model_dir, options.digest)
    columns = Columns(signature)
    scorer = _load(options)
    _quieten()

    import uvicorn

    loop_factory = uvicorn.Config("", log_config=None).get_loop_factory()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(_serve(options, bound, signature, columns, scorer))


def _load(options: Options) -> MojoScorer:
    """The model; Java starts in a thread, without Python's lock, while KServe is imported here."""
    import jpype  # noqa: F401 - here, not in the thread, so that both sides share its imports

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        loading = pool.submit(MojoScorer, options.model_dir)
        import_kserve()
        return loading.result()


async def _serve(
    options: Options,
    bound: socket.socket | None,
    signature: ModelFile,
    columns: Columns,
    scorer: MojoScorer,
) -> None:
    from exai_components.serve.app import build_app
    from exai_components.serve.gate import Gate
    from exai_components.serve.metrics import Meter
    from exai_components.serve.model import ScoringModel
    from exai_components.serve.server import Server
    from exai_components.serve.warm import warm

    model = ScoringModel(options.model_name, scorer, columns)

    def ready() -> bool:
        return server.ready()

    app = build_app(model, ready)
    gate = Gate(app, options, Meter(options.model_name))
    server = Server(app, gate, options, digest_of(options.model_dir))
    await warm(app, options.model_name, signature)
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
