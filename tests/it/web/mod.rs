//! The pages of `ui`: who may come in, what they say, and how they are in a real browser.

mod decide;
mod doors;
mod pages;
mod seen;
mod served;
