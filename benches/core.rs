//! `cargo bench`: what the pure core costs on this machine, in time and in allocations.
//!
//! Each task runs in batches for a fifth of a second; the table shows the fastest batch's mean,
//! which is the one that the rest of the machine disturbed least.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use scim_edge::scim::filter::check::check;
use scim_edge::scim::filter::parse::parse as parse_filter;
use scim_edge::scim::mode::Mode;
use scim_edge::scim::patch::{self, PatchRequest};
use scim_edge::scim::resource::project::Projection;
use scim_edge::scim::resource::render::{Shown, render};
use scim_edge::scim::resource::{MAX_DEPTH, Map, parse_body, validate};
use scim_edge::scim::schema::{Definition, Registry};
use scim_edge::store::document::{IndexPaths, parse, prepare};
use scim_edge::store::filter_sql::{Columns, compile};
use scim_edge::store::literals::Literals;

/// About 1 KB, as an identity provider sends it.
const USER: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"00u1dhhb1fkIGP7RL1d8","userName":"barbara.jensen@example.com","name":{"formatted":"Ms. Barbara J Jensen","familyName":"Jensen","givenName":"Barbara","middleName":"Jane"},"displayName":"Babs Jensen","nickName":"Babs","title":"Tour Guide","locale":"en-US","timezone":"America/Los_Angeles","active":true,"emails":[{"value":"bjensen@example.com","type":"work","primary":true},{"value":"babs@jensen.example.org","type":"home"}],"phoneNumbers":[{"value":"tel:+1-555-555-5555","type":"work"}],"addresses":[{"type":"work","streetAddress":"100 Universal City Plaza","locality":"Hollywood","region":"CA","postalCode":"91608","country":"US"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"701984","costCenter":"4130","organization":"Universal Studios","division":"Theme Park","department":"Tour Operations"}}"#;

const PATCH: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"emails[type eq \"work\"].value","value":"new@example.com"},{"op":"add","path":"title","value":"Guide"},{"op":"remove","path":"nickName"}]}"#;

const FILTER: &str = r#"emails[type eq "work" and value ew "@example.com"] and (userName sw "bar" or not (title pr)) and meta.lastModified gt "2026-01-01T00:00:00Z""#;

/// What "parse, apply a PATCH and render" together may take.
const BUDGET: Duration = Duration::from_micros(20);

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: everything is the system's allocator; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn measure<T>(name: &str, mut task: impl FnMut() -> T) -> Duration {
    black_box(task());
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    black_box(task());
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    let began = now();
    let mut best = Duration::MAX;
    while began.elapsed() < Duration::from_millis(200) {
        let batch = now();
        for _ in 0..100 {
            black_box(task());
        }
        best = best.min(batch.elapsed() / 100);
    }
    let micros = best.as_nanos() as f64 / 1000.0;
    println!("{name:<34} {micros:>9.2} {allocations:>12}");
    best
}

#[expect(
    clippy::disallowed_methods,
    reason = "native only: a bench measures time"
)]
fn now() -> Instant {
    Instant::now()
}

fn main() {
    let user = Registry::builtin().definition("User").expect("shipped");
    let paths = IndexPaths::new(Registry::builtin(), &[]);
    let sent = parse_body(USER.as_bytes(), MAX_DEPTH).expect("JSON");
    let valid = validate::create(user, &sent, Mode::Compat).expect("valid");
    let stored = prepare(user, &valid, paths.of(user)).new.document;
    let plain = Projection::parse(None, None, user).expect("nothing asked");
    let some = Projection::parse(Some("userName,emails.value"), None, user).expect("known");
    let filter = parse_filter(FILTER, Mode::Compat).expect("a filter");

    println!("{:<34} {:>9} {:>12}", "task", "µs", "allocations");
    measure("parse a body", || parse_body(USER.as_bytes(), MAX_DEPTH));
    measure("check a new user", || {
        validate::create(user, &sent, Mode::Compat)
    });
    measure("write it, with its index", || {
        prepare(user, &valid, paths.of(user))
    });
    measure("parse a filter", || parse_filter(FILTER, Mode::Compat));
    measure("check a filter", || check(&filter, user, Mode::Compat));
    measure("filter → SQL", || {
        let columns = Columns {
            definition: user,
            tenant: "?1",
            indexed: paths.names(user),
            base_url: "https://example.com/scim/v2",
        };
        let checked = check(&filter, user, Mode::Compat).expect("checks");
        compile(&checked, &columns, &mut Literals::new("?2"))
    });
    measure("parse a stored user", || parse(&stored));
    measure("apply a PATCH", || patched(user, &valid));
    measure("render, nothing left out", || shown(user, &stored, &plain));
    measure("render, two attributes", || shown(user, &stored, &some));
    let whole = measure("parse + PATCH + render", || {
        let document = parse(&stored).expect("ours");
        let document = patched(user, &document);
        let text = serde_json::to_string(&document).expect("JSON");
        shown(user, &text, &plain)
    });
    let verdict = if whole <= BUDGET { "within" } else { "over" };
    println!("\nparse + PATCH + render is {verdict} its budget of {BUDGET:?}.");
}

fn patched(user: &Definition, document: &Map) -> Map {
    let body = parse_body(PATCH.as_bytes(), MAX_DEPTH).expect("JSON");
    let request = PatchRequest::parse(&body, Mode::Compat).expect("a PATCH");
    patch::apply(user, document, &request, Mode::Compat).expect("applies")
}

fn shown(user: &Definition, document: &str, projection: &Projection) -> String {
    let shown = Shown {
        location: "https://example.com/t/acme/scim/v2/Users/01900000-0000-7000-8000-000000000000",
        etag: "W/\"3\"",
        created: 1_700_000_000_123,
        modified: 1_700_000_001_000,
        document,
        derived: None,
    };
    render(user, &shown, projection).expect("renders")
}
