"""The quality report: one HTML page that needs nothing but itself.

In: what was asked and what was found. Out: text. Every value is escaped.
Never fetches anything: no script, no font, no picture from anywhere.
"""

from html import escape

from exai_components.validate_dataset.asked import Asked
from exai_components.validate_dataset.found import Finding, name_rows

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;"
    "color:#1a1a1a;background:#fff}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid #ddd}"
    "td{overflow-wrap:anywhere}.passed{color:#0a6b2d}.failed,.error{color:#a40000;font-weight:600}"
)


def render_report(asked: Asked, findings: tuple[Finding, ...], rows: int) -> str:
    """The page; the same values give the same bytes."""
    failed = sum(not finding.success for finding in findings)
    missing = len(asked.expectations) - len(findings)
    summary = f"{rows} rows, {len(findings)} expectations evaluated, {failed} failed"
    if missing:
        summary += f", {missing} not evaluated"
    body = "\n".join(_row(finding) for finding in findings)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(asked.name)}: data quality</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(asked.name)}</h1>
<p>{escape(summary)}. On failure: {escape(asked.on_failure)}.</p>
<table>
<thead><tr><th>Result</th><th>Expectation</th><th>On</th><th>Arguments</th><th>Found</th></tr></thead>
<tbody>
{body}
</tbody>
</table>
</body>
</html>
"""


def _row(finding: Finding) -> str:
    item = finding.expectation
    word = "error" if finding.error else "passed" if finding.success else "failed"
    arguments = ", ".join(
        f"{name}: {value}"
        for name, value in sorted(item.arguments.items())
        if name not in ("column", "column_list")
    )
    origin = " (from the schema)" if item.implied else ""
    return (
        f'<tr><td class="{word}">{word}</td><td>{escape(item.type + origin)}</td>'
        f"<td>{escape(item.about())}</td><td>{escape(arguments)}</td>"
        f"<td>{escape(_found(finding))}</td></tr>"
    )


def _found(finding: Finding) -> str:
    if finding.error:
        return finding.error
    if finding.failed is None:
        return "" if finding.observed is None else f"observed {finding.observed}"
    if not finding.failed:
        return f"all of {finding.rows} rows"
    text = f"{finding.failed} of {finding.rows} rows"
    if finding.keys:
        text += f": {name_rows(finding.keys, finding.failed)}"
    if finding.values:
        text += f"; such as {', '.join(str(value) for value in finding.values[:3])}"
    return text
