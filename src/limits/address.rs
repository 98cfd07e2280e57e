//! Whose address it is. PURE.

use std::net::IpAddr;

/// An IPv4 address, or the /64 of an IPv6 one: a customer of a network has all of that. `None` for
/// what is no address.
pub fn network(address: &str) -> Option<String> {
    match address.trim().parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(address) => Some(address.to_string()),
        IpAddr::V6(address) => {
            let [one, two, three, four, ..] = address.segments();
            Some(format!("{one:x}:{two:x}:{three:x}:{four:x}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        let check = |address: &str, expected: Option<&str>| {
            assert_eq!(network(address).as_deref(), expected, "{address}");
        };
        check("192.0.2.7", Some("192.0.2.7"));
        check(" ::ffff:192.0.2.7", Some("192.0.2.7"));
        check("2001:db8::1", Some("2001:db8:0:0"));
        check("2001:DB8:0:0:ffff::2", Some("2001:db8:0:0"));
        check("2001:db8:1::1", Some("2001:db8:1:0"));
        check("localhost", None);
        check("", None);
    }
}
