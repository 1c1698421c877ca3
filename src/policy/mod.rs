//! One policy as a value. Pure: no input or output.
