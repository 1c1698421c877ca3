//! A file that is the content of a policy: what it is, how large, whether it can be uploaded. Looked at when
//! planning; opened when it is uploaded.

use std::path::{Path, PathBuf};

use super::begun::SALT;
use super::encryption;
use super::encryption::{Blocks, Packed, Sealing};
use super::file::ContentFile;
use super::folder::{Folder, Found};
use super::package::{self, Package};
use crate::catalogue::PolicyType;
use crate::catalogue::content::{FileForm, Upload};
use crate::finding::{Finding, codes};
use crate::policy::Policy;
use crate::policy::file_name::fold;

/// A file that can be uploaded.
#[derive(Debug, Clone)]
pub struct Source {
    /// As the plan tells it.
    pub file: ContentFile,
    /// The name that the service gets.
    pub(crate) name: String,
    /// How many bytes it has when it is sealed.
    pub(crate) sealed_size: u64,
    /// What is sent of it when it is announced.
    pub(crate) manifest: Option<String>,
    path: PathBuf,
    package: Option<Box<Package>>,
}

/// What there is for a policy that lacks its content.
#[derive(Debug, Clone)]
pub enum Look {
    /// This file.
    Given(Box<Source>),
    /// A file that cannot be used.
    Unusable(Box<Finding>),
    /// None.
    Nothing,
}

impl Look {
    /// The file, or why there is none that can be used.
    pub fn source(&self) -> Result<Box<Source>, Box<Finding>> {
        match self {
            Self::Given(source) => Ok(source.clone()),
            Self::Unusable(finding) => Err(finding.clone()),
            Self::Nothing => Err(Box::new(Finding::new(&codes::CONTENT_UNUSABLE, "", "the file no longer exists"))),
        }
    }
}

/// The file that the step uploads, if it is still the one that the plan saw.
pub(crate) fn as_planned<'g>(
    given: &'g Result<Box<Source>, Box<Finding>>,
    planned: Option<&ContentFile>,
    subject: &str,
) -> Result<&'g Source, Box<Finding>> {
    match given {
        Ok(source) if Some(&source.file) == planned => Ok(source),
        Ok(source) => {
            let message = format!("{} has changed since the plan was made", source.file.file);
            Err(Box::new(Finding::new(&codes::CONTENT_UNUSABLE, subject, message)))
        }
        Err(finding) => Err(Box::new(Finding { subject: subject.to_owned(), ..(**finding).clone() })),
    }
}

/// Looks for the content of a policy. None where policies of its kind have no content that can be uploaded.
pub fn look(folder: Option<&Folder>, policy_type: &PolicyType, policy: &Policy) -> Option<Look> {
    let (upload, wanted) = policy_type.upload_of(policy)?;
    let Some((folder, wanted)) = folder.zip(wanted) else { return Some(Look::Nothing) };
    let unusable = |message: String, fix: Option<String>| {
        let finding = Finding::new(&codes::CONTENT_UNUSABLE, policy.subject(), message);
        Some(Look::Unusable(Box::new(fix.into_iter().fold(finding, Finding::fix))))
    };
    let path = match folder.find(wanted, &policy_type.name_of(policy)) {
        Found::Nothing => return Some(Look::Nothing),
        Found::Unusable(why, fix) => return unusable(why, Some(fix)),
        Found::File(path) => path,
    };
    let shown = folder.shown(&path);
    match inspect(&path, shown.clone(), wanted, upload, policy) {
        Ok(source) => Some(Look::Given(Box::new(source))),
        Err(why) => unusable(format!("{shown} cannot be used: {why}"), None),
    }
}

fn inspect(path: &Path, shown: String, wanted: &str, upload: &Upload, policy: &Policy) -> Result<Source, String> {
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if metadata.len() == 0 {
        return Err(String::from("the file is empty"));
    }
    let manifest = upload.manifest_of(policy);
    let path = path.to_owned();
    if upload.form == FileForm::Plain {
        let size = metadata.len();
        let sealed_size = encryption::size_of(size).ok_or("the file is too large")?;
        let file = ContentFile { file: shown, size };
        return Ok(Source { file, name: wanted.to_owned(), sealed_size, manifest, path, package: None });
    }
    let package = package::read(&path)?;
    let started =
        upload.setup_file.as_ref().and_then(|at| at.first_in(&policy.body)).and_then(serde_json::Value::as_str);
    if let Some(started) = started.filter(|started| !started.is_empty() && fold(started) != fold(&package.setup)) {
        return Err(format!("the package's setup file is \"{}\", but the policy's is \"{started}\"", package.setup));
    }
    let file = ContentFile { file: shown, size: package.size };
    let (name, sealed_size) = (package.name.clone(), package.entry.size);
    Ok(Source { file, name, sealed_size, manifest, path, package: Some(Box::new(package)) })
}

impl Source {
    /// Begins to read it, block by block. A package is sealed already, whatever the salt.
    pub(crate) fn open(&self, salt: &[u8; SALT]) -> Result<Box<dyn Blocks>, String> {
        match &self.package {
            Some(package) => Ok(Box::new(Packed::new(&self.path, &package.entry, &package.seal)?)),
            None => Ok(Box::new(Sealing::new(&self.path, self.file.size, salt)?)),
        }
    }

    /// Reads a package to its end and holds it against its MAC: better before anything is made than after it was
    /// uploaded. A plain file is what it is.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.package.is_none() {
            let size = std::fs::metadata(&self.path).map_err(|error| error.to_string())?.len();
            return if size == self.file.size {
                Ok(())
            } else {
                Err(String::from("the file has changed since the plan was made"))
            };
        }
        let mut blocks = self.open(&[0; SALT])?;
        while blocks.next()?.is_some() {}
        Ok(())
    }
}
