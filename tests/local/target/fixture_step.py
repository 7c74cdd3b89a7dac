"""A step for tests, as small as a step can be.

`python3 fixture_step.py kfp.dsl.executor_main WHAT --executor_input JSON`; WHAT is what it does:
succeed, say nothing, die, end for good, sleep, leave a process behind, print its secrets, put them
into all that it says.
"""

import base64
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, quote_plus

what = sys.argv[2]
given = json.loads(sys.argv[sys.argv.index("--executor_input") + 1])
inputs = given.get("inputs", {}).get("parameterValues", {})
outputs = given.get("outputs", {})
folder = Path(outputs["outputFile"]).parent
folder.mkdir(parents=True, exist_ok=True)


def count(name: str) -> int:
    """How often this step ran, over all attempts."""
    path = Path(os.environ["EXAI_DATA_ROOT"]) / f"{name}.count"
    number = int(path.read_text()) + 1 if path.exists() else 1
    path.write_text(str(number))
    return number


def succeed() -> None:
    """Write every declared output."""
    artifacts = {}
    for name, item in outputs.get("artifacts", {}).items():
        artifact = item["artifacts"][0]
        Path(artifact["uri"]).write_text(json.dumps(inputs))
        artifacts[name] = {"artifacts": [{**artifact, "metadata": {"rows": 3}}]}
    parameters = dict.fromkeys(outputs.get("parameters", {}), 7)
    text = json.dumps({"artifacts": artifacts, "parameterValues": parameters})
    Path(outputs["outputFile"]).write_text(text)


number = count(what)
print(f"{what} runs for the {number}. time with {json.dumps(inputs, sort_keys=True)}", flush=True)
match what:
    case "succeed":
        succeed()
    case "silent":
        pass
    case "die":
        print("the disk is on fire", file=sys.stderr)
        sys.exit(3)
    case "final":
        said = {
            "final": True,
            "code": "bad-rows",
            "message": "3 rows are bad",
            "hint": "mend them",
            "rows": [{"id": 1}],
        }
        (folder / "exai-outcome.json").write_text(json.dumps(said))
        sys.exit(1)
    case "sleep":
        # Until a minute is over, or until it is told that the work is done.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
        (Path(os.environ["EXAI_DATA_ROOT"]) / "sleeping").write_text(str(os.getpid()))
        if signal.sigtimedwait({signal.SIGUSR1}, 60) is None:
            sys.exit("nobody woke it up")
        succeed()
    case "orphan":
        child = subprocess.Popen(
            ["sleep", "300"],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        (Path(os.environ["EXAI_DATA_ROOT"]) / "orphan").write_text(str(child.pid))
        succeed()
    case "secrets":
        for name, value in sorted(os.environ.items()):
            print(name, value)
            print(base64.b64encode(f"user:{value}".encode()).decode())
            print(json.dumps({name: value}))
        succeed()
    case "leak":
        # In every place where a step can say something, in the forms that programs use.
        token = os.environ["EXAI_CONNECTION_PG_PASSWORD"]
        whole = f"user:{token}"
        forms = [
            whole,
            repr(whole),
            json.dumps(whole),
            quote(whole),
            quote_plus(whole),
            base64.b64encode(whole.encode()).decode(),
            base64.urlsafe_b64encode(token.encode()).decode(),
        ]
        for form in forms:
            print(f"out {form}")
            print(f"err {form}", file=sys.stderr)
        said = {
            "final": True,
            "code": "refused",
            "message": f"refused {' '.join(forms)}",
            "hint": " ".join(forms),
            "rows": [{whole: forms}],
        }
        (folder / "exai-outcome.json").write_text(json.dumps(said))
        sys.exit(1)
    case "environment":
        (Path(os.environ["EXAI_DATA_ROOT"]) / "environment.json").write_text(
            json.dumps(dict(os.environ))
        )
        succeed()
