"""`python -m bench PART`: each part writes its figures beside its baselines."""

import argparse
from importlib import import_module

PARTS = {
    "relay": "bench.relay",
    "ringing": "bench.ringing",
    "floor": "bench.floor",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS, default="relay")
    wanted, words = parser.parse_known_args()
    import_module(PARTS[wanted.part]).main(words)


if __name__ == "__main__":
    main()
