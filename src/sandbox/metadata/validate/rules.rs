//! How a property of a body is treated beyond its type: ignored, refused, allowed inline. The rows are in
//! [`super::known`].
//!
//! Not here: the walk along the types, in [`super::body`].

use super::known::{CREATED_WITH, OWN_CALL, READ_ONLY, RULES};
use super::treatment::{Purpose, Treatment};
use crate::metadata::model::{Model, Property};

/// How a property of an object of type `ty` is treated.
pub(super) fn treatment(model: &Model, ty: &str, name: &str, property: &Property, purpose: Purpose) -> Treatment {
    if purpose == Purpose::Create
        && CREATED_WITH.iter().any(|(of, names)| model.is_a(ty, of) && !names.contains(&name) && name != "id")
    {
        return Treatment::Refused("it is set by an update after the creation");
    }
    let rule =
        RULES.iter().find(|(of, names, when, _)| names.contains(&name) && when.holds(purpose) && model.is_a(ty, of));
    match rule {
        Some((.., treatment)) => *treatment,
        // quirks, table: inline assignments 400; "not known: deep insert of other navigation properties".
        None if property.nav => Treatment::Refused(OWN_CALL),
        None if property.read_only => Treatment::Refused(READ_ONLY),
        None => Treatment::Accepted,
    }
}

#[cfg(test)]
mod tests {
    use super::super::treatment::When;
    use super::*;

    #[test]
    fn every_rule_names_properties_that_exist() {
        let model = Model::load();
        let declared = |of: &str, name: &str| {
            model.property(of, name).is_some()
                || model.type_names().any(|ty| model.is_a(ty, of) && model.property(ty, name).is_some())
        };
        for (of, names, ..) in RULES {
            for name in *names {
                assert!(declared(of, name), "{of}.{name}");
            }
        }
        for (of, names) in CREATED_WITH {
            assert!(names.iter().all(|name| declared(of, name)), "{of}");
        }
    }

    #[test]
    fn derived_types_come_before_their_bases() {
        let model = Model::load();
        for (at, (of, names, when, _)) in RULES.iter().enumerate() {
            for (base, earlier, other, _) in &RULES[..at] {
                let hidden = of != base && model.is_a(of, base) && names.iter().any(|name| earlier.contains(name));
                assert!(!hidden || (when != other && *other != When::Always), "{of} stands after {base}: {names:?}");
            }
        }
    }
}
