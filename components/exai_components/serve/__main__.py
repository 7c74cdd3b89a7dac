"""`python3 -m exai_components.serve`: see `options`."""

import sys

from exai_components.serve.options import parse_options
from exai_components.serve.start import run

if __name__ == "__main__":
    sys.exit(run(parse_options(sys.argv[1:])))
