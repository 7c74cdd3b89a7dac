"""The HTML page of `exai graph` in a real browser: search, picking, a column's trace, details,
keys, and a policy that holds.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.driver import Browser, browser

from exai_runtime.cli import main

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parents[3] / "examples/diabetes"
ENTER, ESCAPE, LEFT, RIGHT = "\ue007", "\ue00c", "\ue012", "\ue014"
HOSTILE = "</script><img src=x onerror=document.title='broken'><b>@SCRIPT@"


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    root = tmp_path / "clinic"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".exai", "data"))
    return root


def opened(chrome: Browser, root: Path, *words: str) -> Path:
    file = root / "lineage.html"
    assert main.run(["-C", str(root), "graph", "--format", "html", "-o", str(file), *words]) == 0
    chrome.open("about:blank")
    chrome.open(file.as_uri())
    assert chrome.run("return document.documentElement.dataset.ready") == "yes"
    return file


def texts(chrome: Browser, selector: str) -> list[str]:
    script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)"
    found: list[str] = chrome.run(script, selector)
    return found


def names(chrome: Browser, selector: str) -> set[str]:
    """Of nodes and groups, without what stands below the names."""
    return set(texts(chrome, f"{selector} > .name"))


def number(chrome: Browser, name: str) -> int:
    script = """const nodes = JSON.parse(document.getElementById("data").textContent).nodes;
    return nodes.findIndex(node => (node.s || node.n) === arguments[0]);"""
    found: int = chrome.run(script, name)
    assert found >= 0
    return found


def scale(chrome: Browser) -> float:
    script = 'return document.getElementById("view").getAttribute("transform")'
    return float(chrome.run(script).rpartition("scale(")[2].rstrip(")"))


def test_search_pick_trace_and_details(chrome: Browser, clinic: Path) -> None:
    file = opened(chrome, clinic)
    assert names(chrome, ".node") | names(chrome, ".group") == {
        "blood",
        "measurements",
        "outcomes",
        "patient",
        "body",
        "ratios",
        "serum",
        "diabetes_features",
        "diabetes-training",
        "diabetes_model",
        "diabetes",
    }
    assert names(chrome, ".group.shut") == {"diabetes-training"}

    # A node lights up what it comes from and what hangs on it, and nothing else.
    chrome.click(f"[data-node='{number(chrome, 'body')}']")
    assert names(chrome, ".node.start") == {"body"}
    assert names(chrome, ".node.up") == {"measurements", "patient"}
    assert names(chrome, ".lit.down") == {
        "diabetes_features",
        "diabetes-training",
        "diabetes_model",
        "diabetes",
    }
    assert texts(chrome, "#details h2") == ["FeatureView/body"]
    assert "The newest visit" in texts(chrome, "#details p")
    links = 'return [...document.querySelectorAll("#details a")].map(a => [a.textContent, a.href])'
    places: list[Any] = chrome.run(links)
    assert places[0] == ["specs/features.yaml:9", (clinic / "specs/features.yaml").as_uri()]
    assert ["specs/features.yaml:34", (clinic / "specs/features.yaml").as_uri()] in places

    # A search finds a column, Enter picks it; its way is traced through steps, closed until then.
    chrome.keys("/", *"blood:tc")
    assert texts(chrome, "#results li")[0].endswith("Dataset/blood:tc")
    chrome.keys(ENTER)
    assert texts(chrome, "#details h2") == ["Dataset/blood:tc"]
    assert "float64 in mg/dl" in texts(chrome, "#details p")
    columns = set(texts(chrome, ".column.lit > text:not(.type)"))
    assert columns == {"tc", "tc_to_hdl"}
    assert len(texts(chrome, ".trace")) >= 4
    assert "body" not in names(chrome, ".node.lit")
    chrome.click("#details li .go")
    assert texts(chrome, "#details h2") == ["FeatureView/serum:tc"]

    # Escape forgets it; the columns of a node open and close.
    chrome.keys(ESCAPE)
    assert texts(chrome, ".lit") == [] and chrome.run(
        'return document.getElementById("details").hidden'
    )
    chrome.click("#fit")
    chrome.click(f"[data-toggle='{number(chrome, 'blood')}'] text")
    assert {"patient_id", "drawn_at", "tc"} <= set(texts(chrome, ".column > text"))
    chrome.click(f"[data-toggle='{number(chrome, 'blood')}'] text")
    assert texts(chrome, ".column") == []

    # A pipeline opens to its steps.
    chrome.click("#pipelines")
    assert {"load", "check", "train", "register"} <= names(chrome, ".node")
    assert texts(chrome, "#search") == [""] and file.exists()
    assert chrome.complaints() == []


def test_a_search_for_a_pipeline_shows_its_steps(chrome: Browser, clinic: Path) -> None:
    opened(chrome, clinic)
    assert names(chrome, ".group.shut") == {"diabetes-training"}
    chrome.keys("/", *"diabetes-training", ENTER)
    assert texts(chrome, "#details h2") == ["Pipeline/diabetes-training"]
    steps = {"load", "check", "features", "split", "train", "evaluate", "register"}
    assert names(chrome, ".node.start") == steps
    inside = """const whole = document.getElementById("graph").getBoundingClientRect();
    return [...document.querySelectorAll(".node.start")].every(node => {
      const box = node.getBoundingClientRect();
      const across = box.left >= whole.left && box.right <= whole.right;
      return across && box.top >= whole.top && box.bottom <= whole.bottom;
    });"""
    assert chrome.run(inside)

    # What was looked for before gives way to the next word; each word counts for the order.
    chrome.keys("/", *"diabetes-training train")
    assert texts(chrome, "#results li")[0].endswith("Pipeline/diabetes-training#train")
    chrome.keys(ENTER)
    assert names(chrome, ".node.start") == {"train"}

    # A pick moves nothing.
    places = """return [...document.querySelectorAll(".node")]
      .map(node => node.getAttribute("transform"))"""
    before = chrome.run(places)
    chrome.run("window.kept = document.querySelector('.node')")
    chrome.keys(LEFT)
    assert names(chrome, ".node.start") == {"split"}
    assert names(chrome, ".node.up") >= {"load", "check", "features", "measurements", "body"}
    assert names(chrome, ".node.down") >= {"train", "evaluate", "register", "diabetes"}
    assert chrome.run("return window.kept.isConnected"), "nothing is drawn anew"
    lit = 'return document.querySelectorAll(".edge.lit").length'
    assert chrome.run(lit) > 3
    assert chrome.run(places) == before
    chrome.keys(ESCAPE)
    assert chrome.run(places) == before and chrome.run(lit) == 0
    assert texts(chrome, ".lit") == []
    assert chrome.complaints() == []


def test_keys_zoom_and_the_address(chrome: Browser, clinic: Path) -> None:
    file = opened(chrome, clinic)
    before = scale(chrome)
    chrome.click("#in")
    assert scale(chrome) > before
    chrome.click("#fit")
    assert scale(chrome) == pytest.approx(before)
    chrome.run('document.getElementById("graph").focus()')
    chrome.keys("+")
    assert scale(chrome) > before
    chrome.keys("/", *"Model/", ENTER, RIGHT)
    assert texts(chrome, "#details h2") == ["Service/diabetes"]
    chrome.keys(LEFT, LEFT)
    assert texts(chrome, "#said") == texts(chrome, "#details h2")
    assert texts(chrome, "#said") != ["Service/diabetes"]
    chrome.keys("/", *"nothing like it")
    assert texts(chrome, "#results li") == ["Nothing has this name"]
    # The picked node is in the address, so that a link leads to it.
    chrome.open("about:blank")
    chrome.open(f"{file.as_uri()}#Pipeline%2Fdiabetes-training%23train")
    assert texts(chrome, "#details h2") == ["Pipeline/diabetes-training#train"]
    assert names(chrome, ".node.start") == {"train"}
    assert chrome.complaints() == []


def test_the_policy_and_hostile_text(chrome: Browser, clinic: Path) -> None:
    features = clinic / "specs/features.yaml"
    assert "The newest visit" in features.read_text()
    features.write_text(features.read_text().replace("The newest visit", f'"{HOSTILE}"'))
    opened(chrome, clinic, "--columns")
    assert texts(chrome, "title") and chrome.run("return document.title") != "broken"
    assert len(texts(chrome, "script")) == 2 and texts(chrome, "img") == []
    chrome.click(f"[data-node='{number(chrome, 'body')}'] .name")
    assert HOSTILE in texts(chrome, "#details p")
    assert chrome.run('return performance.getEntriesByType("resource").length') == 0
    assert chrome.complaints() == []
    # What would come in from elsewhere is refused.
    chrome.run("""const script = document.createElement("script");
    script.textContent = "document.title = 'broken'"; document.body.append(script);
    const image = new Image(); image.src = "https://127.0.0.1:9/x.png";
    document.body.append(image);""")
    assert chrome.run("return document.title") != "broken"
    refused = " ".join(chrome.complaints())
    assert "script-src" in refused and "127.0.0.1:9" in refused


def test_long_names_stay_in_their_boxes(chrome: Browser, clinic: Path) -> None:
    for letter in "Wmi":
        (clinic / f"specs/long_{letter}.yaml").write_text(
            f"apiVersion: exai.dev/v1alpha1\nkind: Dataset\nmetadata: {{name: {letter * 63}}}\n"
            "spec:\n  source: {csv: {path: x.csv}}\n  schema:\n"
            f"    {letter * 100}: {{struct: {{{letter * 50}: float64}}}}\n"
        )
    opened(chrome, clinic, "--columns")
    assert len([name for name in texts(chrome, ".node .name") if name.endswith("…")]) == 3
    assert len([name for name in texts(chrome, ".column text") if name.endswith("…")]) == 6
    outside = chrome.run("""return [...document.querySelectorAll(".node")].flatMap(node => {
      const card = node.querySelector("rect").getBoundingClientRect();
      return [...node.querySelectorAll("text")].map(text => [text, text.getBoundingClientRect()])
        .filter(([_, at]) => at.left < card.left || at.right > card.right + 1)
        .map(([text]) => text.textContent);
    });""")
    assert outside == []
    assert chrome.complaints() == []


def test_two_thousand_steps_are_found_and_drawn(chrome: Browser, clinic: Path) -> None:
    whole = (clinic / "specs/pipeline.yaml").read_text()
    for place in range(300):
        text = whole.replace("diabetes-training", f"training-{place}")
        text = text.replace("as: diabetes_model", f"as: model_{place}")
        model = (
            (clinic / "specs/model.yaml").read_text().replace("diabetes_model", f"model_{place}")
        )
        (clinic / f"specs/more_{place}.yaml").write_text(f"{text}\n---\n{model}")
    opened(chrome, clinic)
    assert texts(chrome, "#counts")[0].startswith("611 documents · 2107 steps")
    chrome.keys("/", *"training-222#train", ENTER)
    assert names(chrome, ".node.start") == {"train"}
    assert "model_222" in names(chrome, ".node.down")
    chrome.click("#pipelines")
    assert chrome.complaints() == []


def test_groups_loops_and_choices_are_boxes_around_their_steps(
    chrome: Browser, tmp_path: Path
) -> None:
    root = tmp_path / "flow"
    shutil.copytree(Path(__file__).parents[2] / "golden/graph/flow", root)
    opened(chrome, root)
    assert names(chrome, ".scope") == {"checks", "each-half", "sweep", "tell", "tell-1", "tell-2"}
    # Each box as it is seen: what it is called, and the rectangle that it fills.
    script = """const all = (of, name) => [...document.querySelectorAll(of)].map(e => {
        const r = e.querySelector("rect").getBoundingClientRect();
        return [e.querySelector(name).textContent, [r.left, r.top, r.right, r.bottom]];
    });
    return [Object.fromEntries(all(".scope", ".name")), Object.fromEntries(all(".node", ".name"))];
    """
    scopes, nodes = chrome.run(script)

    def holds(outer: list[float], inner: list[float]) -> bool:
        return (
            outer[0] < inner[0]
            and outer[1] < inner[1]
            and outer[2] > inner[2]
            and outer[3] > inner[3]
        )

    around = {
        "check": {"checks"},
        "look": {"checks", "each-half"},
        "train": {"sweep"},
        "loud": {"tell", "tell-1"},
        "quiet": {"tell", "tell-2"},
        "load": set(),
        "finally": set(),
    }
    for name, expected in around.items():
        assert {s for s, box in scopes.items() if holds(box, nodes[name])} == expected, name
    assert holds(scopes["checks"], scopes["each-half"]) and holds(scopes["tell"], scopes["tell-1"])
    assert not holds(scopes["tell-1"], scopes["tell-2"])
    chrome.click(f'[data-node="{number(chrome, "train")}"]')
    assert "Pipeline/flower-training#train" in texts(chrome, "#details h2")
