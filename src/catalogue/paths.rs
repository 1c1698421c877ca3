//! Where the objects of a policy type are: the paths of their collection and of each of them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::id_form::bare_id;
use super::model::PolicyType;
use super::rule::Form;
use crate::policy::Policy;

/// Where a policy says which object it is below (`parent_path('id')`); never sent.
pub const PARENT: &str = "parent@odata.bind";

/// The collection of the tenant itself, the only object in it. What is below it needs no policy type above it, and
/// its ids do not begin with that of the tenant: it is only listed.
pub const TENANT: &str = "organization";

/// What is escaped in a path segment.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'!');

/// An id as a path segment: ids come from tenants and trees, so nothing in them may change the path.
pub fn url_segment(id: &str) -> String {
    // URLs take these for steps up and down the path, even when they are escaped once.
    if id == "." || id == ".." {
        return id.replace('.', "%252E");
    }
    utf8_percent_encode(id, ESCAPED).to_string()
}

impl PolicyType {
    /// The path of the collection that the policy is created in.
    pub fn collection_for(&self, policy: &Policy) -> String {
        let parent = policy.text(PARENT).and_then(|bind| bare_id(bind, Form::Bind));
        self.collection_below(parent.unwrap_or_default())
    }

    /// The collection's path; one below the objects of another collection holds `{id}` for that object.
    pub fn collection_below(&self, parent: &str) -> String {
        self.path.replace("{id}", &url_segment(parent))
    }

    /// How a policy names the object it is below, where it is below one: an object's own id begins with that
    /// of its parent (`PARENT_OWN`).
    pub fn parent_of(&self, id: &str) -> Option<String> {
        self.parent.as_ref()?;
        let parent = id.split('_').next().unwrap_or_default();
        self.parent_path().map(|path| format!("{path}('{parent}')"))
    }

    /// Whether an object's own path is not known, but only that of all.
    pub fn is_only_listed(&self) -> bool {
        self.parent_path() == Some(TENANT)
    }

    /// The collection that this one's objects are below, where they are.
    pub fn parent_path(&self) -> Option<&str> {
        self.path.split_once("/{id}/").map(|(parent, _)| parent)
    }

    /// The path of one object.
    pub fn item_path(&self, id: &str) -> String {
        if self.single {
            return self.path.clone();
        }
        format!("{}/{}", self.collection_below(id.split('_').next().unwrap_or_default()), url_segment(id))
    }
}
