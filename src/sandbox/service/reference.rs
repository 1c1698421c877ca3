//! Links between objects: `NAME@odata.bind` in bodies, `$ref` paths, and what they must lead to.

use serde_json::{Map, Value, json};

use crate::odata::call::{Call, Outcome, Refusal, Reply, bad, missing, no_route, refuse};
use crate::odata::link::Link;
use crate::odata::route::{self, Route};
use crate::service::core::Service;
use crate::tenant::store::{id_of, type_of};

impl Service<'_> {
    /// Checks all links of a body, also in its parts, and writes them as they are stored.
    pub(crate) fn take_links(&self, declared: &str, body: &mut Map<String, Value>) -> Result<(), Refusal> {
        let ty = type_of(body, declared).to_owned();
        for (name, value) in body.iter_mut() {
            if let Some(nav) = name.strip_suffix("@odata.bind") {
                let property = self.model.property(&ty, nav).filter(|p| p.nav).ok_or_else(|| {
                    bad(format!("The property '{nav}' is not a navigation property of 'microsoft.graph.{ty}'."))
                })?;
                let target = property.element();
                match value {
                    Value::String(url) if !property.is_collection() => {
                        *url = self.link(url, target)?.text();
                    }
                    Value::Array(urls) if property.is_collection() => {
                        for url in urls {
                            let text = url.as_str().ok_or_else(|| bad("A link must be a string."))?;
                            *url = json!(self.link(text, target)?.text());
                        }
                    }
                    _ => {
                        return Err(bad(format!(
                            "'{name}' must be {}.",
                            if property.is_collection() { "a list of links" } else { "one link" }
                        )));
                    }
                }
                continue;
            }
            let Some(property) = self.model.property(&ty, name) else {
                continue;
            };
            match value {
                Value::Object(map) => self.take_links(property.element(), map)?,
                Value::Array(items) => {
                    for item in items {
                        if let Value::Object(map) = item {
                            self.take_links(property.element(), map)?;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Follows the URL of a link; the target must exist in this tenant and be of the right type (api 3, quirk 17).
    fn link(&self, url: &str, wanted: &str) -> Result<Link, Refusal> {
        let broken = || bad(format!("Invalid entity reference '{url}': an absolute URL of this service is expected."));
        let below = url
            .strip_prefix(&self.call.origin)
            .or_else(|| url.strip_prefix("https://graph.microsoft.com"))
            .and_then(|rest| rest.strip_prefix('/'))
            .ok_or_else(broken)?;
        let (version, path) = below.split_once('/').ok_or_else(broken)?;
        if version != "beta" && version != "v1.0" {
            return Err(broken());
        }
        let call = Call { version: "beta".into(), path: path.to_owned(), ..self.call.clone() };
        let route = route::parse(self.model, &call)?;
        let id = route.key.clone().ok_or_else(broken)?;
        let part = match route.subs.as_slice() {
            [] => None,
            [sub] => Some((sub.name.clone(), sub.key.clone().ok_or_else(broken)?)),
            _ => return Err(broken()),
        };
        let link = Link { root: route.root.clone(), id, part };
        if let Some(checked) = self.rules(&link.root).demand_linked(self.tenant, &link) {
            return checked.map(|()| link);
        }
        let target = self.tenant.find(&link.root, &link.id).ok_or_else(|| missing(&link.root, &link.id))?;
        let ty = type_of(target, self.element(&link.root));
        if self.model.type_named(wanted).is_some() && !self.model.is_a(ty, wanted) {
            return Err(bad(format!(
                "The reference '{}' is of type 'microsoft.graph.{ty}', expected 'microsoft.graph.{wanted}'.",
                link.text()
            )));
        }
        Ok(Link { id: id_of(target).to_owned(), ..link })
    }

    /// `{id}/[cast/]NAME/$ref`: PUT for one link, POST per item for several (quirk 19, evidence "$ref").
    pub(crate) fn change_links(&mut self, route: &Route) -> Outcome {
        let [sub] = route.subs.as_slice() else {
            return Err(no_route(&self.call.path));
        };
        let declared = self.element(&route.root);
        let value = self.object(route)?;
        let id = id_of(value).to_owned();
        let ty = type_of(value, declared).to_owned();
        let property =
            self.model.property(&ty, &sub.name).filter(|p| p.nav).ok_or_else(|| no_route(&self.call.path))?;
        let many = property.is_collection();
        let name = format!("{}@odata.bind", sub.name);
        let method = self.call.method.as_str();
        let link = if method == "DELETE" {
            None
        } else {
            let body = self.call.object()?;
            let url = body
                .get("@odata.id")
                .and_then(Value::as_str)
                .ok_or_else(|| bad("The body of a reference needs '@odata.id'."))?;
            Some(self.link(url, property.element())?.text())
        };
        let object = self.tenant.find_mut(&route.root, &id).ok_or_else(|| missing(&route.root, &id))?;
        match (method, many, link) {
            ("PUT", false, Some(link)) => {
                object.insert(name, json!(link));
            }
            ("POST", true, Some(link)) => {
                let links = object.entry(name).or_insert_with(|| json!([]));
                if let Value::Array(links) = links {
                    if links.iter().any(|known| known == &json!(link)) {
                        return Err(bad("One or more added object references already exist."));
                    }
                    links.push(json!(link));
                }
            }
            ("DELETE", false, _) if sub.key.is_none() => {
                object.remove(&name);
            }
            ("DELETE", true, _) => {
                let key = sub.key.as_deref().ok_or_else(|| no_route(&self.call.path))?;
                if let Some(Value::Array(links)) = object.get_mut(&name) {
                    links.retain(|link| {
                        link.as_str().and_then(Link::parse).is_none_or(|l| !l.id.eq_ignore_ascii_case(key))
                    });
                }
            }
            _ => {
                return Err(refuse(
                    400,
                    "BadRequest",
                    format!("{method} is not supported for references of the property '{}'.", sub.name),
                ));
            }
        }
        Ok(Reply::empty(204))
    }
}
