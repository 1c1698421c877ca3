//! Contents of policies that Graph does not give and someone has as a file: finding the file ([`folder`]), saying
//! what it is ([`source`], `package`, `zip`) and encrypting it piece by piece (`encryption`). Which policies have a
//! content, and what its file is called, is data (`catalogue::content`). Uploading it is `import::upload`.
//!
//! In: a folder of files and a policy. Out: the policy's content, ready to be sent. Begin with [`folder`].

pub(crate) mod begun;
pub(crate) mod encryption;
pub(crate) mod file;
pub(crate) mod folder;
mod package;
pub(crate) mod source;
mod zip;

#[cfg(test)]
pub(crate) mod testing;

pub use begun::Begun;
pub use file::ContentFile;
pub use folder::Folder;
pub use source::Source;
