"""A rendered Feast repository in a folder: opened, and applied to its registry.

In: the folder with `feature_store.yaml`. Out: Feast's own store. Definitions come from the
repository's Python files, which exai rendered. Never prints: what Feast says
of it isn't for people.
"""

import contextlib
import importlib
import io
import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from exai_components.feature_store.lean import import_feast
from exai_components.feature_store.marks import unmark
from exai_components.feature_store.rows import stored_views
from exai_components.outcome import StepFailure
from exai_components.secrets_in_env import secret

_SQLITE = "sqlite:///"
_OPENED: list[Path] = []
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def open_store(folder: Path, *, serving: bool = False) -> Any:
    """A `feast.FeatureStore` over the repository; relative paths start at its folder.

    Nothing is connected to before it is used. Who only serves has no use for the offline store, and
    isn't given its password.
    """
    import_feast()
    import yaml
    from feast import FeatureStore
    from feast.repo_config import RepoConfig

    file = folder / "feature_store.yaml"
    if not file.is_file():
        raise StepFailure(
            "not-applied", "There is no feature repository yet", "Run `exai apply` first"
        )
    # Feast fills variables into the text, before it is read: a password may hold any character.
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    if serving:
        written["offline_store"] = {"type": "dask"}
    config = RepoConfig(**_filled(written))
    config.repo_path = folder
    registry = config.registry
    path = str(getattr(registry, "path", "") or "")
    # Feast hands this to SQLAlchemy, for which a relative path starts at the working folder.
    if path.startswith(_SQLITE) and not path.startswith(f"{_SQLITE}/"):
        registry.path = _SQLITE + str((folder / path.removeprefix(_SQLITE)).resolve())
    _take_transforms_from(folder)
    return FeatureStore(config=config)


def apply_repository(folder: Path) -> dict[str, Any]:
    """Make the registry and the online store's tables what the repository says, and no more."""
    store = open_store(folder)
    from feast import repo_operations

    before = set(stored_views(store))
    with _modules_of(folder), _quietly():
        try:
            contents = repo_operations._get_repo_contents(folder, store.project, store.config)
        except Exception as error:
            raise StepFailure(
                "bad-definitions",
                f"The feature repository can't be read: {type(error).__name__}: {error}",
                "A transform's file is imported here: see that its own imports are installed",
            ) from None
        for view in contents.on_demand_feature_views:
            _try_out(view)
        _make_way(store, contents)
        for project in contents.projects:
            repo_operations.apply_total_with_repo_instance(
                store, project.name, store.registry, contents, skip_source_validation=True
            )
    views = stored_views(store)
    _make_tables(store, [view for view in views.values() if view.online])
    unmark(store, before - set(views))
    return {
        "views": sorted(views),
        "transforms": sorted(view.name for view in store.list_on_demand_feature_views()),
        "services": sorted(service.name for service in store.list_feature_services()),
    }


@contextmanager
def _quietly() -> Iterator[None]:
    """Feast lists what it does, and calls views of streams and on-demand ones experimental."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        for kind in ("On demand", "Stream"):
            warnings.filterwarnings("ignore", category=RuntimeWarning, message=kind)
        yield


def _make_tables(store: Any, views: list[Any]) -> None:
    """Feast makes tables for views that are new to the registry; the file may be new, too."""
    if store.config.online_store.type == "sqlite":
        online = store._get_provider().online_store
        online.update(store.config, [], views, [], [], partial=True)


def _make_way(store: Any, contents: Any) -> None:
    """Views that are of another kind now leave the registry first: Feast refuses to apply one while
    another kind's has its name. What is online of them stays.
    """
    there = {
        "plain": store.list_feature_views(),
        "streamed": store.list_stream_feature_views(),
        "computed": store.list_on_demand_feature_views(),
    }
    wanted = {
        "plain": contents.feature_views,
        "streamed": contents.stream_feature_views,
        "computed": contents.on_demand_feature_views,
    }
    kinds = {view.name: kind for kind, views in wanted.items() for view in views}
    for kind, views in there.items():
        for view in views:
            if kinds.get(view.name, kind) != kind:
                store.registry.delete_feature_view(view.name, store.project)


def _try_out(view: Any) -> None:
    """What `feast apply` does with a transform everywhere: it is called with made-up values, and
    has to make its features of them.
    """
    try:
        view.infer_features()
    except Exception as error:
        said = " ".join(str(error).split())
        raise StepFailure(
            "failed-transform",
            f"The transform {view.name}, tried out with made-up values, "
            f"raised {type(error).__name__}: {said}",
            "It gets the columns of its sources, and has to return every feature of its schema "
            "in its type",
        ) from None


@contextmanager
def _modules_of(folder: Path) -> Iterator[None]:
    """Python imports the repository's files, as they are now, from its folder and no other."""
    before = Path.cwd()
    _forget(folder)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    written = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.dont_write_bytecode = written
        sys.path.remove(str(folder))
        os.chdir(before)


def _filled(value: Any) -> Any:
    """`value` with each `${VARIABLE}` replaced by what the environment has."""
    match value:
        case str():
            return _VARIABLE.sub(lambda found: _variable(found[1]), value)
        case dict():
            return {key: _filled(item) for key, item in value.items()}
        case list():
            return [_filled(item) for item in value]
    return value


def _variable(name: str) -> str:
    value = secret(name)
    if value is None:
        raise StepFailure(
            "missing-variable",
            f"feature_store.yaml needs {name}, which isn't set here",
            "Apply again: exai sets it from the environment's secrets",
        )
    return value


def _take_transforms_from(folder: Path) -> None:
    """A registry names a transform's function by its module; it is found in this repository, and
    in none that was opened before.
    """
    for other in [place for place in _OPENED if place != folder]:
        _forget(other)
        while str(other) in sys.path:
            sys.path.remove(str(other))
        _OPENED.remove(other)
    if folder not in _OPENED:
        sys.path.append(str(folder))
        _OPENED.append(folder)


def _forget(folder: Path) -> None:
    for name, module in list(sys.modules.items()):
        places = [getattr(module, "__file__", None) or "", *(getattr(module, "__path__", ()) or ())]
        if any(Path(place).is_relative_to(folder) for place in places if place):
            del sys.modules[name]
