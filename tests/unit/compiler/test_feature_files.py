"""What users write comes out of a rendered repository as data, whatever it says."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from exai_compiler.features import files_of
from exai_compiler.features.batch_sources import source_of
from exai_compiler.features.inert import hold_to_declarations
from exai_compiler.features.naming import feast_type, value_type
from exai_compiler.features.stores import store_of
from exai_specs.frozen import Json
from exai_specs.kinds import DatasetSpec, Environment
from exai_specs.kinds.connections import Postgresql
from exai_specs.kinds.dataset import ColumnFields
from exai_specs.kinds.sources import ParquetSource, SqlSource
from exai_specs.kinds.stores import FeatureStore, OfflineStore, OnlineStore
from exai_specs.kinds.workload import SecretRef
from exai_specs.types import parse_column_type

HOSTILE = (
    '"); import os #',
    "'); __import__('os').system('true') #",
    "\\",
    "'''",
    '"""',
    "a\nb\r\x00\u2028",
    "{{ 7 * 7 }}{% for x in y %}",
    "{# no comment #}",
    "${HOME} $HOME $$",
    "\U0001f33b \u202e abc",
    "f'{x}'",
)
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))
NAMES = st.from_regex(r"[A-Za-z]([A-Za-z0-9_]{0,12}[A-Za-z0-9])?", fullmatch=True)


def repository(text: str, name: str = "flowers", **parts: Any) -> dict[str, Json]:
    """A repository with the text in every place that has text of people."""
    told = {"description": text, "owner": text, "tags": {text: text}}
    measured = {
        "source": name,
        "entities": (name,),
        "schema": {"flower_id": "int64", "size": "float64"},
        "ttl": 60,
        "online": True,
        "offline": False,
        "push": name,
        "descriptions": {"size": text},
        **told,
    }
    made = {
        "module": f"transforms/{name}x_view.py",
        "function": "made",
        "mode": "pandas",
        "sources": (name,),
        "request": {"name": name, "schema": {"scale": "float64"}},
        "schema": {"double": "float64"},
        **told,
    }
    streamed = {
        **measured,
        "push": None,
        "stream": {
            "name": name,
            "kafka_bootstrap_servers": text,
            "topic": text,
            "timestamp": text,
            "created": text,
            "message_format": {"class": "AvroFormat", "schema_json": text},
            "watermark_delay_threshold": 1.5,
        },
        "aggregations": (
            {
                "column": text,
                "function": text,
                "time_window": 60,
                "slide_interval": 1,
                "name": text,
            },
        ),
    }
    logging = {
        "path": text,
        "s3_endpoint_override": text,
        "partition_by": (text,),
        "sample_rate": 1,
    }
    both = (f"{name}:size", f"{name}x:double")
    return {
        "store": {"project": text, "provider": "local", "online_store": {"path": text}},
        "sources": {name: {"postgres": {"query": text}, "timestamp": text, "created": text}},
        "entities": {name: {"key": "flower_id", "type": "int64", **told}},
        "views": {name: measured, f"{name}y": streamed},
        "transforms": {f"{name}x": made},
        "services": {name: {"features": both, "logging": logging, **told}},
        "modules": {f"transforms/{name}x_view.py": "def made(x):\n    return x\n"},
        **parts,
    }


def constants(text: str) -> Iterator[object]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant):
            yield node.value


def shape(text: str) -> str:
    """The program with every constant text blanked out."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


@given(TEXTS)
@example(HOSTILE[0])
@example(",")
@example("...")
@example("1:2")
def test_texts_come_out_as_they_went_in_and_run_nothing(text: str) -> None:
    harmless = files_of(repository("harmless" if text else ""))
    files = files_of(repository(text))
    assert files.keys() == harmless.keys()
    for path in ("definitions.py", "exai_sources.py"):
        assert text in set(constants(files[path]))
        assert shape(files[path]) == shape(harmless[path]) or not text
    store = yaml.safe_load(files["feature_store.yaml"])
    assert (store["project"], store["online_store"]["path"]) == (text, text)
    assert "$" not in files["feature_store.yaml"]


@given(NAMES, NAMES)
@example("class", "import")
@example("a", "ax")
def test_things_of_any_names_are_apart(one: str, other: str) -> None:
    files = files_of(repository("", one))
    hold_to_declarations(files["definitions.py"])
    targets = [
        node.targets[0].id  # type: ignore[attr-defined]
        for node in ast.parse(files["definitions.py"]).body
        if isinstance(node, ast.Assign)
    ]
    assert len(targets) == len(set(targets)) == 8
    if one != other:
        assert files != files_of(repository("", other))


@pytest.mark.parametrize("name", [*HOSTILE, "a b", "a-b", "1a", "", "ä"])
def test_a_name_that_no_check_lets_pass_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        files_of(repository("", name))


@pytest.mark.parametrize("where", ["function", "module"])
@pytest.mark.parametrize("text", [*HOSTILE, "a.b", "import", "os; x"])
def test_a_function_or_file_that_no_check_lets_pass_is_refused(where: str, text: str) -> None:
    spec = repository("")
    spec["transforms"]["flowersx"][where] = text  # type: ignore[call-overload,index]
    with pytest.raises(ValueError, match="Python"):
        files_of(spec)


@pytest.mark.parametrize(
    "text",
    [
        "import os",
        "from os import system",
        "from feast import FeatureStore",
        "from feast import Entity as timedelta",
        "from datetime import timedelta\nview_a = timedelta(seconds=__import__('os').getpid())",
        "from datetime import timedelta\nview_a = timedelta(seconds=1 + 1)",
        "from datetime import timedelta\nview_a = timedelta(**{'seconds': 1})",
        "from datetime import timedelta\nview_a = timedelta(seconds=[x for x in 'a'])",
        "from datetime import timedelta\nview_a = timedelta(*[1])",
        "from datetime import timedelta\nview_a = timedelta(seconds=unknown)",
        "from datetime import timedelta\ntimedelta = timedelta(seconds=1)",
        "from datetime import timedelta\nview_a = timedelta",
        "from datetime import timedelta\nview_a = timedelta(days=1)\nview_a = timedelta(days=2)",
        "from datetime import timedelta\ntimedelta(seconds=1)",
        "from feast.value_type import ValueType\nview_a = ValueType.__class__('a')",
        "from feast import Entity\nentity_a = Entity(value_type=ValueType.INT64.real)",
        "from feast import Entity\nentity_a = Entity(name=f'{1}')",
        "from feast import Entity\nentity_a = Entity(name=lambda: 1)",
        "from feast import Entity\nentity_a = Entity(tags={**{}})",
        "from transforms.a_view import made\nview_a = made(1)",
        "from transforms.a_view import made as function_a\nview_a = function_a(1)",
        "from transforms.a_view.b import made as function_a",
        "from .transforms import a_view as module_a",
        "class A: pass",
        "def made(): pass",
        "'one'\n'two'",
        "if True: pass",
        "x = 1",
        "view_a = (",
        "from datetime import timedelta\nview_a = timedelta(days='1') # '\nimport os # '",
        'from datetime import timedelta\nview_a = timedelta(days="""a"b""" + exit() + \'"\')',
        "from datetime import timedelta\nview_a = timedelta(days='''a'b''' + exit() + \"'\")",
        "from datetime import timedelta\nview_a = timedelta(days='\\\n', x=exit(), y='')",
        "from datetime import timedelta\nview_a = timedelta()\nview_\uff41 = timedelta(x=exit())",
    ],
)
def test_anything_but_declarations_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="generated Python"):
        hold_to_declarations(text)


@given(TEXTS, TEXTS)
def test_what_a_text_says_hides_nothing(one: str, other: str) -> None:
    head = "from datetime import timedelta\n"
    hold_to_declarations(f"{head}view_a = timedelta(a={one!r}, b={other!r})")
    with pytest.raises(ValueError, match="generated Python"):
        hold_to_declarations(f"{head}view_a = timedelta(a={one!r}, b=exit(), c={other!r})")


def test_two_sources_of_one_name_are_refused() -> None:
    spec = repository("")
    views: Any = spec["views"]
    spec["views"] = {**views, "other": {**views["flowers"], "source": "elsewhere"}}
    with pytest.raises(ValueError, match="two different sources"):
        files_of(spec)


@pytest.mark.parametrize(
    ("declared", "feast"),
    [
        ("int64", "Int64"),
        ("date", "UnixTimestamp"),
        ({"list": "string"}, "Array(String)"),
        ({"list": {"list": "int32"}}, "Array(Array(Int32))"),
        ({"map": "string"}, "Map"),
        (
            {"struct": {"class": "bool", "b": {"list": "uuid"}}},
            "Struct({'class': Bool, 'b': Array(Uuid)})",
        ),
    ],
)
def test_types_are_feasts(declared: Json, feast: str) -> None:
    assert feast_type(declared) == feast


def test_a_list_is_no_key() -> None:
    assert value_type("float32") == "FLOAT"
    with pytest.raises(ValueError, match="a key can't be"):
        value_type({"list": "int64"})


PASSWORD = SecretRef(secret="db", key="password")  # noqa: S106 - a reference
WAREHOUSE = Postgresql(host="h", database="d", user="u", password=PASSWORD)
SQL = Environment(
    target="local",
    connections={"warehouse": WAREHOUSE},
    features=FeatureStore(offline_store=OfflineStore(type="postgres", connection="warehouse")),
)


def dataset(source: Any, **columns: str) -> DatasetSpec:
    return DatasetSpec(
        source=source,
        timestamp="at",
        schema={
            name: ColumnFields(type=parse_column_type("int64"), source=there)
            for name, there in {"at": "", **columns}.items()
        },
    )


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("flowers", '"flowers"'),
        ("Shop.Flowers", '"Shop"."Flowers"'),
        ('a"; DROP TABLE x; --', '"a""; DROP TABLE x; --"'),
    ],
)
def test_a_table_is_one_quoted_name(table: str, text: str) -> None:
    found = source_of("f", dataset(SqlSource(connection="warehouse", table=table)), SQL, False, ())
    assert found == {"postgres": {"table": text}, "timestamp": "at"}


def test_a_renamed_column_is_quoted_on_both_sides() -> None:
    renamed = dataset(SqlSource(connection="warehouse", table="t"), size='si"ze) --')
    found = source_of("f", renamed, SQL, False, ())
    assert found == {
        "postgres": {"query": 'SELECT "at" AS "at", "si""ze) --" AS "size" FROM "t"'},
        "timestamp": "at",
    }


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT 1 ; \n", "SELECT 1"),
        ("SELECT 1 -- all", "SELECT 1 -- all\n"),
        ("-- all\nSELECT 1", "-- all\nSELECT 1"),
    ],
)
def test_a_query_fits_into_parentheses(query: str, text: str) -> None:
    found = source_of("f", dataset(SqlSource(connection="warehouse", query=query)), SQL, False, ())
    assert found == {"postgres": {"query": text}, "timestamp": "at"}


def test_what_the_offline_store_can_t_read_in_place_is_a_snapshot() -> None:
    elsewhere = dataset(SqlSource(connection="other", table="t"))
    here = dataset(SqlSource(connection="warehouse", table="t"))
    local = Environment(target="local", connections={"warehouse": WAREHOUSE})
    for found in (
        source_of("f", elsewhere, SQL, False, ()),
        source_of("f", here, local, False, ()),
        source_of("f", dataset(ParquetSource(path="f.parquet")), SQL, False, ()),
    ):
        assert found == {"parquet": {"path": "data/f.parquet"}, "timestamp": "at"}


def test_a_dataset_without_a_time_has_no_features() -> None:
    untimed = DatasetSpec(source=ParquetSource(path="f"), schema={"a": ColumnFields(type=INT)})
    with pytest.raises(ValueError, match="no timestamp"):
        source_of("f", untimed, SQL, False, ())


INT = parse_column_type("int64")


def test_a_store_of_another_kind_is_refused() -> None:
    wrong = FeatureStore(offline_store=OfflineStore(type="postgres", connection="nowhere"))
    with pytest.raises(ValueError, match="no PostgreSQL"):
        store_of("p", Environment(target="local", features=wrong))


def test_a_path_of_an_online_store_stays_as_it_is() -> None:
    features = FeatureStore(online_store=OnlineStore(path="data/online.db"))
    store: Mapping[str, Any] = store_of("p", Environment(target="local", features=features))
    assert store["online_store"] == {"type": "sqlite", "path": "data/online.db"}


@pytest.mark.parametrize("key", ["a: b", "$HOME", "A"])
def test_a_key_that_isn_t_feasts_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        files_of({**repository(""), "store": {key: 1}})


def test_no_features_make_no_imports() -> None:
    empty: Mapping[str, Json] = MappingProxyType({})
    parts = ("entities", "views", "transforms", "services", "modules")
    files = files_of(dict.fromkeys(parts, empty))
    assert list(files) == ["definitions.py"]
    assert len(ast.parse(files["definitions.py"]).body) == 1
