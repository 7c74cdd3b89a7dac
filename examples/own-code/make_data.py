"""Writes data/iris.db: the 150 flowers of Fisher's iris data as the table demo_iris.

The rows come from the CSV file that ships inside scikit-learn (sklearn/datasets/data/iris.csv,
BSD-3-Clause); scikit-learn itself isn't imported. A complete table is left as it is, to the
byte.
"""

import csv
import sqlite3
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

DATABASE = Path(__file__).parent / "data" / "iris.db"
ROWS = 150


def is_complete() -> bool:
    """Whether the table is there with all its rows."""
    if not DATABASE.exists():
        return False
    with closing(sqlite3.connect(f"{DATABASE.as_uri()}?mode=ro", uri=True)) as database:
        try:
            return database.execute("SELECT count(*) FROM demo_iris").fetchone() == (ROWS,)
        except sqlite3.DatabaseError:
            return False


def read_flowers() -> list[tuple[int, float, float, float, float, str]]:
    """(flower_id, sepal length and width, petal length and width in cm, species), ids from
    1."""
    sklearn = find_spec("sklearn")
    if sklearn is None or sklearn.origin is None:
        sys.exit("make_data.py: scikit-learn isn't installed here: pip install 'exai[local]'")
    source = Path(sklearn.origin).parent / "datasets" / "data" / "iris.csv"
    with source.open(newline="") as file:
        rows = csv.reader(file)
        species = next(rows)[2:]
        return [
            (number, *(float(cell) for cell in row[:4]), species[int(row[4])])
            for number, row in enumerate(rows, start=1)
        ]


def main() -> None:
    if is_complete():
        return
    flowers = read_flowers()
    DATABASE.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(DATABASE)) as database, database:
        database.execute("DROP TABLE IF EXISTS demo_iris")
        database.execute(
            "CREATE TABLE demo_iris (flower_id INTEGER PRIMARY KEY, sepal_length REAL,"
            " sepal_width REAL, petal_length REAL, petal_width REAL, species TEXT)"
        )
        database.executemany("INSERT INTO demo_iris VALUES (?, ?, ?, ?, ?, ?)", flowers)
    print(f"wrote {len(flowers)} flowers to {DATABASE}", file=sys.stderr)


if __name__ == "__main__":
    main()
