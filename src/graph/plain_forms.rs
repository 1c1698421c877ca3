//! Which questions the service refused in the form that is usual for them, so that a run puts them plainly from then on.
//! What a question is called is the caller's; nothing here asks anything.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The questions whose usual form was refused in this run.
#[derive(Debug, Default)]
pub struct PlainForms(Mutex<BTreeSet<(String, usize)>>);

impl PlainForms {
    /// The form to begin with: the first that was not refused; 0 is the usual one.
    pub fn first(&self, question: &str) -> usize {
        let refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One more than were refused is always free.
        (0..=refused.len()).find(|form| !refused.contains(&(question.to_owned(), *form))).unwrap_or_default()
    }

    /// This form was refused, and a plainer one was answered.
    pub fn refused(&self, question: &str, form: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((question.to_owned(), form));
    }

    /// The questions that were put more plainly.
    pub fn all(&self) -> BTreeSet<String> {
        let refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refused.iter().map(|(question, _)| question.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_was_refused_is_not_begun_with_again() {
        let forms = PlainForms::default();
        assert_eq!(forms.first("a/b"), 0);
        forms.refused("a/b", 0);
        assert_eq!((forms.first("a/b"), forms.first("a")), (1, 0));
        assert_eq!(forms.all(), BTreeSet::from(["a/b".to_owned()]));
    }
}
