//! Calls that a page of another site can make a browser send. Cloudflare Access knows people by a
//! cookie, which goes along with such calls. Reading is left alone: no page sees an answer of another
//! origin's, and a link from elsewhere should work. PURE.

/// What a browser says of a call.
pub struct Sent<'a> {
    pub method: &'a str,
    /// This server's own origin.
    pub own: &'a str,
    /// `Origin` (RFC 6454 §7): where the page is from.
    pub origin: Option<&'a str>,
    /// `Sec-Fetch-Site` (W3C Fetch Metadata): how the page is related to this server.
    pub site: Option<&'a str>,
    pub content_type: Option<&'a str>,
}

/// The status and the reason to refuse it.
pub type Refused = (u16, &'static str);

/// What a page cannot send elsewhere unless it is asked for first (Fetch §4.8), which it never is.
const TYPES: [&str; 2] = ["application/json", "application/x-ndjson"];

pub fn check(sent: &Sent<'_>) -> Result<(), Refused> {
    if matches!(sent.method, "GET" | "HEAD" | "OPTIONS") {
        return Ok(());
    }
    let is_own = sent.origin.is_none_or(|origin| origin == sent.own);
    // "none": a person did it, no page.
    let is_at_home = sent
        .site
        .is_none_or(|site| matches!(site, "same-origin" | "none"));
    if !is_own || !is_at_home {
        return Err((
            403,
            "A page of another origin sent this. Behind Cloudflare Access nothing is changed from there: send it from this server's own origin, or with an admin credential.",
        ));
    }
    let kind = sent.content_type.unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_ours = TYPES.iter().any(|own| kind.eq_ignore_ascii_case(own));
    if sent.method != "DELETE" && !is_ours {
        return Err((
            415,
            "Behind Cloudflare Access a change says what it sends: Content-Type: application/json, also where there is no body; application/x-ndjson for an import.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://scim.acme.test";

    fn status(
        method: &str,
        origin: Option<&str>,
        site: Option<&str>,
        content_type: Option<&str>,
    ) -> u16 {
        let sent = Sent {
            method,
            own: OWN,
            origin,
            site,
            content_type,
        };
        check(&sent).err().map_or(200, |(status, _)| status)
    }

    const JSON: Option<&str> = Some("application/json");

    #[test]
    fn changes_come_from_here_or_from_no_page() {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            for (origin, site, expected) in [
                (None, None, 200),
                (Some(OWN), Some("same-origin"), 200),
                (Some(OWN), None, 200),
                (None, Some("none"), 200),
                (Some("https://evil.test"), None, 403),
                (Some("https://evil.test"), Some("same-origin"), 403),
                (Some("http://scim.acme.test"), None, 403),
                (Some("https://scim.acme.test:8443"), None, 403),
                (Some("https://scim.acme.test.evil.test"), None, 403),
                (Some("null"), None, 403),
                (Some(""), None, 403),
                (None, Some("cross-site"), 403),
                (Some(OWN), Some("cross-site"), 403),
                // A neighbour's page is not ours, whoever registered the domain.
                (Some(OWN), Some("same-site"), 403),
                (None, Some("same-origin, cross-site"), 403),
            ] {
                let found = status(method, origin, site, JSON);
                assert_eq!(found, expected, "{method} {origin:?} {site:?}");
            }
        }
    }

    #[test]
    fn what_a_form_can_send_changes_nothing() {
        for (content_type, expected) in [
            (JSON, 200),
            (Some("Application/JSON; charset=utf-8"), 200),
            (Some("application/x-ndjson"), 200),
            (None, 415),
            (Some(""), 415),
            (Some("text/plain"), 415),
            (Some("text/plain; application/json"), 415),
            (Some("text/plain, application/json"), 415),
            (Some("application/x-www-form-urlencoded"), 415),
            (Some("multipart/form-data; boundary=application/json"), 415),
        ] {
            assert_eq!(
                status("POST", None, None, content_type),
                expected,
                "{content_type:?}"
            );
        }
        assert_eq!(status("DELETE", None, None, None), 200);
    }

    #[test]
    fn reading_may_begin_anywhere() {
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert_eq!(
                status(method, Some("https://wiki.test"), Some("cross-site"), None),
                200
            );
        }
    }
}
