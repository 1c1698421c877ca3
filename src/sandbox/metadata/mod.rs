//! What Graph says of itself: types, collections and actions, and the checks of a body that follow from them alone.

pub mod model;
pub mod validate;
