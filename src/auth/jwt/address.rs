//! Addresses that keys may be fetched from: `https`, and hosts with names. Administrators choose
//! them; this refuses what could only lead inside a network. PURE.

use super::Invalid;

const MAX_BYTES: usize = 1000;

/// `local` also lets plain http to this very machine pass, for tests and development.
pub fn check(url: &str, local: bool) -> Result<(), Invalid> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?&=%+@!,;".contains(&byte);
    if url.len() > MAX_BYTES || !url.bytes().all(plain) {
        return Err(Invalid(
            "An address has at most 1000 characters, percent-encoded where needed.",
        ));
    }
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    if port.parse::<u16>().is_err() {
        return Err(REFUSED);
    }
    let here = matches!(host, "localhost" | "127.0.0.1");
    match scheme {
        "https" if is_name(host) => Ok(()),
        "http" | "https" if here && local => Ok(()),
        _ => Err(REFUSED),
    }
}

const REFUSED: Invalid = Invalid(
    "An address begins with https:// and a host name with a dot; IP addresses and user names are refused.",
);

/// Two labels or more, of which the last begins with a letter: so no form of an IPv4 address.
fn is_name(host: &str) -> bool {
    let label = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let Some((_, last)) = host.rsplit_once('.') else {
        return false;
    };
    host.split('.').all(label)
        && last.starts_with(|first: char| first.is_ascii_alphabetic())
        && !matches!(
            last.to_ascii_lowercase().as_str(),
            "localhost" | "local" | "internal"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_hosts_by_https() {
        for url in [
            "https://login.example.com",
            "https://login.example.com/",
            "https://sts.windows.net/8adf8e6e/",
            "https://idp.example.com:8443/keys?p=B2C_1",
            "https://xn--bcher-kva.example/jwks.json",
        ] {
            assert_eq!(check(url, false), Ok(()), "{url}");
        }
    }

    #[test]
    fn nothing_else() {
        for url in [
            "",
            "https",
            "https://",
            "http://login.example.com",
            "ftp://login.example.com",
            "file:///etc/passwd",
            "https://localhost",
            "https://idp.localhost/",
            "https://printer.local",
            "https://metadata.google.internal/",
            "https://169.254.169.254/latest",
            "https://127.1/",
            "https://10.0.0.1.",
            "https://[::1]/",
            "https://0x7f.0.0.1",
            "https://2130706433/",
            "https://user@login.example.com/",
            "https://user:p@login.example.com/",
            "https://example",
            "https://login.example.com:/",
            "https://login.example.com:99999/",
            "https://a..example.com",
            "https://login.example.com\\@evil.test",
            "https://login.example.com/#x",
            "https://login.example.com/ x",
            "https://login.ex\tample.com/",
            "HTTPS://login.example.com/",
            "https:/login.example.com",
        ] {
            assert!(check(url, false).is_err(), "{url}");
        }
        assert!(check(&format!("https://a.example/{}", "x".repeat(1000)), false).is_err());
    }

    #[test]
    fn this_machine_only_where_that_is_allowed() {
        for url in [
            "http://127.0.0.1:8080/keys",
            "http://localhost",
            "https://localhost:8443/",
        ] {
            assert!(check(url, false).is_err(), "{url}");
            assert_eq!(check(url, true), Ok(()), "{url}");
        }
        for url in [
            "http://127.0.0.1.example.com",
            "http://example.com",
            "http://127.0.0.2/",
            "http://localhost@x/",
        ] {
            assert!(check(url, true).is_err(), "{url}");
        }
    }
}
