"""A million rows: a preview beside pandas, a validation beside Great Expectations called straight.

    python tests/benchmarks/data.py [ROUNDS]

Every side is a fresh process that reads the same file; the sides take turns. Prints a table of
seconds and of the largest memory of a process; asserts nothing about either.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROWS = int(os.environ.get("ROWS", "1000000"))
SCHEMA = {
    "order_id": "int64",
    "customer": "string",
    "channel": "string",
    "amount": "float64",
    "rating": "float64",
    "items": "int64",
    "paid": "bool",
    "ordered_at": "timestamp",
}
EXPECTATIONS = (
    ("expect_table_row_count_to_be_between", {"min_value": 1000}),
    ("expect_column_values_to_be_unique", {"column": "order_id"}),
    ("expect_column_values_to_not_be_null", {"column": "customer"}),
    ("expect_column_values_to_be_in_set", {"column": "channel", "value_set": ["web", "shop"]}),
    ("expect_column_values_to_be_between", {"column": "amount", "min_value": 0}),
    (
        "expect_column_values_to_be_between",
        {"column": "rating", "min_value": 1, "max_value": 5, "mostly": 0.9},
    ),
    ("expect_column_mean_to_be_between", {"column": "items", "min_value": 1, "max_value": 9}),
    ("expect_column_values_to_match_regex", {"column": "customer", "regex": "^c[0-9]+$"}),
)

MAKE = """
import sys, numpy, pandas
rows, folder = int(sys.argv[1]), sys.argv[2]
some = numpy.random.default_rng(7)
frame = pandas.DataFrame({
    "order_id": numpy.arange(rows),
    "customer": numpy.char.add("c", some.integers(0, 50_000, rows).astype(str)),
    "channel": some.choice(["web", "shop"], rows),
    "amount": some.gamma(2, 30, rows).round(2),
    "rating": numpy.where(some.random(rows) < 0.05, numpy.nan, some.integers(1, 6, rows)),
    "items": some.integers(1, 10, rows),
    "paid": some.random(rows) < 0.9,
    "ordered_at": pandas.Timestamp("2026-01-01", tz="UTC")
        + pandas.to_timedelta(some.integers(0, 10**7, rows), unit="s"),
})
frame.to_parquet(folder + "/orders.parquet", index=False)
frame.to_csv(folder + "/orders.csv", index=False)
"""

PANDAS = """
import sys, pandas
path = sys.argv[1]
frame = pandas.read_csv(path) if path.endswith("csv") else pandas.read_parquet(path)
figures = pandas.DataFrame({
    "type": frame.dtypes, "nulls": frame.isna().sum(), "distinct": frame.nunique(),
    "least": frame.min(), "most": frame.max(),
})
print(len(frame), figures, frame.head())
"""

STRAIGHT = """
import json, sys, pandas
import great_expectations as gx
frame = pandas.read_parquet(sys.argv[1])
context = gx.get_context(mode="ephemeral")
asset = context.data_sources.add_pandas("data").add_dataframe_asset("orders")
batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
suite = gx.ExpectationSuite(name="orders")
for name, arguments in json.loads(sys.argv[2]):
    words = "".join(part.capitalize() for part in name.split("_"))
    suite.add_expectation(getattr(gx.expectations, words)(**arguments))
result = batch.validate(suite)
assert result.success and len(result.results) == 8
"""

# Runs one command and tells seconds and the most memory that any of its processes had.
MEASURE = """
import resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run(sys.argv[1:], capture_output=True)
seconds = time.perf_counter() - began
if done.returncode:
    sys.exit(done.stderr.decode() + done.stdout.decode())
print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="exai-data-") as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-c", MAKE, str(ROWS), name], check=True)
        _project(folder)
        rows: list[tuple[str, list[str], list[str]]] = [
            (
                f"preview, {kind}",
                _exai(folder, f"orders_{kind}"),
                [sys.executable, "-c", PANDAS, str(folder / f"orders.{kind}")],
            )
            for kind in ("parquet", "csv")
        ]
        straight = [sys.executable, "-c", STRAIGHT, str(folder / "orders.parquet")]
        rows.append(
            ("validation, 8 expectations", _step(folder), [*straight, json.dumps(EXPECTATIONS)])
        )
        print(
            f"| {ROWS:<10,} rows            | exai s | straight s | ratio | exai MB | straight MB |"
        )
        print(
            "|----------------------------|--------|------------|-------|---------|-------------|"
        )
        for label, ours, theirs in rows:
            mine, peers = [], []
            for _ in range(rounds):
                peers.append(_measured(theirs))
                mine.append(_measured(ours))
            (a, memory_a), (b, memory_b) = _median(mine), _median(peers)
            print(
                f"| {label:<26} | {a:6.1f} | {b:10.1f} | {a / b:5.2f} | {memory_a:7.0f} | {memory_b:11.0f} |"
            )


def _project(folder: Path) -> None:
    documents = ["apiVersion: exai.dev/v1alpha1\nkind: Project\nmetadata: {name: rows}\nspec: {}\n"]
    for kind in ("parquet", "csv"):
        documents.append(
            f"apiVersion: exai.dev/v1alpha1\nkind: Dataset\nmetadata: {{name: orders_{kind}}}\n"
            f"spec: {{source: {{{kind}: {{path: orders.{kind}}}}}, schema: {json.dumps(SCHEMA)}}}\n"
        )
    (folder / "exai.yaml").write_text("---\n".join(documents))


def _exai(folder: Path, dataset: str) -> list[str]:
    command = [sys.executable, "-m", "exai_runtime.cli.main", "-C", str(folder), "-q"]
    return [*command, "data", "preview", dataset]


def _step(folder: Path) -> list[str]:
    """validate-dataset as a pipeline's runner starts it."""
    dataset = {
        "name": "orders",
        "key": [],
        "schema": {name: {"type": kind} for name, kind in SCHEMA.items()},
        "quality": {"onFailure": "block", "expectations": [{n: a} for n, a in EXPECTATIONS]},
    }

    def artifact(name: str, kind: str, file: str) -> dict[str, object]:
        one = {"name": name, "uri": file, "metadata": {}, "type": {"schemaTitle": kind}}
        return {"artifacts": [one]}

    data = str(folder / "orders.parquet")
    executor_input = {
        "inputs": {
            "parameterValues": {"dataset": dataset},
            "artifacts": {"data": artifact("data", "system.Dataset", data)},
        },
        "outputs": {
            "artifacts": {
                "data": artifact("data", "system.Dataset", str(folder / "step/data")),
                "report": artifact("report", "system.HTML", str(folder / "step/report.html")),
            },
            "outputFile": str(folder / "step/executor_output.json"),
        },
    }
    (folder / "step").mkdir()
    command = [sys.executable, "-m", "exai_components.step", "kfp.dsl.executor_main"]
    return [*command, "validate-dataset", "--executor_input", json.dumps(executor_input)]


def _measured(command: list[str]) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *command], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)


def _median(samples: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(s for s, _ in samples), statistics.median(m for _, m in samples)


if __name__ == "__main__":
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
