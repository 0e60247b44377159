"""The gRPC definitions say what the contract says, and what was released stays true."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor, ServiceDescriptor
from pydantic import BaseModel
from tandem.common.v1 import common_pb2
from tandem.events.v1 import events_pb2
from tandem.ledger.v1 import ledger_pb2
from tandem.membership.v1 import membership_pb2
from tandem.reporting.v1 import reporting_pb2
from tandem.resources.v1 import resources_pb2

from shared import protogen
from shared.access import Action
from shared.contracts.messages.events import EventsMessage
from shared.contracts.messages.membership import MembershipMessage
from shared.contracts.messages.reporting import ReportingDecision
from shared.contracts.messages.resources import ResourcesMessage
from shared.recorded import members
from shared.rpc.translation import contract_name

OWNERS: Mapping[Any, Any] = {
    membership_pb2: MembershipMessage,
    events_pb2: EventsMessage,
    resources_pb2: ResourcesMessage,
    reporting_pb2: ReportingDecision,
}
MIRRORED = [
    pytest.param(module.DESCRIPTOR, message, id=message.__name__)
    for module, union in OWNERS.items()
    for message in members(union)
]
SERVICES: list[ServiceDescriptor] = [
    service
    for module in (membership_pb2, events_pb2, resources_pb2, ledger_pb2, reporting_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
]
METHODS = [
    pytest.param(method, id=f"{service.name}.{method.name}")
    for service in SERVICES
    for method in service.methods
]
OVER_HTTP_ALONE = {"WATCH", "TELL"}
"""Actions that no gRPC method asks for."""
DECISIONS = {
    *("RevokeSuccession", "ResolveReference", "DismissReference", "ErasePerson"),
    *("MergeActivity", "UnmergeActivity", "MergePerson", "UnmergePerson"),
    *("DismissDuplicate", "ReopenDuplicate"),
}


# The contract


@pytest.mark.parametrize(("file", "message"), MIRRORED)
def test_a_command_has_the_fields_of_its_message_and_a_context(
    file: Any, message: type[BaseModel]
) -> None:
    request = file.message_types_by_name[f"{message.__name__}Request"]
    fields = dict(request.fields_by_name)
    assert fields.pop("context").message_type is common_pb2.CommandContext.DESCRIPTOR
    _mirrors(message, list(fields.values()))


def _mirrors(model: type[BaseModel], fields: list[FieldDescriptor]) -> None:
    by_name = {contract_name(field): field for field in fields}
    assert set(by_name) == {info.alias or name for name, info in model.model_fields.items()}
    for name, info in model.model_fields.items():
        field = by_name[info.alias or name]
        kind, many = _kind(info.annotation)
        where = f"{model.__name__}.{name}"
        assert field.is_repeated == many, where
        if many:
            # A required list that may be empty is sent empty; any other empty list is left out.
            empty = info.is_required() and not any(
                getattr(limit, "min_length", 0) for limit in info.metadata
            )
            assert field.GetOptions().Extensions[common_pb2.keep_empty] == empty, where
        elif not info.is_required() or kind in (int, float, bool):
            assert field.has_presence, where
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            assert field.message_type is not None, where
            _mirrors(kind, list(field.message_type.fields))


def _kind(annotation: Any) -> tuple[Any, bool]:
    """Return what a field holds, and whether it holds many: (Person, True) of tuple[Person, …]."""
    while True:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin in (Union, UnionType):
            (annotation,) = (each for each in arguments if each is not type(None))
        elif origin is tuple:
            inner, many = _kind(arguments[0])
            return inner, many or True
        elif hasattr(annotation, "__metadata__"):
            annotation = annotation.__origin__
        else:
            return annotation, False


@pytest.mark.parametrize("method", METHODS)
def test_a_method_names_what_it_asks_of_its_caller(method: Any) -> None:
    value = method.GetOptions().Extensions[common_pb2.action]
    action = Action[common_pb2.Action.Name(value).removeprefix("ACTION_")]
    is_command = "context" in method.input_type.fields_by_name
    assert (action is Action.DECIDE) == (method.name in DECISIONS)
    assert (action in {Action.COMMAND, Action.DECIDE, Action.PUBLISH}) == is_command
    if is_command:
        answer: Descriptor = method.output_type
        assert [field.message_type for field in answer.fields] == [common_pb2.Receipt.DESCRIPTOR]


def test_every_action_is_known_on_both_sides() -> None:
    names = {name.removeprefix("ACTION_") for name in common_pb2.Action.keys()}  # noqa: SIM118
    assert names - {"UNSPECIFIED"} == {action.name for action in Action} - OVER_HTTP_ALONE


REPORT: dict[str, Any] = {
    "period": {
        "id": "2024-Q1",
        "name": "2024-Q1",
        "start": "2024-01-01",
        "end": "2024-03-31",
        "also": ["NLC FY2024-Q2"],
    },
    "calendar": "civil",
    "status": "provisional",
    "version": None,
    "known_at": "2024-04-10T00:00:00Z",
    "data_to": None,
    "next_release": {"status": "final", "on": "2024-05-15"},
    "headline": {"en": "Four cities.", "fr": "Quatre villes.", "es": "Cuatro ciudades."},
    "notes": ["1 of 2 held occurrences await final attendance"],
    "figures": {
        "cities_engaged": {
            "value": 4,
            "unit": "cities",
            "status": "P",
            "previous": None,
            "change": None,
            "rolling_four": 4,
            "definition": "cities_engaged@1",
            "evidence": "/reports/2024-Q1/figures/cities_engaged",
            "title": "Cities engaged",
            "titles": {"en": "Cities engaged"},
            "how_counted": "distinct cities",
            "detail": {"NLC": {"members": 4, "engaged": 3, "percent": None}},
            "range": [3, 4],
            "lower_bound": True,
        }
    },
    "breakdowns": {"cities_engaged": {"country": {"US": 3, "NL": 1}, "subdivision": {"US-OH": 2}}},
    "suppressed": {"attendance": {"position": ["elected"]}},
    "overlapping": ["cities_engaged.theme"],
    "data_quality": {"possible_duplicates": 0},
    "provenance": {
        "ledgers": {"membership": 120, "events": 340, "resources": 55},
        "registry": "sha256:00",
        "code": "0.1.0",
        "tzdata": "2025.2",
    },
}


def test_a_reports_json_parses_into_the_report_and_prints_as_it_was() -> None:
    report = json_format.ParseDict(REPORT, reporting_pb2.Report())
    printed = json_format.MessageToDict(report, preserving_proto_field_name=True)
    assert json.loads(json.dumps(printed)) == _without_nulls(REPORT)


def _without_nulls(document: Any) -> Any:
    """Leave out what is null, except in `detail`, whose fields are data."""
    if not isinstance(document, dict):
        return document
    return {
        key: value if key == "detail" else _without_nulls(value)
        for key, value in document.items()
        if value is not None
    }


# What was released


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(protogen.ROOT / "buf.yaml", tmp_path)
    shutil.copytree(protogen.ROOT / "proto", tmp_path / "proto")
    return tmp_path


def _change(project: Path, old: str, new: str) -> None:
    file = project / "proto/tandem/membership/v1/membership.proto"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


TITLE_OF_CITY = "  // The name in use.\n  string name = 3;\n"


def test_the_definitions_keep_the_rules_and_break_nobody() -> None:
    protogen.check()


def test_removing_a_released_field_is_refused_by_name(project: Path) -> None:
    _change(project, TITLE_OF_CITY, "")
    with pytest.raises(protogen.ProtogenError, match=r'field "3" with name "name" .*deleted'):
        protogen.check(project)


def test_a_field_that_changes_its_type_is_refused(project: Path) -> None:
    _change(project, "optional uint32 geonames_id = 7;", "optional string geonames_id = 7;")
    with pytest.raises(protogen.ProtogenError, match="geonames_id"):
        protogen.check(project)


def test_a_field_without_a_comment_is_refused(project: Path) -> None:
    _change(project, TITLE_OF_CITY, TITLE_OF_CITY + "\n  optional string motto = 99;\n")
    with pytest.raises(protogen.ProtogenError, match="motto"):
        protogen.check(project)


def test_a_new_field_breaks_nobody_and_once_released_has_to_stay(project: Path) -> None:
    motto = "  // What it says of itself.\n  optional string motto = 99;\n"
    _change(project, TITLE_OF_CITY, TITLE_OF_CITY + motto)
    protogen.check(project)
    before = (project / protogen.RELEASED).read_text("utf-8").splitlines()
    protogen.release(project)
    after = (project / protogen.RELEASED).read_text("utf-8").splitlines()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == 1  # one definition a line, so the diff shows the one that changed
    assert "motto" in changed[0]
    _change(project, motto, "")
    with pytest.raises(protogen.ProtogenError, match="motto"):
        protogen.check(project)


# Building


def test_code_is_built_once_and_again_when_a_definition_changes(project: Path) -> None:
    out = project / "out"
    assert protogen.build(out, project)
    assert not protogen.build(out, project)
    _change(project, TITLE_OF_CITY, TITLE_OF_CITY + "  optional string motto = 99;\n")
    assert protogen.build(out, project)
    script = (
        "from tandem.membership.v1 import membership_pb2 as m;"
        "print(m.RegisterCityRequest(motto='Ops').motto)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=project / "proto",
        env={**os.environ, "PYTHONPATH": str(out)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "Ops"


def test_the_built_code_is_put_on_the_import_path_unless_it_lies_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    path_file = protogen.make_importable(tmp_path / "out")
    assert path_file == tmp_path / protogen.PATH_FILE
    assert path_file.read_text("utf-8") == f"{tmp_path / 'out'}\n"
    assert protogen.make_importable(tmp_path) is None


def test_a_definition_that_does_not_compile_leaves_the_built_code_as_it_was(project: Path) -> None:
    out = project / "out"
    protogen.build(out, project)
    built = (out / "tandem/membership/v1/membership_pb2.py").read_bytes()
    _change(project, TITLE_OF_CITY, "  strng name = 3;\n")
    with pytest.raises(protogen.ProtogenError, match="strng"):
        protogen.build(out, project)
    assert (out / "tandem/membership/v1/membership_pb2.py").read_bytes() == built
    assert {path.name for path in out.iterdir()} == {
        "tandem",
        protogen.STAMP,
        protogen.LOCK,
    }
