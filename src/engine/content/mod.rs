//! Contents of policies that Graph does not give and somebody has as a file: finding the file ([`folder`]), saying
//! what it is ([`source`], [`package`], [`zip`]), sealing it piece by piece ([`sealed`]) and uploading it by the
//! documented steps ([`upload`]). Which policies have a content, and what its file is called, is data
//! (`catalogue::content`).

mod address;
pub mod file;
pub mod folder;
mod package;
mod sealed;
pub mod source;
pub mod upload;
mod wait;
mod zip;

#[cfg(test)]
pub(crate) mod testing;

pub use file::ContentFile;
pub use folder::Folder;
pub use source::Source;
pub use upload::Upload;
