//! The DNS names by which Windows devices find the service: which records Microsoft wants for each of the tenant's
//! domains, and whether the names lead where they should. Names are only looked up on request.
//!
//! The system's resolver answers with addresses and never with the CNAME itself, so the addresses of both names are
//! compared. A resolver library would say more, for thirty more dependencies.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

use super::state::{CheckState, Item, Judged};
use crate::engine::error::ends_run;
use crate::engine::tenant::addresses::encode;
use crate::graph::{Api, Client, GraphError};

/// The service whose records count.
const SERVICE: &str = "Intune";
/// Domains that Microsoft runs itself.
const MICROSOFTS: [&str; 3] = [".onmicrosoft.com", ".onmicrosoft.us", ".onmschina.cn"];

/// A record that Microsoft wants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct DnsRecord {
    name: String,
    target: String,
}

/// The row, from the tenant's domains.
pub(super) async fn judge(client: &Client, domains: &Value) -> Result<Judged, GraphError> {
    let own: Vec<&str> = own_domains(domains).collect();
    if own.is_empty() {
        return Ok(Judged::new(CheckState::NotNeeded, "the tenant has only domains of Microsoft's"));
    }
    let paths: Vec<String> =
        own.iter().map(|domain| format!("domains/{}/serviceConfigurationRecords", encode(domain))).collect();
    let (mut wanted, mut refused) = (BTreeSet::new(), None);
    for (domain, answer) in own.iter().zip(client.lists(Api::V1, &paths).await) {
        match answer {
            Ok(list) => wanted.extend(records(domain, &list)),
            Err(error) if ends_run(&error) => return Err(error),
            Err(error) => refused = Some(error),
        }
    }
    let mut items = Vec::new();
    for one in wanted {
        let (name, target) = (addresses(&one.name).await, addresses(&one.target).await);
        items.push(item(one, name.as_ref(), target.as_ref()));
    }
    items.extend(refused.map(|error| Item {
        name: String::new(),
        state: CheckState::NotKnown,
        says: format!("the wanted records could not be read: {error}"),
        date: None,
        people: Vec::new(),
    }));
    Ok(together(items))
}

/// The domains that someone other than Microsoft looks after.
fn own_domains(domains: &Value) -> impl Iterator<Item = &str> {
    let verified = domains["value"].as_array().into_iter().flatten().filter(|domain| domain["isVerified"] == true);
    let names = verified.filter_map(|domain| domain["id"].as_str());
    names.filter(|name| !MICROSOFTS.iter().any(|end| name.to_ascii_lowercase().ends_with(end)))
}

/// The CNAME records of a domain that are for Intune.
fn records(domain: &str, list: &[Value]) -> Vec<DnsRecord> {
    let own = list.iter().filter(|record| record["supportedService"] == SERVICE);
    own.filter_map(|record| {
        let (label, target) = (record["label"].as_str()?, record["canonicalName"].as_str()?);
        let is_whole = label.eq_ignore_ascii_case(domain)
            || label.to_ascii_lowercase().ends_with(&format!(".{}", domain.to_ascii_lowercase()));
        let name = if is_whole { label.to_owned() } else { format!("{label}.{domain}") };
        Some(DnsRecord { name, target: target.to_owned() })
    })
    .collect()
}

/// The addresses of a name; none where the system does not find any.
async fn addresses(name: &str) -> Option<BTreeSet<IpAddr>> {
    let found = tokio::net::lookup_host((name, 443)).await.ok()?;
    Some(found.map(|address| address.ip()).collect()).filter(|found: &BTreeSet<IpAddr>| !found.is_empty())
}

/// What two lookups say of a record.
fn item(wanted: DnsRecord, name: Option<&BTreeSet<IpAddr>>, target: Option<&BTreeSet<IpAddr>>) -> Item {
    let DnsRecord { name: label, target: canonical } = wanted;
    let (state, says) = match (name, target) {
        (Some(name), Some(target)) if !name.is_disjoint(target) => (CheckState::Ready, format!("leads to {canonical}")),
        (Some(_), Some(_)) => {
            (CheckState::NotKnown, format!("does not have the addresses of {canonical}; check its CNAME"))
        }
        (None, Some(_)) => (CheckState::Missing, format!("does not exist; it should be a CNAME of {canonical}")),
        (_, None) => (CheckState::NotKnown, format!("{canonical} could not be looked up from here")),
    };
    Item { name: label, state, says, date: None, people: Vec::new() }
}

fn together(items: Vec<Item>) -> Judged {
    let Some(state) = items.iter().map(|item| item.state).min() else {
        return Judged::new(CheckState::NotNeeded, "Microsoft wants no records for Intune");
    };
    let right = items.iter().filter(|item| item.state == CheckState::Ready).count();
    let says = format!("{right} of {} names are right", items.len());
    Judged { items, ..Judged::new(state, says) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_intunes_records_of_own_domains_count() {
        let domains = json!({"value": [{"id": "contoso.com", "isVerified": true}, {"id": "new.example", "isVerified": false},
            {"id": "Contoso.onmicrosoft.com", "isVerified": true}]});
        assert_eq!(own_domains(&domains).collect::<Vec<_>>(), ["contoso.com"]);
        let record = |label: &str, service: &str| json!({"label": label, "supportedService": service, "canonicalName": "x.example"});
        let list = [record("enterpriseenrollment", "Intune"), record("a.Contoso.com", "Intune"), record("b", "Email")];
        let names: Vec<String> = records("contoso.com", &list).into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["enterpriseenrollment.contoso.com", "a.Contoso.com"]);
    }

    #[test]
    fn a_name_is_missing_only_where_its_target_is_found() {
        let wanted = || DnsRecord { name: "a".into(), target: "b".into() };
        let found = |last: u8| BTreeSet::from([IpAddr::from([192, 0, 2, last])]);
        let state =
            |name: Option<&BTreeSet<IpAddr>>, target: Option<&BTreeSet<IpAddr>>| item(wanted(), name, target).state;
        assert_eq!(state(Some(&found(1)), Some(&found(1))), CheckState::Ready);
        assert_eq!(state(Some(&found(1)), Some(&found(2))), CheckState::NotKnown);
        assert_eq!(state(None, Some(&found(1))), CheckState::Missing);
        assert_eq!(state(None, None), CheckState::NotKnown);
    }
}
