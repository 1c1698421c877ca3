//! The policy types, which are data in `policies-schema/types/`.
