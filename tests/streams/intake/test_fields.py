from schemas import Problem
from schemas.reading import read_fact
from streams.intake.fields import INCIDENT, REPORT, beside, filled_in


def test_each_form_shows_ten_fields() -> None:
    assert [len(form.shown) for form in (INCIDENT, REPORT)] == [10, 10]


def test_names_and_places_of_fields_are_unique() -> None:
    for form in (INCIDENT, REPORT):
        assert len({field.name for field in form.fields}) == len(form.fields)
        assert len({field.path for field in form.fields}) == len(form.fields)


def test_what_was_left_empty_or_as_it_stood_is_no_statement() -> None:
    typed = {"id": ["a"], "start": ["2025-03-03"], "technology": ["other"], "count": [" "], "qualifier": ["at_least"]}
    assert filled_in(INCIDENT, typed, "lab-one") == {
        "fact": "incident", "source": "lab-one", "id": "a", "occurred": {"start": "2025-03-03"}, "technology": "other",
    }  # fmt: skip


def test_everything_that_can_be_typed_makes_a_good_fact() -> None:
    text = {
        "id": "a-1", "start": "2025-03-03", "end": "2025-03-09", "operator": "XB", "victim_state": "XC",
        "use_state": "XB",
        "publisher": "lab-two", "origin": "finding-1", "published": "2025-05-01", "embargo": "2026-05-01",
        "document": "box-7", "agency": "Interior Ministry", "vendor": "Veritone Systems", "product": "Lantern",
        "license": "xa-reg:L-1", "destination": "XB", "site": "XC", "requested": "2025-02-01", "due": "2025-03-01",
        "end_user": "Border Guard", "holder": "Border Guard", "use": "Border control", "serials": "SN-1, SN-2",
        "missing": "SN-3", "admits": "lab-one:case-1", "answers": "xa-office:d-1", "note": "All seen.",
    }  # fmt: skip
    for form in (INCIDENT, REPORT):
        typed = {
            field.name: [
                text.get(field.name) or next((word for word in field.choices if word not in ("", field.chosen)), "1")
            ]
            for field in form.fields
        }
        tree = filled_in(form, typed | {"precision": ["day"]}, "lab-one")
        assert read_fact(tree).id == "a-1"
        paths = {field.path.split("/")[1] for field in form.fields}
        assert paths - set(tree) == set()


def test_list_is_taken_apart_at_blanks_and_commas() -> None:
    tree = filled_in(REPORT, {"serials": ["SN-1, SN-2\nSN-3;SN-4"]}, "x")
    assert tree["items"] == [{"serials": ["SN-1", "SN-2", "SN-3", "SN-4"]}]


def test_publication_without_a_publisher_is_the_senders() -> None:
    tree = filled_in(INCIDENT, {"rests_on": ["lab_report"]}, "lab-one")
    assert tree["publications"] == [{"kind": "lab_report", "source": "lab-one"}]


def test_fault_stands_beside_the_field_that_it_came_from() -> None:
    paths = ["/occurred", "/victims/0/klass", "/items/0", "/harms/0", "/source", "", "/elsewhere"]
    faults = beside(INCIDENT, [Problem(path=path, found="x", expected="y") for path in paths])
    assert {name: len(found) for name, found in faults.items()} == {
        "start": 1, "victims": 1, "harms": 1, "source": 1, "": 3,
    }  # fmt: skip
