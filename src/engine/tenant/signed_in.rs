//! A tenant as everything that asks one gets it: the client, what its policy types are, and who is shown progress.
//! How it is read is `lists` and `reader`.

use crate::catalogue::Catalogue;
use crate::event::{Reporter, Silent};
use crate::graph::Client;

/// A tenant that can be asked.
#[derive(Clone, Copy)]
pub struct Tenant<'a> {
    /// What answers for it.
    pub client: &'a Client,
    /// What its policy types are.
    pub catalogue: &'a Catalogue,
    /// Who is shown progress.
    pub reporter: &'a dyn Reporter,
}

impl Tenant<'_> {
    /// The same tenant, where no one is shown progress.
    #[must_use]
    pub fn quiet(self) -> Self {
        Self { reporter: &Silent, ..self }
    }
}
