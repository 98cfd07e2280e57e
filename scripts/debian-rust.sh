#!/bin/sh
# For machines that have no rustup, or a rustup that may not download: makes Debian's Rust look
# enough like rustup's nightly for worker-build. Writes one wrapper per tool into the folder named
# by $1; put that folder first on PATH.
#
# worker-build calls `cargo +nightly` and `rustc +nightly`, which only rustup's proxies understand,
# and asks `rustup component list` for the standard library's sources, which Debian's rust-web-src
# lays where rustc looks for them. What nightly would allow, RUSTC_BOOTSTRAP=1 allows here; the
# wasm build alone sets it.
set -eu
folder=$1
mkdir -p "$folder"

wrapper() {
    cat >"$folder/$1.$$"
    chmod 755 "$folder/$1.$$"
    mv "$folder/$1.$$" "$folder/$1"
}

for tool in cargo rustdoc rustfmt cargo-fmt cargo-clippy clippy-driver; do
    wrapper "$tool" <<WRAPPER
#!/bin/sh
case "\${1-}" in +*) shift ;; esac
exec /usr/bin/$tool "\$@"
WRAPPER
done

# worker-build wants to see a compiled standard library for wasm, although it then compiles its own.
# Debian has none; any folder that exists satisfies it.
wrapper rustc <<'WRAPPER'
#!/bin/sh
case "${1-}" in +*) shift ;; esac
[ "$*" != "--target wasm32-unknown-unknown --print target-libdir" ] || set -- --print target-libdir
exec /usr/bin/rustc "$@"
WRAPPER

wrapper rustup <<'WRAPPER'
#!/bin/sh
case "$*" in "component list"*) echo "rust-src (installed)" ;; esac
WRAPPER
