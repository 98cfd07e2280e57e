//! A product that knows of the directory only what events told it.

use std::collections::BTreeMap;

use serde_json::Value;

#[derive(Default)]
pub struct Replica {
    resources: BTreeMap<String, Value>,
    /// Group → member → the display it was given, or nothing.
    members: BTreeMap<String, BTreeMap<String, String>>,
}

impl Replica {
    pub fn take(&mut self, kind: &str, data: &Value) {
        let resource = &data["resource"];
        let id = text(&resource["id"]);
        match kind.rsplit('.').next() {
            Some("deleted") => {
                self.resources.remove(&id);
                self.members.remove(&id);
            }
            Some("member_added") => {
                for member in list(&data["members"]) {
                    let display = text(&member["display"]);
                    let members = self.members.entry(id.clone()).or_default();
                    let before = members.insert(text(&member["value"]), display);
                    assert_eq!(before, None, "{kind} {data}: already a member");
                }
                self.age(&id, resource);
            }
            Some("member_removed") => {
                assert!(!list(&data["members"]).is_empty(), "{kind} {data}: nobody");
                for member in list(&data["members"]) {
                    let members = self.members.entry(id.clone()).or_default();
                    let before = members.remove(&text(&member["value"]));
                    assert!(before.is_some(), "{kind} {data}: no member");
                }
                self.age(&id, resource);
            }
            _ => {
                for change in list(&data["changes"]) {
                    self.change(&id, change, resource);
                }
                self.resources.insert(id, resource.clone());
            }
        }
    }

    fn age(&mut self, id: &str, resource: &Value) {
        let known = self.resources.get_mut(id).expect("a group that was told");
        known["meta"]["version"] = resource["meta"]["version"].clone();
    }

    /// What was before is what was known, and what is after is what is told.
    fn change(&mut self, id: &str, change: &Value, resource: &Value) {
        let path = text(&change["path"]);
        let value = |name: &str| change.get(name).cloned().unwrap_or_default();
        if let Some(rest) = path.strip_prefix("members[value eq \"") {
            let member = rest.split('"').next().expect("an id");
            let members = self.members.get_mut(id).expect("a group with members");
            let given = members.get_mut(member).expect("a member");
            assert_eq!(*given, text(&value("before")), "{change}");
            *given = text(&value("after"));
            return;
        }
        assert_eq!(self.resources[id][&path], value("before"), "{change}");
        assert_eq!(resource[&path], value("after"), "{change}");
    }

    /// Group, version, name, and each member with the display it was given.
    pub fn groups(&self) -> Vec<String> {
        let nobody = BTreeMap::new();
        let show = |(id, group): (&String, &Value)| {
            let members = self.members.get(id).unwrap_or(&nobody).iter();
            let members: Vec<String> = members.map(|(id, given)| format!("{id}={given}")).collect();
            let version = text(&group["meta"]["version"]);
            let name = text(&group["displayName"]);
            let version = version.trim_matches(['W', '/', '"']);
            format!("{id} v{version} {name} {}", members.join(" "))
        };
        self.resources.iter().map(show).collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
