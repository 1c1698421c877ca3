//! Where a walk through a document stands: the steps from the top, each on the stack of the walk, so that a pointer
//! is made only of the places that matter. Not for looking places up: that is [`super::path`]'s.

use std::iter::successors;

use serde_json::Value;

use super::path::{push_index, push_key};

/// The way to a place.
#[derive(Debug, Clone, Copy)]
pub struct Trail<'t> {
    before: Option<&'t Trail<'t>>,
    step: Step<'t>,
    /// What holds the place, where that is a value and is known.
    holder: Option<&'t Value>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'t> {
    Top,
    From(&'t str),
    Key(&'t str),
    Index(usize),
}

impl<'t> Trail<'t> {
    /// The document itself.
    pub const TOP: Self = Self { before: None, step: Step::Top, holder: None };

    /// A place whose pointer is known already.
    pub fn of(pointer: &'t str) -> Self {
        Self { before: None, step: Step::From(pointer), holder: None }
    }

    /// On to a member of an object.
    pub fn member<'s>(&'s self, key: &'s str, holder: Option<&'s Value>) -> Trail<'s> {
        Trail { before: Some(self), step: Step::Key(key), holder }
    }

    /// On to an element of a list.
    pub fn element<'s>(&'s self, index: usize, holder: Option<&'s Value>) -> Trail<'s> {
        Trail { before: Some(self), step: Step::Index(index), holder }
    }

    /// The key of a member; an element has none.
    pub fn key(&self) -> Option<&'t str> {
        if let Step::Key(key) = self.step { Some(key) } else { None }
    }

    /// What holds the place. A top-level place of an object that is not a value by itself has no holder.
    pub fn holder(&self) -> Option<&'t Value> {
        self.holder
    }

    /// What is around the place, the nearest first.
    pub fn around(&self) -> impl Iterator<Item = &'t Value> {
        successors(Some(*self), |trail| trail.before.copied()).map_while(|trail| trail.holder)
    }

    /// The place's RFC 6901 pointer.
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        self.write(&mut pointer);
        pointer
    }

    fn write(&self, pointer: &mut String) {
        if let Some(before) = self.before {
            before.write(pointer);
        }
        match self.step {
            Step::Top => {}
            Step::From(known) => pointer.push_str(known),
            Step::Key(key) => push_key(pointer, key),
            Step::Index(index) => push_index(pointer, index),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_trail_says_where_it_stands() {
        let (list, object) = (json!([0]), json!({}));
        let key = Trail::TOP.member("a/b", None);
        let element = key.element(12, Some(&list));
        let place = element.member("~c", Some(&object));
        assert_eq!(Trail::TOP.pointer(), "");
        assert_eq!(Trail::of("/x/0").member("y", None).pointer(), "/x/0/y");
        assert_eq!(place.pointer(), "/a~1b/12/~0c");
        assert_eq!((place.key(), element.key(), Trail::TOP.key()), (Some("~c"), None, None));
        assert_eq!(place.around().collect::<Vec<_>>(), [&object, &list]);
        assert_eq!((place.holder(), key.holder()), (Some(&object), None));
    }
}
