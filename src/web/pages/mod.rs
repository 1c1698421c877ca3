//! The pages, one file each. A page is made of what an address asks for and of what is in the folder. Only the mapping's
//! page changes something: its file.

mod check;
mod compare;
mod list;
mod mapping;
mod policies;
mod policy;
mod record;
mod start;
mod who;

use super::frame::{COMPARE, Page};
use super::link::Asked;
use super::site::{Site, Trouble};

/// The page of an address.
pub(super) fn page(site: &Site, asked: &Asked) -> Result<Page, Trouble> {
    let steps: Vec<&str> = asked.steps.iter().map(String::as_str).collect();
    match steps[..] {
        [] => Ok(start::page(site)),
        [COMPARE] => compare::page(site, asked),
        ["mapping", name] => mapping::page(site, name, asked),
        ["plan", name] => record::plan(site, name),
        ["journal", name] => record::journal(site, name),
        ["tree", name] | ["tree", name, "policies"] => policies::page(site, name, asked),
        ["tree", name, "policy", of, key] => policy::page(site, name, of, key),
        ["tree", name, "who"] => who::page(site, name, asked),
        ["tree", name, "check"] => check::page(site, name),
        _ => Err(Trouble::missing("page")),
    }
}

/// Does what a form asks for: the address of the page that shows it.
pub(super) fn change(site: &Site, asked: &Asked, form: &[(String, String)]) -> Result<String, Trouble> {
    let steps: Vec<&str> = asked.steps.iter().map(String::as_str).collect();
    match steps[..] {
        ["mapping", name] => mapping::save(site, name, asked, form),
        _ => Err(Trouble::missing("page")),
    }
}
