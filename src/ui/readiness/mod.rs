//! The readiness page: on a terminal, as a page to print, as Markdown, and what has changed between two of them; and
//! a letter to the people whose devices move.

mod changes;
mod letter;
mod markdown;
mod page;
mod terminal;
mod words;

pub use changes::changes;
pub use letter::letter;
pub use markdown::markdown;
pub use page::html;
pub use terminal::ready;
