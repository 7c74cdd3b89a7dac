"""The feature store's process: `python -m exai_components.feature_store ANSWERS`.

In: requests on standard input, one line of JSON each; `ANSWERS` is a descriptor. Out: an answer
line for each, in order. It ends when its input does. Importing Feast is most of what a request
costs, so one process answers all that a command asks.
"""

import json
import os
import sys
import traceback

from exai_components.feature_store.actions import answer, redacted
from exai_components.secrets_in_env import withdraw


def main() -> None:
    """Answer until nobody asks any more."""
    withdraw()  # applying imports users' transforms
    with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as answers:
        for line in sys.stdin:
            try:
                found = answer(json.loads(line))
            except Exception as error:
                traceback.print_exc()
                said = (str(error).splitlines() or [""])[0]
                message = f"{type(error).__name__}: {said}"
                found = {
                    "error": {"code": "unexpected", "message": message, "hint": "", "rows": []}
                }
            error_ = found.get("error")
            # Values of features are the caller's to see; words about a failure might quote a store.
            told = {"error": redacted(error_)} if error_ else found
            answers.write(json.dumps(told, ensure_ascii=False, default=str) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
