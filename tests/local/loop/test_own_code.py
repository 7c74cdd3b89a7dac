"""examples/own-code, with the real parts: a user's step trained, registered, served; a step that
raises; a package that isn't here yet."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from typing import Any

import pytest

from .conftest import ROOT, SETOSA, MakeProject, Project

pytestmark = pytest.mark.slow

OWN_CODE = ROOT / "examples" / "own-code"


def ask(project: Project) -> dict[str, Any]:
    body = json.dumps({"instances": [SETOSA]}).encode()
    request = urllib.request.Request(
        f"{project.url}/v1/models/own:predict", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return dict(json.load(answer)["predictions"][0])


def of_a_failed_apply(project: Project) -> str:
    """All that it prints, which may hold the user's own traceback."""
    words = project.command("apply", "--yes")
    done = subprocess.run(words, env=project.env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done.stdout + done.stderr


def test_own_code_from_a_step_to_a_served_prediction(make_project: MakeProject) -> None:
    project = make_project("own", example=OWN_CODE)
    project.exai("apply", "--yes")
    assert project.changes() == []
    assert ask(project)["prediction"] == "setosa"
    row = [word for name, value in SETOSA.items() for word in ("--row", f"{name}={value}")]
    assert "setosa" in project.exai("predict", "own", *row).stdout

    # KServe's sklearn format: the file that its own server would load, with its digest declared.
    (file,) = (project.root / ".exai" / "local" / "models").rglob("model.joblib")
    signature = json.loads((file.parent / "exai-model.json").read_text())
    assert signature["format"] == "sklearn"
    assert set(signature["files"]) == {"model.joblib"}

    # A comment around the function means nothing; a line in it does, and says where it fails.
    project.edit("specs/train.py", '"""The steps', '"""These are the steps')
    assert project.changes() == []
    project.edit(
        "specs/train.py",
        "    columns = [",
        '    print("about to fail")\n    rows["petal"] = rows["pettal"]\n    columns = [',
    )
    assert "run" in [change["verb"] for change in project.changes()]
    said = of_a_failed_apply(project)
    line = (project.root / "specs" / "train.py").read_text().split("\n").index(
        '    rows["petal"] = rows["pettal"]'
    ) + 1
    assert "KeyError: 'pettal'" in said
    assert f"specs/train.py:{line} raised it" in said
    assert "executor.py" not in said
    assert ask(project)["prediction"] == "setosa", "what served before still serves"

    # A package that this environment lacks comes once, into a cached environment.
    project.edit("specs/train.py", '    rows["petal"] = rows["pettal"]', "    import humanize")
    project.edit(
        "specs/train.py", '"about to fail"', '"version", __import__("humanize").__version__'
    )
    project.edit("specs/pipeline.yaml", "[scikit-learn==1.9.1]", "[humanize==4.12.0]")
    applied = project.exai("apply", "--yes")
    assert "installing humanize==4.12.0" in applied.stderr
    assert "version 4.12.0" in "".join(
        path.read_text() for path in (project.root / ".exai" / "local" / "runs").glob("*/run.log")
    )

    project.edit("specs/pipeline.yaml", "[humanize==4.12.0]", "[humanize==0.0.0.dev999]")
    refused = project.exai("apply", "--yes", code=1)
    assert "can't be installed" in refused.stdout + refused.stderr


def test_a_pickle_with_another_digest_is_never_loaded(make_project: MakeProject) -> None:
    project = make_project("own", example=OWN_CODE)
    project.exai("apply", "--yes")
    (file,) = (project.root / ".exai" / "local" / "models").rglob("model.joblib")
    file.chmod(0o600)
    file.write_bytes(file.read_bytes() + b"\0")
    project.edit(
        "specs/service.yaml",
        "  model: own_model@champion",
        "  model: own_model@champion\n  env: {A: b}",
    )
    refused = project.exai("apply", "--yes", code=1)
    assert "digest" in refused.stdout + refused.stderr
    assert ask(project)["prediction"] == "setosa", "the old process still serves"
