import copy

import pytest

from schemas.compatibility import changes, changes_of_all, released
from schemas.export import committed

OLD = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:pledgewatch:schema:sighting:v1",
    "title": "Sighting",
    "description": "A thing was seen.",
    "type": "object",
    "properties": {
        "fact": {"enum": ["sighting"]},
        "id": {"type": "string", "pattern": "^[a-z]+$", "description": "Its id [id]."},
        "count": {"type": "integer", "minimum": 1, "maximum": 10, "default": 1, "description": "[count]."},
        "kind": {"enum": ["seen", "heard"], "description": "[vocabulary]."},
        "when": {"$ref": "#/$defs/Period", "description": "When."},
        "until": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}], "default": None},
        "serials": {"type": "array", "items": {"type": "string", "maxLength": 9}, "maxItems": 5, "default": []},
        "table": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Period"}, "default": {}},
    },
    "required": ["fact", "id", "kind", "when"],
    "additionalProperties": False,
    "$defs": {
        "Period": {
            "type": "object",
            "properties": {"start": {"type": "string", "format": "date"}},
            "required": ["start"],
            "additionalProperties": False,
        }
    },
}


def effects(change):
    new = copy.deepcopy(OLD)
    change(new)
    return [each.effect for each in changes(OLD, new)]


def put(*path_and_value):
    *path, last, value = path_and_value

    def change(schema):
        for part in path:
            schema = schema[part]
        schema[last] = value

    return change


def drop(*path):
    def change(schema):
        for part in path[:-1]:
            schema = schema[part]
        del schema[path[-1]]

    return change


BREAKING = {
    "field gone": drop("properties", "count"),
    "field renamed": lambda new: new["properties"].update(number=new["properties"].pop("count")),
    "field made required": put("required", ["fact", "id", "kind", "when", "count"]),
    "further field that is required": lambda new: (
        new["properties"].update(place={"type": "string"}),
        new["required"].append("place"),
    ),
    "further field without default": put("properties", "place", {"type": "string"}),
    "further field with a misspelt keyword": put(
        "properties", "place", {"type": "string", "default": "", "maxLenght": 3}
    ),
    "type changed": put("properties", "count", "type", "string"),
    "default changed": put("properties", "count", "default", 2),
    "default gone": drop("properties", "count", "default"),
    "word of the vocabulary gone": put("properties", "kind", "enum", ["seen"]),
    "vocabulary where there was none": put("properties", "id", "enum", ["a"]),
    "least raised": put("properties", "count", "minimum", 2),
    "most lowered": put("properties", "count", "maximum", 9),
    "bound where there was none": put("properties", "id", "maxLength", 20),
    "least length where there was none": put("properties", "id", "minLength", 2),
    "list shortened": put("properties", "serials", "maxItems", 4),
    "element narrowed": put("properties", "serials", "items", "maxLength", 8),
    "elements of any kind": drop("properties", "serials", "items"),
    "pattern changed": put("properties", "id", "pattern", "^[a-y]+$"),
    "format changed": put("properties", "until", "anyOf", [{"type": "string", "format": "time"}, {"type": "null"}]),
    "null no longer taken": put("properties", "until", "anyOf", [{"type": "string", "format": "date"}]),
    "closed table opened to anything": put("properties", "table", "additionalProperties", True),
    "field inside a reference gone": drop("$defs", "Period", "properties", "start"),
    "required inside a reference": put("$defs", "Period", "required", ["start", "end"]),
    "reference to nothing": put("properties", "when", "$ref", "#/$defs/Peroid"),
    "misspelt keyword": put("aditionalProperties", False),
    "misspelt keyword instead of the right one": lambda new: new.update(
        aditionalProperties=new.pop("additionalProperties")
    ),
    "keyword that is not understood": put("properties", "count", "multipleOf", 2),
    "another record under the same name": put("$id", "urn:pledgewatch:schema:sighting:v2"),
    "another draft": put("$schema", "http://json-schema.org/draft-07/schema#"),
    "not a schema": put("properties", "count", 3),
}
WIDENING = {
    "word of the vocabulary added": put("properties", "kind", "enum", ["seen", "heard", "felt"]),
    "any word": drop("properties", "kind", "enum"),
    "least lowered": put("properties", "count", "minimum", 0),
    "most raised": put("properties", "count", "maximum", 11),
    "bound gone": drop("properties", "count", "maximum"),
    "pattern gone": drop("properties", "id", "pattern"),
    "field may be left out": put("required", ["fact", "id", "when"]),
    "further fields taken": drop("additionalProperties"),
    "longer elements": put("properties", "serials", "items", "maxLength", 10),
}
HARMLESS = {
    "words mended": put("properties", "id", "description", "The id [id]."),
    "title": put("title", "Seen"),
    "further field with a default": put("properties", "place", {"type": "string", "default": ""}),
    "definition that nothing refers to": put("$defs", "Place", {"type": "object"}),
}


@pytest.mark.parametrize("change", BREAKING.values(), ids=BREAKING)
def test_change_that_breaks_readers_or_feeders_is_found(change):
    assert "breaks" in effects(change)


@pytest.mark.parametrize("change", WIDENING.values(), ids=WIDENING)
def test_change_that_lets_more_in_widens(change):
    assert set(effects(change)) == {"widens"}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_change_of_words_and_further_fields_harm_nobody(change):
    assert set(effects(change)) <= {"none"}


def test_same_schema_has_no_changes():
    assert changes(OLD, copy.deepcopy(OLD)) == []


def test_breaking_change_is_named_by_its_path():
    new = copy.deepcopy(OLD)
    del new["$defs"]["Period"]["properties"]["start"]
    assert changes(OLD, new)[0].path == "/properties/table/additionalProperties/properties/start"


def test_schema_that_is_gone_breaks_and_a_further_one_does_not():
    found = {change.path: change.effect for change in changes_of_all({"a.v1.json": OLD}, {"b.v1.json": OLD})}
    assert found == {"/a.v1.json": "breaks", "/b.v1.json": "none"}


def test_schemas_of_today_take_all_that_the_last_release_took():
    version, old = released()
    breaking = [change for change in changes_of_all(old, committed()) if change.effect == "breaks"]
    assert breaking == [], f"against release {version}: make a further version of the schema, or keep the field"


def test_every_keyword_of_our_own_schemas_is_understood():
    for name, schema in committed().items():
        assert changes(schema, schema) == [], name
