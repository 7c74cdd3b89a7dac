"""validate-dataset: what the step does, from data to the same data or a failure."""

from kfp.dsl import HTML, Dataset, Input, Output


def validate_dataset(
    dataset: dict,  # type: ignore[type-arg]  # KFP's executor knows a plain dict only
    data: Input[Dataset],
    data_: Output[Dataset],
    report: Output[HTML],
) -> None:
    """Evaluate all that is expected of `dataset` over `data`; hand `data` on as `data_`."""
    import shutil
    import sys
    from pathlib import Path

    from exai_components.outcome import write_notes
    from exai_components.parquet_file import read_table
    from exai_components.validate_dataset.asked import read_asked
    from exai_components.validate_dataset.evaluate import evaluate
    from exai_components.validate_dataset.found import failure
    from exai_components.validate_dataset.report import render_report

    asked = read_asked(dataset)
    table = read_table(data.path)
    findings = evaluate(table, asked) if asked.expectations else ()
    page = render_report(asked, findings, table.num_rows)
    Path(report.path).write_text(page, encoding="utf-8")
    problem = failure(asked, findings)
    if problem is not None:
        print(f"report: {report.path}", file=sys.stderr)
        raise problem
    failed = [finding for finding in findings if not finding.success]
    notes = [f"{asked.name}: {finding.line()}. Goes on: onFailure is warn" for finding in failed]
    for note in notes:
        print(f"exai: {note}", file=sys.stderr)
    write_notes(Path(report.path).parent, notes)
    shutil.copyfile(data.path, data_.path)
    data_.metadata.update(data.metadata)
    print(f"{asked.name}: {len(findings) - len(failed)} of {len(findings)} expectations met")
