"""JSON Schema to protobuf descriptors in memory: the types that expressions are checked against."""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, struct_pb2, wrappers_pb2

Schema = dict[str, Any]
Field = descriptor_pb2.FieldDescriptorProto
PACKAGE = "facts"

_SCALARS: dict[str, Any] = {
    "string": Field.TYPE_STRING,
    "integer": Field.TYPE_INT64,
    "number": Field.TYPE_DOUBLE,
    "boolean": Field.TYPE_BOOL,
}
# nullable scalars become wrapper messages, so that `x != null` type-checks
_WRAPPERS = {
    "string": "StringValue",
    "integer": "Int64Value",
    "number": "DoubleValue",
    "boolean": "BoolValue",
    # a list has no wrapper: such a field is of any type to the checker
    "array": "Value",
}


def message_name(definition: str) -> str:
    """The full protobuf name of a `$defs` entry."""
    return f"{PACKAGE}.{definition.replace('.', '_')}"


def build_pool(definitions: dict[str, Schema]) -> descriptor_pool.DescriptorPool:
    """A pool with one message per definition; references between them are kept."""
    pool = descriptor_pool.DescriptorPool()
    for module in (struct_pb2, wrappers_pb2):
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    file = descriptor_pb2.FileDescriptorProto(
        name="facts.proto",
        package=PACKAGE,
        syntax="proto3",
        dependency=["google/protobuf/struct.proto", "google/protobuf/wrappers.proto"],
    )
    for name, definition in definitions.items():
        message = file.message_type.add(name=name.replace(".", "_"))
        for number, (key, schema) in enumerate(definition.get("properties", {}).items(), 1):
            _add_field(message, key, number, schema)
    pool.Add(file)
    return pool


def _add_field(message: descriptor_pb2.DescriptorProto, name: str, number: int, schema: Schema) -> None:
    field = message.field.add(name=name, json_name=name, number=number, label=Field.LABEL_OPTIONAL)
    if schema.get("type") == "array":
        field.label = Field.LABEL_REPEATED
        schema = schema["items"]
    kind, type_name = _kind(schema)
    field.type = kind
    if type_name:
        field.type_name = f".{type_name}"


def _kind(schema: Schema) -> tuple[Any, str | None]:
    if "anyOf" in schema:
        schema = schema["anyOf"][0]
    if "$ref" in schema:
        return Field.TYPE_MESSAGE, message_name(schema["$ref"].removeprefix("#/$defs/"))
    kind = schema.get("type")
    if isinstance(kind, list):
        return Field.TYPE_MESSAGE, f"google.protobuf.{_WRAPPERS[kind[0]]}"
    if kind == "object":
        return Field.TYPE_MESSAGE, "google.protobuf.Struct"
    if kind == "array":
        return Field.TYPE_MESSAGE, "google.protobuf.ListValue"
    return _SCALARS[str(kind)], None
