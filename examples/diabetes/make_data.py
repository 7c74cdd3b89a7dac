"""Writes data/: visits, blood values and outcomes of 442 patients.

The numbers are those of the diabetes data that ships inside scikit-learn (Efron, Hastie, Johnstone,
Tibshirani, "Least Angle Regression", 2004; sklearn/datasets/data, BSD-3-Clause). The days are
invented, and so is a later visit of every third patient: it comes after the outcome, so a training
set that held it would know the future. Files that are there are left as they are.
"""

import csv
import gzip
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

DATA = Path(__file__).parent / "data"
FIRST = datetime(2021, 1, 4, 8, tzinfo=UTC)
# Columns of the raw data: age sex bmi bp tc ldl hdl tch ltg glu
AGE, BMI, BP, TC, HDL, LTG, GLU = 0, 2, 3, 4, 6, 8, 9


def read(name: str) -> list[list[float]]:
    """The rows of one of scikit-learn's files."""
    sklearn = find_spec("sklearn")
    if sklearn is None or sklearn.origin is None:
        sys.exit("make_data.py: scikit-learn isn't installed here: pip install 'exai[local]'")
    file = Path(sklearn.origin).parent / "datasets" / "data" / name
    with gzip.open(file, "rt") as lines:
        return [[float(cell) for cell in line.split()] for line in lines]


def baseline(patient: int) -> datetime:
    """The day of a patient's first visit."""
    return FIRST + timedelta(days=patient % 200)


def write_measurements(rows: list[list[float]], path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    visits = [
        (patient, baseline(patient), row[AGE], row[BMI], row[BP])
        for patient, row in enumerate(rows, start=1)
    ]
    visits += [
        (patient, day + timedelta(days=540), age + 1.5, round(bmi * 0.97, 2), bp + 2)
        for patient, day, age, bmi, bp in visits
        if patient % 3 == 0
    ]
    names = ("patient_id", "measured_at", "age", "bmi", "bp")
    parquet.write_table(pa.table(dict(zip(names, zip(*visits, strict=True), strict=True))), path)


def write_blood(rows: list[list[float]], path: Path) -> None:
    drawn = [
        (patient, baseline(patient).isoformat(), row[TC], row[HDL], row[LTG], row[GLU])
        for patient, row in enumerate(rows, start=1)
    ]
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "CREATE TABLE blood (patient_id INTEGER, drawn_at TEXT, tc REAL, hdl REAL, ltg REAL,"
            " glu REAL, PRIMARY KEY (patient_id, drawn_at))"
        )
        database.executemany("INSERT INTO blood VALUES (?, ?, ?, ?, ?, ?)", drawn)


def write_outcomes(targets: list[list[float]], path: Path) -> None:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("patient_id", "assessed_at", "progression"))
        for patient, (progression,) in enumerate(targets, start=1):
            assessed = baseline(patient) + timedelta(days=365)
            rows.writerow((patient, assessed.isoformat(), progression))


def main() -> None:
    DATA.mkdir(exist_ok=True)
    raw, targets = "diabetes_data_raw.csv.gz", "diabetes_target.csv.gz"
    for name, write, source in (
        ("measurements.parquet", write_measurements, raw),
        ("lab.db", write_blood, raw),
        ("outcomes.csv", write_outcomes, targets),
    ):
        path = DATA / name
        if not path.exists():
            new = path.with_name(f".{name}.new")
            new.unlink(missing_ok=True)
            write(read(source), new)
            new.replace(path)
            print(f"wrote {path}", file=sys.stderr)


if __name__ == "__main__":
    main()
