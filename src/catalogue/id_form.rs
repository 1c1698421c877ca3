//! An id inside the text of a reference, in each form in which it can be there.

use super::rule::Form;
use crate::policy::ids;

/// The ids inside a reference's text.
pub(super) fn ids_in(text: &str, form: Form) -> Vec<String> {
    match form {
        Form::Within | Form::Account => {
            let mut list: Vec<String> = ids::ids(text).into_iter().map(|found| found.id).collect();
            list.sort();
            list.dedup();
            list
        }
        _ => bare_id(text, form).map(str::to_owned).into_iter().collect(),
    }
}

/// The id inside a reference's text; none where the text does not have the form, or can hold several.
pub fn bare_id(text: &str, form: Form) -> Option<&str> {
    match form {
        Form::Id => Some(text),
        Form::Within | Form::Account => None,
        Form::Prefixed => text.split_once('_').map(|(_, id)| id),
        Form::Bind => {
            let text = text.trim_end_matches('/');
            match text.strip_suffix("')") {
                Some(open) => open.rsplit_once("('").map(|(_, id)| id),
                None => text.rsplit_once('/').map(|(_, id)| id),
            }
        }
    }
}

/// The same text with another id in the place of an old one.
pub fn with_id(text: &str, form: Form, old: &str, id: &str) -> String {
    if !form.is_whole() {
        let other = |found: &str| found.eq_ignore_ascii_case(old).then(|| id.to_owned());
        return ids::replace_ids(text, &other).map_or_else(|| text.to_owned(), |(text, _)| text);
    }
    match bare_id(text, form) {
        None => text.to_owned(),
        Some(old) => match text.rfind(old) {
            Some(start) => format!("{}{id}{}", &text[..start], &text[start + old.len()..]),
            None => text.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_and_replaced_in_every_form() {
        for (text, form, id, after) in [
            ("a1", Form::Id, "a1", "b2"),
            ("Email_a1", Form::Prefixed, "a1", "Email_b2"),
            (
                "deviceManagement/deviceConfigurations('a1')",
                Form::Bind,
                "a1",
                "deviceManagement/deviceConfigurations('b2')",
            ),
            ("deviceManagement/deviceConfigurations/a1", Form::Bind, "a1", "deviceManagement/deviceConfigurations/b2"),
        ] {
            assert_eq!(bare_id(text, form), Some(id));
            assert_eq!(with_id(text, form, id, "b2"), after);
        }
    }
}
