"""No form of a diagnostic quotes a credential, whatever the diagnostic is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_runtime.cli import main

PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Notebook
metadata: {name: lab}
"""


@pytest.mark.parametrize("output", ["human", "json", "sarif", "github"])
@pytest.mark.parametrize(
    ("env", "code"),
    [
        ("{HF_TOKEN: hunter2, X: [1]}", "wrong-type"),
        ("{HF_TOKEN: hunter2, HF_TOKEN: hunter2}", "duplicate-key"),
        ('{HF_TOKEN: "hunter2}', "yaml-syntax"),
        ("{HF_TOKEN: {sekret: db, value: hunter2}}", "exactly-one-of"),
    ],
)
def test_no_form_quotes_it(
    output: str, env: str, code: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "exai.yaml").write_text(f"{PROJECT}spec: {{image: lab, env: {env}}}\n")
    assert main.run(["-C", str(tmp_path), "validate", "--output", output]) == 1
    told = "".join(capfd.readouterr())
    assert code in told and "hunter2" not in told
