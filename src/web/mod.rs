//! The pages in the browser: `intune-ferry ui`. In comes a request of the one browser that opened the start address, out
//! goes a page made on this computer. Pages look with the parts of `ui`, and read with the functions of `cli`: a page and
//! its command never say different things. Nothing here asks a tenant.
//!
//! Begin with [`server`]: it asks the `door` whether a request may come in, and then `pages` for the page. `site` is what
//! all pages work on, `contents` what is in the folder, `shelf` the trees that were read, `link` an address and back,
//! `frame` what is around every page, `code` a script with its words in colors, `decisions` what a form does to a mapping.
//!
//! What a request says is never a path: it is looked up among the names that were found in the folder.

mod code;
mod contents;
mod decisions;
mod door;
mod frame;
mod link;
mod pages;
mod server;
mod shelf;
mod site;

pub(crate) use server::Served;
