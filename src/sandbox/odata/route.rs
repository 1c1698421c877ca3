//! Turns a path into what it means: `deviceManagement/intents('x')/settings` is a sub-collection of one item.
//!
//! Own parser, because keys in brackets, casts, actions and functions fit no router. Paths that the model does
//! not have are refused as Graph refuses them.

use crate::metadata::model::{Collection, Model};
use crate::odata::call::{Call, Refusal, decode, no_route, refuse};
use crate::odata::paths::{V1, stored_name};

/// What a path means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    /// The name under which the root collection is stored, aliases resolved.
    pub root: String,
    /// Template of the innermost collection or single object that the model knows.
    pub template: String,
    pub key: Option<String>,
    /// Type of a cast on the root collection or item.
    pub cast: Option<String>,
    pub subs: Vec<Sub>,
    pub tail: Tail,
}

/// One step below the root item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sub {
    pub name: String,
    pub key: Option<String>,
}

/// What the path ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tail {
    /// A collection, an item or a single object.
    Entity,
    Count,
    Property(String),
    Reference,
    Action {
        name: String,
        on_collection: bool,
    },
    Function {
        name: String,
        args: Vec<(String, String)>,
    },
}

impl Route {
    /// Whether the path names one object.
    pub(crate) fn is_item(&self) -> bool {
        self.subs.last().map_or(self.key.is_some(), |sub| sub.key.is_some())
    }
}

struct Segment {
    name: String,
    /// `('key')` or `(name=value)`.
    brackets: Option<String>,
}

/// Parses the path of a call.
pub(crate) fn parse(model: &Model, call: &Call) -> Result<Route, Refusal> {
    let segments: Vec<Segment> = call.path.split('/').filter(|part| !part.is_empty()).map(segment).collect();
    let (taken, template) = root(model, &segments).ok_or_else(|| {
        let first = segments.first().map_or("", |s| s.name.as_str());
        unknown_segment(first)
    })?;
    let leaf = template.rsplit('/').next().unwrap_or("");
    let intune = template.starts_with("deviceManagement/") || template.starts_with("deviceAppManagement/");
    if call.version == "v1.0" && intune && !V1.contains(&leaf) {
        return Err(unknown_segment(leaf));
    }
    let mut walk = PathWalk {
        model,
        path: &call.path,
        route: Route {
            root: stored_name(&template).to_owned(),
            template,
            key: None,
            cast: None,
            subs: Vec::new(),
            tail: Tail::Entity,
        },
        pending: None,
    };
    if let Some(key) = segments[taken - 1].brackets.as_deref() {
        walk.route.key = Some(unquote(key).ok_or_else(|| no_route(&call.path))?);
    }
    for (index, segment) in segments.iter().enumerate().skip(taken) {
        let last = index + 1 == segments.len();
        walk.step(segment, last)?;
    }
    Ok(walk.route)
}

/// The longest prefix of plain segments that is a collection or a single object.
fn root(model: &Model, segments: &[Segment]) -> Option<(usize, String)> {
    let mut best = None;
    let mut path = String::new();
    for (index, segment) in segments.iter().enumerate() {
        if index > 0 {
            path.push('/');
        }
        path.push_str(&segment.name);
        if model.collection(&path).is_some() {
            best = Some((index + 1, path.clone()));
        }
        if segment.brackets.is_some() {
            break;
        }
    }
    best
}

struct PathWalk<'a> {
    model: &'a Model,
    path: &'a str,
    route: Route,
    /// A cast whose meaning the next segment decides.
    pending: Option<String>,
}

impl PathWalk<'_> {
    fn collection(&self) -> Option<&Collection> {
        self.model.collection(&self.route.template)
    }

    fn single(&self) -> bool {
        self.collection().is_some_and(|c| c.single)
    }

    fn step(&mut self, segment: &Segment, last: bool) -> Result<(), Refusal> {
        if self.route.tail != Tail::Entity {
            return Err(no_route(self.path));
        }
        let name = segment.name.as_str();
        if let Some(ty) = name.strip_prefix("microsoft.graph.").or_else(|| name.strip_prefix("graph.")) {
            return self.qualified(ty, segment, last);
        }
        match name {
            "$count" if !self.route.is_item() => self.route.tail = Tail::Count,
            "$ref" => self.route.tail = Tail::Reference,
            _ if self.route.is_item() || self.single() => self.below_item(segment, last)?,
            _ => self.below_collection(segment)?,
        }
        Ok(())
    }

    /// A type cast, or an action or function with its namespace.
    fn qualified(&mut self, name: &str, segment: &Segment, last: bool) -> Result<(), Refusal> {
        if self.model.type_named(name).is_some() && segment.brackets.is_none() {
            if self.route.subs.is_empty() {
                self.route.cast = Some(name.to_owned());
            }
            self.pending = Some(name.to_owned());
            return Ok(());
        }
        self.operation(name, segment.brackets.as_deref(), last).ok_or_else(|| no_route(self.path))
    }

    fn below_collection(&mut self, segment: &Segment) -> Result<(), Refusal> {
        if self.operation(&segment.name, segment.brackets.as_deref(), true).is_some() {
            return Ok(());
        }
        if segment.brackets.is_some() {
            return Err(no_route(self.path));
        }
        let key = Some(segment.name.clone());
        match self.route.subs.last_mut() {
            Some(sub) => sub.key = key,
            None => self.route.key = key,
        }
        Ok(())
    }

    fn below_item(&mut self, segment: &Segment, last: bool) -> Result<(), Refusal> {
        let single = self.single() && !self.route.is_item();
        let glue = if single { "/" } else { "/{id}/" };
        let cast = self.pending.take();
        let plain = format!("{}{glue}{}", self.route.template, segment.name);
        let through_cast =
            cast.as_ref().map(|ty| format!("{}{glue}microsoft.graph.{ty}/{}", self.route.template, segment.name));
        let known = through_cast
            .filter(|path| self.model.collection(path).is_some())
            .or_else(|| self.model.collection(&plain).is_some().then_some(plain));
        if let Some(template) = known {
            self.route.template = template;
            return self.push(segment);
        }
        let brackets = segment.brackets.as_deref();
        if self.operation(&segment.name, brackets, last).is_some() {
            return Ok(());
        }
        let element = self.collection().map_or("", |c| c.element.as_str());
        let ty = cast.as_deref().unwrap_or(element);
        match self.model.property(ty, &segment.name) {
            // Links of derived types can be reached only through a cast (quirk 17, 19; evidence "$ref").
            Some(property) if property.nav && cast.is_some() => self.push(segment),
            Some(property) if !property.nav && last && brackets.is_none() => {
                self.route.tail = Tail::Property(segment.name.clone());
                Ok(())
            }
            _ => Err(if cast.is_some() { no_route(self.path) } else { unknown_segment(&segment.name) }),
        }
    }

    fn push(&mut self, segment: &Segment) -> Result<(), Refusal> {
        let key = match segment.brackets.as_deref() {
            Some(text) => Some(unquote(text).ok_or_else(|| no_route(self.path))?),
            None => None,
        };
        self.route.subs.push(Sub { name: segment.name.clone(), key });
        Ok(())
    }

    /// Takes the segment as an action or a function, if there is one of that name.
    fn operation(&mut self, name: &str, brackets: Option<&str>, last: bool) -> Option<()> {
        let on_collection = !self.route.is_item();
        let collection = self.collection()?;
        let tail = match brackets {
            Some(text) => {
                let known = collection.functions.iter().any(|f| f.split('(').next() == Some(name));
                known.then(|| Tail::Function { name: name.to_owned(), args: arguments(text) })
            }
            None => collection
                .action(name, on_collection)
                .map(|action| Tail::Action { name: action.name.clone(), on_collection }),
        }?;
        if !last {
            return None;
        }
        self.route.tail = tail;
        Some(())
    }
}

fn segment(raw: &str) -> Segment {
    let text = decode(raw);
    match text.split_once('(') {
        Some((name, rest)) if rest.ends_with(')') => {
            Segment { name: name.to_owned(), brackets: Some(rest[..rest.len() - 1].to_owned()) }
        }
        _ => Segment { name: text, brackets: None },
    }
}

fn unquote(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(inner.replace("''", "'"))
}

fn arguments(text: &str) -> Vec<(String, String)> {
    text.split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| {
            let value = value.trim();
            (name.trim().to_owned(), unquote(value).unwrap_or_else(|| value.to_owned()))
        })
        .collect()
}

fn unknown_segment(segment: &str) -> Refusal {
    refuse(400, "BadRequest", format!("Resource not found for the segment '{segment}'."))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    fn of(path: &str) -> Result<Route, Refusal> {
        let call = Call {
            method: "GET".into(),
            version: "beta".into(),
            path: path.into(),
            query: String::new(),
            headers: std::collections::BTreeMap::default(),
            body: None,
            origin: String::new(),
        };
        parse(Model::load(), &call)
    }

    #[test]
    fn both_spellings_of_a_key_mean_the_same() {
        let slash = of("deviceManagement/configurationPolicies/a/settings/0").unwrap();
        let brackets = of("deviceManagement/configurationPolicies('a')/settings('0')").unwrap();
        assert_eq!(slash, brackets);
        assert_eq!(slash.root, "deviceManagement/configurationPolicies");
        assert!(slash.is_item());
    }

    #[test]
    fn casts_reach_links_and_actions() {
        let link = of("deviceManagement/deviceConfigurations/a/microsoft.graph.windows81SCEPCertificateProfile/rootCertificate/$ref").unwrap();
        assert_eq!(link.tail, Tail::Reference);
        assert_eq!(link.subs[0].name, "rootCertificate");
        let assign = of(
            "deviceAppManagement/mobileAppConfigurations/a/microsoft.graph.managedDeviceMobileAppConfiguration/assign",
        )
        .unwrap();
        assert!(matches!(assign.tail, Tail::Action { .. }));
        assert!(of("deviceManagement/deviceConfigurations/a/rootCertificate").is_err());
    }

    #[test]
    fn functions_carry_their_arguments() {
        let route =
            of("deviceManagement/deviceConfigurations/a/getOmaSettingPlainTextValue(secretReferenceValueId='x_y')")
                .unwrap();
        let Tail::Function { args, .. } = route.tail else { unreachable!("a function") };
        assert_eq!(args, [("secretReferenceValueId".to_owned(), "x_y".to_owned())]);
    }

    #[test]
    fn unknown_paths_are_refused() {
        for path in [
            "nowhere",
            "deviceManagement/nothing/x",
            "deviceManagement/intents/a/nothing",
            "deviceManagement/intents/a/displayName/b",
        ] {
            assert_eq!(of(path).unwrap_err().status, 400, "{path}");
        }
    }
}
