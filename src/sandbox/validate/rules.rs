//! What is known of single properties.
