//! GET: lists, items, parts, links, single properties and functions.

use serde_json::{Map, Value, json};

use crate::odata::call::{Outcome, Refusal, Reply, bad, missing, no_route, refuse};
use crate::odata::filter::{self, FilterRules};
use crate::odata::route::{Route, Tail};
use crate::service::core::{Service, is_directory};
use crate::service::expand::Related;
use crate::service::pages::SETTINGS_PER_PAGE;
use crate::service::present::View;
use crate::tenant::store::{text, type_of};

impl Service<'_> {
    pub(crate) fn read(&mut self, route: &Route) -> Outcome {
        if crate::service::content::is_below(route) {
            return self.read_content(route);
        }
        if let Some(outcome) = self.people(route) {
            return outcome;
        }
        if !route.subs.is_empty() {
            return self.read_below(route);
        }
        let collection = self.collection(route)?;
        if route.key.is_none() && !collection.single {
            return self.list(route);
        }
        self.demand(route, "get")?;
        let made = route.key.as_deref().and_then(|id| self.rules(&route.root).of_microsoft(self.tenant, id));
        let value = match (self.object(route), made) {
            (Err(_), Some(made)) => return Ok(Reply::new(200, made)),
            (found, _) => found?,
        };
        if let Tail::Property(name) = &route.tail {
            let view = self.view(route, false);
            let all = self.present(value, View { expand: &[], select: None, ..view })?;
            let found = all.get(name).cloned().unwrap_or(Value::Null);
            return Ok(Reply::new(200, json!({"@odata.context": self.context(&route.template), "value": found})));
        }
        if self.query.filter.is_some() || self.query.top.is_some() {
            return Err(bad("The query options $filter and $top cannot be used on a single object."));
        }
        self.demand_expandable(route, false)?;
        let mut shown = self.present(value, self.view(route, false))?;
        shown.insert("@odata.context".into(), json!(self.context(&format!("{}/$entity", route.template))));
        Ok(Reply::new(200, Value::Object(shown)))
    }

    fn view<'a>(&'a self, route: &'a Route, list: bool) -> View<'a> {
        View {
            root: &route.root,
            path: &route.template,
            declared: self.element(&route.root),
            list,
            select: self.query.select.as_deref(),
            expand: &self.query.expand,
        }
    }

    fn list(&self, route: &Route) -> Outcome {
        self.demand(route, "list")?;
        self.demand_expandable(route, true)?;
        let directory = is_directory(&route.root);
        self.demand_directory_rules(directory)?;
        let view = self.view(route, true);
        let rules = FilterRules {
            directory,
            advanced: self.call.header("consistencylevel").eq_ignore_ascii_case("eventual") && self.query.count,
        };
        let element_type = route.cast.as_deref().unwrap_or(view.declared);
        let filter = match &self.query.filter {
            Some(_) if !self.rules(&route.root).takes_filter() => {
                return Err(bad("The query option $filter is not supported on this resource."));
            }
            Some(text) => Some(filter::parse(self.model, element_type, text, rules)?),
            None => None,
        };
        if let Some(select) = &self.query.select {
            self.demand_known(element_type, select)?;
        }
        let own = [route.root.as_str()];
        let shown = self.rules(&route.root).lists();
        let roots: &[&str] = if shown.is_empty() { &own } else { shown };
        let mut items = Vec::new();
        for root in roots {
            for stored in self.tenant.all(root) {
                let value = &stored.value;
                let ty = type_of(value, self.element(root));
                let fits = stored.listed_from <= self.now
                    && route.cast.as_deref().is_none_or(|cast| self.model.is_a(ty, cast))
                    && filter.as_ref().is_none_or(|f| f.passes(self.model, view.declared, value, rules))
                    && self.found(value);
                if fits {
                    items.push((*root, ty, value));
                }
            }
        }
        if let Some(order) = &self.query.order_by {
            sort(&mut items, order);
        }
        if route.tail == Tail::Count {
            return Ok(Reply::new(200, json!(items.len())));
        }
        let show = |(root, ty, value): (&str, &str, &Map<String, Value>)| {
            let view = View { root, ..view };
            if roots.len() == 1 {
                return self.present(value, view).map(Value::Object);
            }
            // A list of several types names the type of each object: none of them has the declared type.
            let mut value = value.clone();
            value.insert("@odata.type".into(), json!(format!("#microsoft.graph.{ty}")));
            self.present(&value, view).map(Value::Object)
        };
        let page = self.page(&route.template, items, self.behaviour.page_size, show)?;
        Ok(Reply::new(200, page))
    }

    /// api 3: `$search`, `$count` and ordering of a filtered list are advanced queries of the directory.
    fn demand_directory_rules(&self, directory: bool) -> Result<(), Refusal> {
        let eventual = self.call.header("consistencylevel").eq_ignore_ascii_case("eventual");
        let query = &self.query;
        if !directory {
            return if query.search.is_some() {
                Err(bad("The query option $search is not supported on this resource."))
            } else {
                Ok(())
            };
        }
        if query.top.is_some_and(|top| top > 999) {
            return Err(refuse(
                400,
                "Request_BadRequest",
                "Invalid page size specified. Must be between 1 and 999 inclusive.",
            ));
        }
        let ordered = query.order_by.is_some() && query.filter.is_some();
        if !eventual && (query.search.is_some() || query.count || ordered) {
            return Err(refuse(
                400,
                "Request_UnsupportedQuery",
                "Request with $search, $count or $orderby with $filter requires the header ConsistencyLevel: eventual.",
            ));
        }
        Ok(())
    }

    fn found(&self, value: &Map<String, Value>) -> bool {
        let Some(search) = &self.query.search else {
            return true;
        };
        let search = search.trim_matches('"');
        let (name, wanted) = search.split_once(':').unwrap_or(("displayName", search));
        text(value, name).to_lowercase().contains(&wanted.to_lowercase())
    }

    /// Parts and links of an object.
    fn read_below(&self, route: &Route) -> Outcome {
        let rules = self.rules(&route.root);
        if route.subs.iter().any(|sub| !rules.has_route(&sub.name)) {
            return Err(no_route(&self.call.path));
        }
        let mut here = self.object(route)?.clone();
        let mut declared = self.element(&route.root).to_owned();
        let mut path = format!("{}('{}')", route.root, route.key.as_deref().unwrap_or(""));
        let (last, above) = route.subs.split_last().ok_or_else(|| no_route(&self.call.path))?;
        for sub in above {
            let ty = type_of(&here, &declared).to_owned();
            let found = self.related(&here, &ty, &sub.name);
            here = match (found, sub.key.as_deref()) {
                (Related::Many(items), Some(key)) => pick(&items, key).ok_or_else(|| missing(&sub.name, key))?,
                (Related::One(Some(item)), None) => item,
                (Related::One(None), None) => return Err(missing(&sub.name, "")),
                _ => return Err(no_route(&self.call.path)),
            };
            declared = self.part_type(&ty, &sub.name);
            path = format!("{path}/{}('{}')", sub.name, sub.key.as_deref().unwrap_or(""));
        }
        let ty = type_of(&here, &declared).to_owned();
        declared = self.part_type(&ty, &last.name);
        path = format!("{path}/{}", last.name);
        self.demand_expandable(route, last.key.is_none())?;
        let view = View {
            root: "",
            path: &path,
            declared: &declared,
            list: last.key.is_none(),
            select: self.query.select.as_deref(),
            expand: &self.query.expand,
        };
        let alone = |item: &Map<String, Value>| -> Outcome {
            let mut shown = self.present(item, view)?;
            shown.insert("@odata.context".into(), json!(self.context(&format!("{path}/$entity"))));
            Ok(Reply::new(200, Value::Object(shown)))
        };
        match (self.related(&here, &ty, &last.name), last.key.as_deref()) {
            (Related::Many(items), Some(key)) => alone(&pick(&items, key).ok_or_else(|| missing(&last.name, key))?),
            (Related::One(Some(item)), None) => alone(&item),
            // A link that is not set (api 3; a certificate that was never bound).
            (Related::One(None), None) => Err(missing(&last.name, "")),
            (Related::Many(items), None) => {
                if route.tail == Tail::Count {
                    return Ok(Reply::new(200, json!(items.len())));
                }
                let most = if last.name == "settings" { SETTINGS_PER_PAGE } else { self.behaviour.page_size };
                let show = |item: Map<String, Value>| self.present(&item, view).map(Value::Object);
                let page = self.page(&path, items, most, show)?;
                Ok(Reply::new(200, page))
            }
            _ => Err(no_route(&self.call.path)),
        }
    }

    /// Declared type of a part's elements.
    pub(crate) fn part_type(&self, ty: &str, name: &str) -> String {
        self.model.property(ty, name).map_or(String::new(), |property| property.element().to_owned())
    }

    /// Functions, of which only those that tools use are answered.
    pub(crate) fn function(&mut self, route: &Route, name: &str, args: &[(String, String)]) -> Outcome {
        self.rules(&route.root).call_function(self, route, name, args).unwrap_or_else(|| {
            Err(refuse(501, "NotImplemented", format!("This sandbox does not emulate the function '{name}'.")))
        })
    }
}

fn pick(items: &[Map<String, Value>], key: &str) -> Option<Map<String, Value>> {
    items.iter().find(|item| crate::tenant::store::has_id(item, key)).cloned()
}

fn sort(items: &mut [(&str, &str, &Map<String, Value>)], order: &str) {
    let mut words = order.split_whitespace();
    let name = words.next().unwrap_or("");
    let down = words.next() == Some("desc");
    items.sort_by(|(.., a), (.., b)| {
        let ordering = text(a, name).to_lowercase().cmp(&text(b, name).to_lowercase());
        if down { ordering.reverse() } else { ordering }
    });
}
