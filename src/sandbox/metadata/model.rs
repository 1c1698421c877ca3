//! What the sandbox knows of Microsoft Graph: its types, properties, enums, paths, actions and permissions.
//!
//! The knowledge is data, in `policies-schema/graph-types.json` and `graph-collections.json`, generated from
//! gathered facts by `policies-schema/generate.py`. It is kept apart from the policy types in
//! `policies-schema/types/`, so that client and emulator cannot share one mistake.
//!
//! Not here: what Graph does with a request. The checks of a body are in [`crate::metadata::validate`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

const TYPES: &str = include_str!("../../../policies-schema/graph-types.json");
const COLLECTIONS: &str = include_str!("../../../policies-schema/graph-collections.json");

/// The member of an enum that stands for those that were added after it.
pub const UNKNOWN: &str = "unknownFutureValue";

/// Guards against a cycle of bases in the facts; the deepest real chain has seven links.
const MAX_BASES: usize = 32;

/// All that is known of Graph, read once.
#[derive(Debug, Default)]
pub struct Model {
    types: BTreeMap<String, TypeDef>,
    enums: BTreeMap<String, Vec<String>>,
    collections: BTreeMap<String, Collection>,
    flag_enums: BTreeSet<String>,
}

/// One entity or complex type, with its own properties only; see [`Model::property`] for inherited ones.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TypeDef {
    /// The type it derives from.
    #[serde(default)]
    pub base: Option<String>,
    /// `entity` or `complex`.
    pub kind: String,
    /// Marked abstract in the metadata.
    #[serde(default, rename = "abstract")]
    pub is_abstract: bool,
    /// Not in the v1.0 metadata, but looks like a base that nothing is an instance of.
    #[serde(default)]
    pub abstract_guess: bool,
    /// Accepts properties that it does not declare.
    #[serde(default)]
    pub open: bool,
    /// The properties it declares itself.
    pub properties: BTreeMap<String, Property>,
}

/// One property of a type.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts of the metadata")]
pub struct Property {
    /// `string`, `boolean`, `int`, `int64`, `double`, `binary`, `guid`, `datetime`, `date`, `time`, `duration`,
    /// `json`, `any`, `enum:NAME` or a type's name, each also as `collection:` of it.
    #[serde(rename = "type")]
    pub ty: String,
    /// May be null.
    #[serde(default)]
    pub nullable: bool,
    /// A navigation property: a link to, or a containment of, other entities.
    #[serde(default)]
    pub nav: bool,
    /// Marked read-only in the metadata.
    #[serde(default)]
    pub read_only: bool,
    /// An enum whose members may be joined by commas.
    #[serde(default)]
    pub flags: bool,
}

impl Property {
    /// True for a collection.
    pub fn is_collection(&self) -> bool {
        self.ty.starts_with("collection:")
    }

    /// The type of one element, or of the value where it is not a collection.
    pub fn element(&self) -> &str {
        element_of(&self.ty)
    }
}

/// The type without its `collection:` prefix.
pub fn element_of(ty: &str) -> &str {
    ty.strip_prefix("collection:").unwrap_or(ty)
}

/// One path: a collection of entities, or a single one.
#[derive(Debug, Default)]
pub struct Collection {
    /// Type of its elements, without namespace.
    pub element: String,
    /// A single object instead of a collection.
    pub single: bool,
    /// `list`, `create`, `get`, `update` (PATCH), `put`, `delete`.
    pub methods: Vec<String>,
    /// Actions bound to the collection or its items.
    pub actions: Vec<Action>,
    /// Functions as they are in a URL: `getState()`, `compare(templateId='{templateId}')`.
    pub functions: Vec<String>,
    /// The least application permissions.
    pub permissions: Permissions,
}

impl Collection {
    /// True where the path offers the method: `list`, `create`, `get`, `update`, `put`, `delete`.
    pub fn allows(&self, method: &str) -> bool {
        self.methods.iter().any(|known| known == method)
    }

    /// The action of that name, bound to the collection or to an item. Names are case-sensitive.
    pub fn action(&self, name: &str, on_collection: bool) -> Option<&Action> {
        self.actions.iter().find(|action| action.name == name && action.on_collection == on_collection)
    }
}

/// Names of the least application permissions of a path; `None` where no fact names one.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permissions {
    /// For GET.
    #[serde(default)]
    pub read: Option<String>,
    /// For everything else.
    #[serde(default)]
    pub write: Option<String>,
}

/// One action: a POST to a path that ends with its name.
#[derive(Debug, Default)]
pub struct Action {
    /// Its name, the last segment of the path.
    pub name: String,
    /// Bound to the collection (or the single object), not to an item of it.
    pub on_collection: bool,
    /// Parameter name to type, in the notation of [`Property::ty`].
    pub params: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
struct TypesFile {
    types: BTreeMap<String, TypeDef>,
    enums: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize, Default)]
struct CollectionsFile {
    collections: BTreeMap<String, RawCollection>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCollection {
    element: String,
    kind: String,
    methods: Vec<String>,
    #[serde(default)]
    actions: Vec<RawAction>,
    #[serde(default)]
    functions: Vec<String>,
    permissions: Permissions,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RawAction {
    name: String,
    bound_to: String,
    params: BTreeMap<String, String>,
}

impl From<RawCollection> for Collection {
    fn from(raw: RawCollection) -> Self {
        Self {
            element: raw.element,
            single: raw.kind == "single",
            methods: raw.methods,
            actions: raw
                .actions
                .into_iter()
                .map(|action| Action {
                    name: action.name,
                    on_collection: action.bound_to == "collection",
                    params: action.params,
                })
                .collect(),
            functions: raw.functions,
            permissions: raw.permissions,
        }
    }
}

impl Model {
    /// The model, parsed at the first call.
    pub fn load() -> &'static Self {
        static MODEL: LazyLock<Model> =
            // The files are part of the binary; a test makes sure that they parse.
            LazyLock::new(|| Model::parse(TYPES, COLLECTIONS).unwrap_or_default());
        &MODEL
    }

    fn parse(types: &str, collections: &str) -> Result<Self, serde_json::Error> {
        let types: TypesFile = serde_json::from_str(types)?;
        let collections: CollectionsFile = serde_json::from_str(collections)?;
        let flag_enums = types
            .types
            .values()
            .flat_map(|known| known.properties.values())
            .filter(|property| property.flags)
            .filter_map(|property| Some(property.element().strip_prefix("enum:")?.to_owned()))
            .collect();
        Ok(Self {
            types: types.types,
            enums: types.enums,
            collections: collections.collections.into_iter().map(|(path, raw)| (path, raw.into())).collect(),
            flag_enums,
        })
    }

    /// The collection at a path template such as `deviceManagement/intents/{id}/settings`: no leading slash, every
    /// key written as `{id}`, a cast as `microsoft.graph.TYPE`. Case-sensitive.
    pub fn collection(&self, template: &str) -> Option<&Collection> {
        self.collections.get(template)
    }

    /// All paths with their collections, sorted by path.
    pub fn collections(&self) -> impl Iterator<Item = (&str, &Collection)> {
        self.collections.iter().map(|(path, collection)| (path.as_str(), collection))
    }

    /// The type of that name, without `#microsoft.graph.`.
    pub fn type_named(&self, name: &str) -> Option<&TypeDef> {
        self.types.get(name)
    }

    /// The names of all types, sorted.
    pub fn type_names(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(String::as_str)
    }

    /// The type itself and its bases, from the most derived on.
    fn chain<'a>(&'a self, ty: &str) -> impl Iterator<Item = (&'a str, &'a TypeDef)> {
        let first = self.types.get_key_value(ty);
        std::iter::successors(first, |(_, known)| self.types.get_key_value(known.base.as_deref()?))
            .take(MAX_BASES)
            .map(|(name, known)| (name.as_str(), known))
    }

    /// True where `ty` is `base` or derives from it.
    pub fn is_a(&self, ty: &str, base: &str) -> bool {
        self.chain(ty).any(|(name, _)| name == base)
    }

    /// True where nothing can be an instance of exactly this type, as far as is known.
    pub fn is_abstract(&self, ty: &str) -> bool {
        self.types.get(ty).is_some_and(|known| known.is_abstract || known.abstract_guess)
    }

    /// A property of the type or of one of its bases; names are case-sensitive.
    pub fn property(&self, ty: &str, name: &str) -> Option<&Property> {
        self.chain(ty).find_map(|(_, known)| known.properties.get(name))
    }

    /// All properties of the type and its bases, sorted by name.
    pub fn properties(&self, ty: &str) -> Vec<(&str, &Property)> {
        let mut all = BTreeMap::new();
        for (_, known) in self.chain(ty) {
            for (name, property) in &known.properties {
                all.entry(name.as_str()).or_insert(property);
            }
        }
        all.into_iter().collect()
    }

    /// True where the members of the enum may be joined by commas.
    pub fn is_flags(&self, name: &str) -> bool {
        self.flag_enums.contains(name)
    }

    /// The members that an enum got after [`UNKNOWN`]; none where it has no such member.
    pub fn later_members(&self, name: &str) -> Option<&[String]> {
        let members = self.enum_members(name)?;
        let place = members.iter().position(|member| member == UNKNOWN)?;
        members.get(place + 1..)
    }

    /// The members of an enum, in the metadata's spelling; the name without `enum:`.
    pub fn enum_members(&self, name: &str) -> Option<&[String]> {
        self.enums.get(name).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

    use super::*;

    #[test]
    fn files_parse_and_are_complete() {
        let model = Model::parse(TYPES, COLLECTIONS).unwrap();
        assert!(model.types.len() > 1000 && model.enums.len() > 500 && model.collections.len() > 500);
        for (name, known) in &model.types {
            assert!(known.base.as_ref().is_none_or(|base| model.types.contains_key(base)), "base of {name}");
            for (property, entry) in &known.properties {
                if let Some(name) = entry.element().strip_prefix("enum:") {
                    assert!(model.enums.contains_key(name), "{property} has unknown enum {name}");
                }
            }
        }
        for (path, collection) in model.collections() {
            assert!(model.type_named(&collection.element).is_some(), "element of {path}");
        }
    }

    #[test]
    fn properties_are_inherited_and_case_sensitive() {
        let model = Model::load();
        let ty = "windows10CustomConfiguration";
        assert!(model.is_a(ty, "deviceConfiguration") && !model.is_a("deviceConfiguration", ty));
        assert!(model.property(ty, "omaSettings").is_some());
        assert!(model.property(ty, "displayName").is_some());
        assert!(model.property(ty, "DisplayName").is_none());
        assert!(model.properties(ty).iter().any(|(name, _)| *name == "id"));
        assert!(model.is_abstract("deviceConfiguration"));
        assert!(!model.is_abstract(ty));
    }

    #[test]
    fn what_the_tables_lack_was_added() {
        let model = Model::load();
        assert!(model.collection("deviceManagement/configurationPolicies").unwrap().allows("put"));
        let protections = model.collection("deviceAppManagement/iosManagedAppProtections").unwrap();
        assert!(protections.action("assign", false).unwrap().params.contains_key("assignments"));
        assert!(protections.action("assign", true).is_none());
        assert!(model.collection("users").unwrap().allows("list"));
    }
}
