"""What the component `echo` runs: hands its inputs on, and writes all that it saw to `table`."""

import json
import os
import sys
from pathlib import Path


def main() -> None:
    executor_input = json.loads(sys.argv[sys.argv.index("--executor_input") + 1])
    inputs, outputs = executor_input["inputs"], executor_input["outputs"]
    values = inputs.get("parameterValues", {})
    table = outputs["artifacts"]["table"]["artifacts"][0]
    Path(table["uri"]).parent.mkdir(parents=True, exist_ok=True)
    seen = {
        "values": values,
        "artifacts": sorted(inputs.get("artifacts", {})),
        "env": {name: os.environ.get(name) for name in ("STAGE", "SHARED", "EXAI_MEMORY")},
    }
    Path(table["uri"]).write_text(json.dumps(seen))
    if values.get("text") == "fail":
        sys.exit("it was told to")
    if os.environ.get("STAGE") == "test" and not (again := Path(table["uri"] + ".tried")).exists():
        again.touch()
        sys.exit("the first try of a step with a retry fails")
    written = {
        "parameterValues": {name: values[name] for name in ("text", "count", "number")},
        "artifacts": {
            "table": {"artifacts": [{**table, "metadata": {"rows": 1}}]},
        },
    }
    Path(outputs["outputFile"]).write_text(json.dumps(written))


if __name__ == "__main__":
    main()
