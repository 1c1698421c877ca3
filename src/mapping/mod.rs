//! What each source id is in the target, and the pure rewriter.
