#!/bin/sh
# The wasm-opt that worker-build runs. worker-build tells it to keep the functions' names
# (--debuginfo); they would be a third of the file, so that one argument is left out here.
#
# `strip = true` in Cargo.toml would drop the names too, but with them the list of wasm features
# that wasm-bindgen reads to return several values from a call without a detour over the stack.
for argument; do
    shift
    [ "$argument" = --debuginfo ] || set -- "$@" "$argument"
done
exec "$(dirname "$0")/../node_modules/.bin/wasm-opt" "$@"
