import json
import re

import jsonschema
import msgspec
import pytest

from schemas.codec import FACT_TYPES
from schemas.common import EARLIEST, LATEST
from schemas.export import DERIVED, VERSIONS, committed, file_name, release, schema_of, schemas_now, structs_of, written

UNIT = re.compile(r"\[[^\]]+\]")
SCHEMAS = schemas_now()


def properties():
    for name, schema in SCHEMAS.items():
        for title, part in [(schema["title"], schema), *schema.get("$defs", {}).items()]:
            for field, described in part.get("properties", {}).items():
                if field != "fact":
                    yield f"{name}: {title}.{field}", described


def states_unit(part):
    """A reference leads to fields that state theirs."""
    if isinstance(part, list):
        return any(states_unit(each) for each in part)
    if not isinstance(part, dict):
        return False
    inner = [value for key, value in part.items() if key not in ("default", "description")]
    return "$ref" in part or bool(UNIT.search(str(part.get("description", "")))) or states_unit(inner)


def fields_without_words(described):
    return [where for where, part in described if not part.get("description", "").strip()]


def fields_without_unit(described):
    return [where for where, part in described if not states_unit(part)]


def test_committed_schemas_are_those_of_the_types():
    texts = {name: written(schema) for name, schema in committed().items()}
    assert texts == {name: written(schema) for name, schema in SCHEMAS.items()}, "run python -m schemas.export"


def test_every_field_says_what_it_is():
    assert fields_without_words(properties()) == []


def test_every_field_states_its_unit_or_standard():
    assert fields_without_unit(properties()) == []


def test_field_without_words_or_unit_would_be_found():
    bare = [("a", {"type": "integer"}), ("b", {"type": "integer", "description": "How many."})]
    assert fields_without_words(bare) == ["a"]
    assert fields_without_unit(bare) == ["a", "b"]


def test_field_of_a_state_says_whose_and_by_which_standard():
    described = SCHEMAS["delivery.v1.json"]["properties"]["destination"]["description"]
    assert described.startswith("The destination as licensed.")
    assert "[ISO 3166-1 alpha-2" in described


def test_every_schema_is_a_schema():
    for schema in SCHEMAS.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_schema_has_its_own_id():
    ids = [schema["$id"] for schema in SCHEMAS.values()]
    assert len(set(ids)) == len(ids) == len(VERSIONS)
    assert "urn:pledgewatch:schema:license:v1" in ids


def test_minimal_fact_has_at_most_ten_required_fields():
    for kind in FACT_TYPES:
        assert len(schema_of(kind)["required"]) <= 10, kind.__name__


def test_facts_take_no_further_field_at_any_depth():
    for kind in FACT_TYPES:
        schema = schema_of(kind)
        for part in [schema, *schema.get("$defs", {}).values()]:
            if "properties" in part:
                assert part["additionalProperties"] is False, f"{kind.__name__}: {part.get('title')}"


def test_derived_records_may_grow():
    for kind in DERIVED:
        assert "additionalProperties" not in schema_of(kind)


def test_dates_stay_within_the_years_taken_for_right():
    pattern = SCHEMAS["tick.v1.json"]["properties"]["day"]["pattern"]
    assert all(re.search(pattern, str(day)) for day in (EARLIEST, LATEST, "1999-01-01", "2000-02-29"))
    assert not any(re.search(pattern, day) for day in ("1949-12-31", "2200-01-01", "0001-01-01", "9999-12-31"))


def test_all_structs_of_a_record_are_found():
    names = {kind.__name__ for kind in structs_of(FACT_TYPES[0])}
    assert {"License", "Clause", "ClauseParameters", "Destination", "Pledge"} <= names


def test_no_field_could_hold_who_a_victim_is():
    incident = json.dumps(SCHEMAS["incident.v1.json"]["$defs"]["Victims"]["properties"])
    fields = set(SCHEMAS["incident.v1.json"]["$defs"]["Victims"]["properties"])
    assert fields == {"klass", "count", "qualifier", "ground", "country"}
    assert '"maxLength": 4000' not in incident


def test_incident_has_no_free_text():
    schema = SCHEMAS["incident.v1.json"]
    prose = [
        field
        for part in [schema, *schema["$defs"].values()]
        for field, described in part.get("properties", {}).items()
        if described.get("type") == "string" and described.get("maxLength", 0) > 200
    ]
    assert prose == []


def test_release_freezes_the_schemas_under_its_number(tmp_path):
    release(tmp_path, "1.2.3")
    frozen = {file.name for file in (tmp_path / "released" / "1.2.3").iterdir()}
    assert frozen == {file_name(tag, version) for tag, version in VERSIONS.items()}
    with pytest.raises(ValueError, match="three numbers"):
        release(tmp_path, "latest")


def test_record_as_encoded_is_valid_by_its_schema():
    for kind in FACT_TYPES:
        assert issubclass(kind, msgspec.Struct)
        assert schema_of(kind)["properties"]["fact"]["enum"] == [kind.__struct_config__.tag]
