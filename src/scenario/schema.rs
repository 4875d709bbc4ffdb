//! Reading the JSON Schema of scenario files, which their types make.

use serde_json::Value;

/// What a schema refers to, past `null` as the alternative of what may be left out.
pub(super) fn resolved<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let either = schema.get("anyOf").and_then(Value::as_array);
    let schema = match either.map(Vec::as_slice) {
        Some([one, other]) if other.get("type").is_some_and(|of| of == "null") => one,
        _ => schema,
    };
    let name = schema.get("$ref").and_then(Value::as_str);
    let name = name.and_then(|name| name.strip_prefix("#/$defs/"));
    let named = name.and_then(|name| root.get("$defs")?.get(name));
    named.unwrap_or(schema)
}
