use super::*;
use crate::events::describe;

fn event(kind: &str, data: Value) -> Event {
    Event {
        position: 7,
        created: 1_458_496_404_999,
        kind: kind.to_owned(),
        tenant: Some("acme".to_owned()),
        endpoint: Some("/Devices".to_owned()),
        data: data.to_string(),
    }
}

fn of(kind: &str, data: Value, format: Format) -> Option<Value> {
    let audience = Audience {
        origin: "https://scim.example",
        name: "https://hr.example",
        format,
    };
    claims(&event(kind, data), audience)
}

fn check(kind: &str, data: Value, full: Value, notice: Value) {
    for (format, expected) in [(Format::Full, full), (Format::Notice, notice)] {
        let claims = of(kind, data.clone(), format).unwrap();
        assert_eq!(claims["events"], expected, "{kind}");
    }
}

fn resource(more: Value) -> Value {
    let mut resource = json!({"id": "1", "meta": {"version": "W/\"3\""}});
    let more = more.as_object().unwrap().clone();
    resource.as_object_mut().unwrap().extend(more);
    resource
}

fn patch(operations: Value) -> Value {
    json!({"urn:ietf:params:scim:event:prov:patch:full": {
        "version": "W/\"3\"",
        "data": {"schemas": [PATCH_OP], "Operations": operations},
    }})
}

fn notice(attributes: Value) -> Value {
    json!({"urn:ietf:params:scim:event:prov:patch:notice": {
        "version": "W/\"3\"",
        "attributes": attributes,
    }})
}

#[test]
fn the_claims_around_an_event() {
    let gone = json!({"resource": resource(json!({"externalId": "x", "userName": "a"}))});
    assert_eq!(
        of("user.deleted", gone, Format::Full).unwrap(),
        json!({
            "iss": "https://scim.example/t/acme",
            "iat": 1_458_496_404,
            "jti": "evt_7",
            "txn": "evt_7",
            "aud": "https://hr.example",
            "sub_id": {"format": "scim", "uri": "/Users/1", "id": "1", "externalId": "x"},
            "events": {"urn:ietf:params:scim:event:prov:delete": {}},
        })
    );
    let subject = |kind: &str| {
        let data = json!({"resource": resource(json!({}))});
        of(kind, data, Format::Full).unwrap()["sub_id"].clone()
    };
    assert_eq!(
        subject("group.deleted"),
        json!({"format": "scim", "uri": "/Groups/1", "id": "1"})
    );
    assert_eq!(subject("resource.deleted")["uri"], "/Devices/1");
}

#[test]
fn creation() {
    let made = resource(json!({
        "schemas": ["urn:a", "urn:b"],
        "userName": "a",
        "name": {"givenName": "A"},
        "urn:b": {"department": "D", "manager": {"value": "2"}},
    }));
    for kind in ["user.created", "user.restored", "resource.created"] {
        let name = |format: &str| format!("urn:ietf:params:scim:event:prov:create:{format}");
        check(
            kind,
            json!({"resource": made}),
            json!({name("full"): {"version": "W/\"3\"", "data": made}}),
            json!({name("notice"): {"version": "W/\"3\"", "attributes":
                ["id", "userName", "name", "urn:b:department", "urn:b:manager"]}}),
        );
    }
}

#[test]
fn changes_are_a_patch() {
    let data = json!({
        "resource": resource(json!({"title": "B"})),
        "changes": [
            {"path": "title", "before": "A", "after": "B"},
            {"path": "nickName", "before": "N"},
        ],
    });
    let full = patch(json!([
        {"op": "replace", "path": "title", "value": "B"},
        {"op": "remove", "path": "nickName"},
    ]));
    for kind in [
        "user.updated",
        "group.updated",
        "group.renamed",
        "resource.updated",
    ] {
        check(
            kind,
            data.clone(),
            full.clone(),
            notice(json!(["title", "nickName"])),
        );
    }
}

#[test]
fn values_that_are_left_out_leave_a_notice() {
    let data = json!({"resource": resource(json!({})), "changes": [{"path": "title"}]});
    let expected = notice(json!(["title"]));
    check("user.updated", data, expected.clone(), expected);
}

#[test]
fn who_is_locked_out_is_told_twice() {
    for (kind, name, active) in [
        ("user.activated", "activate", true),
        ("user.deactivated", "deactivate", false),
    ] {
        let data = json!({
            "resource": resource(json!({"active": active})),
            "changes": [{"path": "active", "before": !active, "after": active}],
        });
        let with = |mut events: Value| {
            events[format!("urn:ietf:params:scim:event:prov:{name}")] = json!({});
            events
        };
        let operation = json!([{"op": "replace", "path": "active", "value": active}]);
        check(
            kind,
            data,
            with(patch(operation)),
            with(notice(json!(["active"]))),
        );
    }
}

#[test]
fn members_are_a_patch_of_their_group() {
    let members = json!([{"value": "a", "type": "User"}, {"value": "b\"", "type": "User"}]);
    let data = json!({"resource": resource(json!({})), "members": members});
    check(
        "group.member_added",
        data.clone(),
        patch(json!([{"op": "add", "path": "members", "value": members}])),
        notice(json!(["members"])),
    );
    check(
        "group.member_removed",
        data,
        patch(json!([
            {"op": "remove", "path": "members[value eq \"a\"]"},
            {"op": "remove", "path": "members[value eq \"b\\\"\"]"},
        ])),
        notice(json!(["members"])),
    );
}

#[test]
fn an_operation_that_was_waited_for() {
    let entry = json!({"location": "https://scim.example/t/acme/scim/v2/Users/1", "status": "200"});
    let failed = json!({"method": "POST", "status": "409"});
    let base = "https://scim.example/t/acme/scim/v2";
    for format in [Format::Full, Format::Notice] {
        let check = |entry: &Value, subject: Value| {
            let told = describe::completed("b", 3, base, entry);
            let claims = of(told.kind, told.data, format).unwrap();
            assert_eq!(claims["txn"], "b:3");
            assert_eq!(claims["jti"], "evt_7");
            assert_eq!(claims["sub_id"], subject);
            assert_eq!(claims["events"], json!({ ASYNC_RESPONSE: entry }));
        };
        check(
            &entry,
            json!({"format": "scim", "uri": "/Users/1", "id": "1"}),
        );
        check(&failed, json!({"format": "scim", "uri": "/Bulk/b"}));
    }
}

#[test]
fn the_rest_is_not_told() {
    let told: Vec<_> = told(&Kinds::default()).collect();
    let left = ALL.into_iter().filter(|kind| !told.contains(kind));
    assert_eq!(
        left.collect::<Vec<_>>(),
        [
            "user.targets_changed",
            "credential.expiring",
            "tenant.deleted"
        ]
    );
    let nobody = |change: fn(&mut Event)| {
        let data = json!({"resource": resource(json!({}))});
        let mut event = event("resource.deleted", data);
        change(&mut event);
        let audience = Audience {
            origin: "",
            name: "",
            format: Format::Full,
        };
        claims(&event, audience).is_none()
    };
    assert!(!nobody(|_| {}));
    assert!(nobody(|event| event.endpoint = None));
    assert!(nobody(|event| event.tenant = None));
}
