"""What the pages ask: every document fits the published schema and the limits that a service has by default."""

import json
import re
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate
from graphql.language import OperationDefinitionNode, OperationType

from okr_api.console import pages
from okr_api.graphql.cost import cost
from okr_api.settings import SCHEMA_DIR, Limits

PAGE = Path(pages.__file__).parent / "page"
SCHEMA = build_schema((SCHEMA_DIR / "okr.graphql").read_text())
TEMPLATE = re.compile(r"^(?:export )?const (\w+) = `(.*?)`;$", re.MULTILINE | re.DOTALL)
SPREAD = re.compile(r"\$\{(\w+)\}")


def documents() -> dict[str, str]:
    """Each exported document with the fragments that it spreads."""
    text = (PAGE / "documents.js").read_text()
    parts = dict(TEMPLATE.findall(text))
    exported = re.findall(r"^export const (\w+)", text, re.MULTILINE)
    return {name: SPREAD.sub(lambda part: parts[part[1]], parts[name]) for name in exported}


def examples() -> dict[str, str]:
    found = re.findall(r"query: `(.*?)`", (PAGE / "questions.js").read_text(), re.DOTALL)
    return {f"example {number}": text for number, text in enumerate(found, 1)}


ASKED = documents() | examples()


@pytest.mark.parametrize("name", ASKED)
def test_a_document_fits_the_schema(name: str) -> None:
    assert validate(SCHEMA, parse(ASKED[name])) == []


@pytest.mark.parametrize("name", ASKED)
def test_a_document_is_within_the_limits(name: str) -> None:
    document = parse(ASKED[name])
    (operation,) = (each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    assert len(ASKED[name]) <= Limits().max_characters
    if operation.operation is not OperationType.SUBSCRIPTION:
        assert cost(document, operation).of({"ids": ["id"] * 200}) <= Limits().max_cost


def test_every_document_is_asked_by_some_module() -> None:
    modules = "\n".join(file.read_text() for file in PAGE.glob("*.js") if file.name != "documents.js")
    assert [name for name in documents() if not re.search(rf"\b{name}\b", modules)] == []


def test_no_document_stands_anywhere_else() -> None:
    """What is not in documents.js would be held against no schema."""
    elsewhere = [file for file in PAGE.glob("*.js") if file.name not in ("documents.js", "questions.js")]
    keyword = re.compile(r"`\s*(query|mutation|subscription|fragment) \w+")
    assert [file.name for file in elsewhere if keyword.search(file.read_text())] == []


def test_documents_are_told_apart_by_their_names() -> None:
    names = [re.search(r"(?:query|mutation|subscription) (\w+)", text)[1] for text in documents().values()]  # type: ignore[index]
    assert len(set(names)) == len(names)


def test_the_examples_variables_are_json() -> None:
    for text in re.findall(r"variables: '(.*?)'", (PAGE / "questions.js").read_text()):
        json.loads(text)
