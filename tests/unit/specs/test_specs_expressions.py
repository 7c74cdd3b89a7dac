"""The grammar of expressions, with the exact place of every error."""

from __future__ import annotations

import pytest

from exai_specs.expressions import (
    RESERVED,
    And,
    Compare,
    Embedded,
    Expression,
    ExpressionError,
    Literal,
    Not,
    Or,
    Reference,
    Text,
    has_expression,
    is_whole,
    parse_text,
    references,
)


def one(text: str) -> Expression:
    (part,) = parse_text(f"${{{{ {text} }}}}").parts
    assert isinstance(part, Embedded)
    return part.expression


def test_text_and_expressions() -> None:
    text = parse_text("run ${{ rate.tag }} of $${{ it }}")
    assert text == Text(
        (
            "run ",
            Embedded(Reference(("rate", "tag"), 8), 4, 19),
            " of ${{ it }}",
        )
    )
    assert not is_whole(text)
    assert text.literal is None
    assert [str(each) for each in references(text)] == ["rate.tag"]
    assert is_whole(parse_text("${{a.b}}"))
    assert is_whole(parse_text("${{\n  a.b\n}}"))
    assert not is_whole(parse_text("${{ a }}${{ b }}"))


def test_text_without_expressions() -> None:
    assert parse_text("").parts == ()
    assert parse_text("").literal == ""
    assert parse_text("$${{").literal == "${{"
    assert parse_text("a $${{ b }} }}").literal == "a ${{ b }} }}"
    assert parse_text("{{$.inputs}}").literal == "{{$.inputs}}"
    assert not has_expression("costs $5 {{ x }}")
    assert has_expression("$${{")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", Reference(("a",), 4)),
        ("steps.in.not", Reference(("steps", "in", "not"), 4)),
        ("not-a.true-1", Reference(("not-a", "true-1"), 4)),
        ("true", Literal(True, 4)),
        ("-0.50", Literal(-0.5, 4)),
        ("012", Literal(12, 4)),
        ("'it }} is'", Literal("it }} is", 4)),
        ("((a))", Reference(("a",), 6)),
        ("not not a", Not(Not(Reference(("a",), 12), 8), 4)),
        ("not(a)", Not(Reference(("a",), 8), 4)),
        (
            "a<=1 and b or not c == 'x'",
            Or(
                (
                    And(
                        (
                            Compare("<=", Reference(("a",), 4), Literal(1, 7), 5),
                            Reference(("b",), 13),
                        ),
                        5,
                    ),
                    Not(Compare("==", Reference(("c",), 22), Literal("x", 27), 24), 18),
                ),
                5,
            ),
        ),
        (
            "a and b and c",
            And((*(Reference((n,), o) for n, o in zip("abc", (4, 10, 16), strict=True)),), 4),
        ),
    ],
)
def test_grammar(text: str, expected: Expression) -> None:
    assert one(text) == expected


@pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">="])
def test_comparisons(operator: str) -> None:
    expression = one(f"a {operator} 1")
    assert isinstance(expression, Compare)
    assert (expression.operator, expression.offset) == (operator, 6)


@pytest.mark.parametrize(
    ("text", "offset", "message", "hint"),
    [
        ("${{ }}", 4, "empty", "steps.load.data"),
        ("${{ a", 0, "isn't closed", "}}"),
        ("x ${{ 'a }} ", 6, "text isn't closed", "single quote"),
        ("x ${{ a < b < c }}", 12, "chained", "a < b and b < c"),
        ("${{ a == }}", 9, "too early", ""),
        ("${{ (a }}", 7, "too early", "close the parenthesis"),
        ("${{ (a b) }}", 7, "unexpected `b`", "close the parenthesis"),
        ("${{ a) }}", 5, "unexpected `)`", ""),
        ("${{ a = b }}", 6, "unexpected `=`", "=="),
        ("${{ a && b }}", 6, "unexpected `&`", "and"),
        ("${{ a || b }}", 6, "unexpected `|`", "or"),
        ("${{ !a }}", 4, "unexpected `!`", "not"),
        ('${{ a == "b" }}', 9, 'unexpected `"`', "single quotes"),
        ("${{ a + b }}", 6, "unexpected `+`", "arithmetic"),
        ("${{ a - 1 }}", 6, "unexpected `-`", "arithmetic"),
        ("${{ a -1 }}", 6, "unexpected `-1`", ""),
        ("${{ a[0] }}", 5, "unexpected `[`", "indexing"),
        ("${{ len(a) }}", 7, "no functions", ""),
        ("${{ 1e3 }}", 5, "no exponent", "out"),
        ("${{ 1. }}", 5, "digit must follow", ""),
        ("${{ 12a }}", 6, "unexpected `a`", ""),
        ("${{ a. b }}", 5, "name must follow", "without spaces"),
        ("${{ a .b }}", 6, "unexpected `.`", ""),
        ("${{ a.1 }}", 5, "name must follow", ""),
        ("${{ 'a'b }}", 7, "unexpected `b`", "can't hold a quote"),
        ("${{ w == 'it''s' }}", 13, "unexpected `'`", "compare with a parameter"),
        ('${{ w == "it\'s" }}', 9, 'unexpected `"`', "compare with a parameter"),
        ("${{ w == 'it\\'s' }}", 9, "text isn't closed", "compare with a parameter"),
        ("${{ null }}", 4, "no null", ""),
        ("${{ and }}", 4, "unexpected `and`", ""),
        ("${{ a or }}", 9, "too early", ""),
        ("${{ true.x }}", 4, "unexpected `true.x`", ""),
        ("${{ ${{ a }} }}", 4, "unexpected `$`", "another"),
        ("${{ a } }", 6, "unexpected `}`", "}}"),
        ("${{ a ü }}", 6, "unexpected `ü`", ""),
        ("${{ 1234567890123456789 }}", 4, "too long", ""),
        ("${{ a }} ${{ b c }}", 15, "unexpected `c`", ""),
        ("${{ " + "(" * 40, 36, "nested", ""),
        ("${{ " + "not " * 40 + "a }}", 4 + 32 * 4, "nested", ""),
    ],
)
def test_errors(text: str, offset: int, message: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_text(text)
    assert (caught.value.offset, message in caught.value.message) == (offset, True), caught.value
    assert hint in caught.value.hint


def test_references_come_in_order() -> None:
    found = references(parse_text("${{ b == 1 and not (a < c) or true }} ${{ d }}"))
    assert [str(each) for each in found] == ["b", "a", "c", "d"]
    assert [each.offset for each in found] == [4, 20, 24, 42]


def test_reserved_words() -> None:
    assert {"steps", "null", "trial"} <= RESERVED
    assert "item" not in RESERVED
