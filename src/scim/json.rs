//! Reading JSON into types of ours.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// By way of a [`Value`], so that the program holds one JSON parser, and not one for each type and
/// each kind of input: that was a twentieth of the wasm.
pub fn read<T: DeserializeOwned>(text: impl AsRef<[u8]>) -> serde_json::Result<T> {
    let value: Value = serde_json::from_slice(text.as_ref())?;
    serde_json::from_value(value)
}
