//! The certificate of an application that is registered: the one of a file, or a new one with its key, which is written
//! to a file that only the user can read. The key never leaves that file.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::error::{CliError, file_error};
use super::files::check_place;
use crate::exit::Exit;

/// Far more than a certificate with a key and a long chain.
const LARGEST: u64 = 1024 * 1024;

/// A certificate, and where it comes from.
#[derive(Debug)]
pub struct OwnCertificate {
    /// Where it is, or will be.
    pub file: PathBuf,
    /// Its public part.
    pub der: Vec<u8>,
    /// The last day on which it is valid.
    pub until: String,
    /// Whether the file has its key as well, as signing in needs it.
    pub has_key: bool,
    /// What is to be written to the file, where the certificate is new.
    new: Option<SecretString>,
}

impl OwnCertificate {
    /// The certificate of a file; a new one, not yet written, where there is no such file.
    pub fn of(file: &Path, name: &str, days: u16) -> Result<Self, CliError> {
        if std::fs::symlink_metadata(file).is_ok() { Self::read(file) } else { Self::make(file, name, days) }
    }

    /// Whether it was made now.
    pub fn is_new(&self) -> bool {
        self.new.is_some()
    }

    /// What it is called in the application's list: the same for the same certificate, and for no other.
    pub fn label(&self) -> String {
        let digest = Sha256::digest(&self.der);
        let mut label = String::from("intune-ferry ");
        for byte in digest.iter().take(8) {
            let _ = write!(label, "{byte:02x}");
        }
        label
    }

    fn read(file: &Path) -> Result<Self, CliError> {
        let about = std::fs::metadata(file).map_err(|error| file_error("read", file, &error))?;
        if about.len() > LARGEST {
            return Err(CliError::usage(format!("{} is larger than 1 MiB; is it the right file?", file.display())));
        }
        let bytes = std::fs::read(file).map_err(|error| file_error("read", file, &error))?;
        let pems = x509_parser::pem::Pem::iter_from_buffer(&bytes).filter_map(Result::ok);
        let pems: Vec<_> = pems.map(|pem| (pem.label, pem.contents)).collect();
        let has_key = pems.iter().any(|(label, _)| label.ends_with("PRIVATE KEY"));
        let der = pems.into_iter().find(|(label, _)| label == "CERTIFICATE").map_or(bytes, |(_, der)| der);
        let until = until(&der).ok_or_else(|| {
            CliError::usage(format!("{} contains no certificate", file.display()))
                .hint("Name a certificate as PEM or DER (.pem, .cer, .crt), not a .pfx, or a new file to make one.")
        })?;
        Ok(Self { file: file.to_owned(), der, until, has_key, new: None })
    }

    fn make(file: &Path, name: &str, days: u16) -> Result<Self, CliError> {
        check_place(file)?;
        let failed =
            |error: rcgen::Error| CliError::new(Exit::Unexpected, format!("cannot make a certificate: {error}"));
        let size = rcgen::RsaKeySize::_2048;
        let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size).map_err(failed)?;
        let mut params = rcgen::CertificateParams::new(Vec::new()).map_err(failed)?;
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let day = |date: jiff::civil::Date| {
            rcgen::date_time_ymd(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
        };
        let span = |days: i64| jiff::Span::new().days(days);
        // Clocks may differ by a little.
        params.not_before = day(today.saturating_sub(span(1)));
        params.not_after = day(today.saturating_add(span(i64::from(days))));
        let certificate = params.self_signed(&key).map_err(failed)?;
        let der = certificate.der().to_vec();
        let text = format!("{}{}", certificate.pem(), key.serialize_pem());
        let until = until(&der).unwrap_or_default();
        Ok(Self { file: file.to_owned(), der, until, has_key: true, new: Some(text.into()) })
    }

    /// Writes a new one with its key to a new file that only the user can read (on Windows: whoever can read the folder).
    pub fn write(&self) -> Result<(), CliError> {
        let Some(text) = &self.new else { return Ok(()) };
        let failed = |error: std::io::Error| file_error("write", &self.file, &error);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.file).map_err(failed)?;
        file.write_all(text.expose_secret().as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
    }
}

/// The last day of a certificate.
fn until(der: &[u8]) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let ends = jiff::Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()?;
    Some(ends.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::graph::{Certificate, Signature};

    #[test]
    fn a_new_certificate_is_written_once_read_again_and_signs() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ferry.pem");
        let made = OwnCertificate::of(&file, "intune-ferry", 90).unwrap();
        assert!(made.is_new() && !file.exists(), "nothing is written before it is confirmed");
        made.write().unwrap();
        let read = OwnCertificate::of(&file, "other", 1).unwrap();
        assert!(!read.is_new() && read.has_key);
        assert_eq!((&read.der, read.label(), &read.until), (&made.der, made.label(), &made.until));
        // The file is not written over.
        assert!(made.write().is_err());
        let bytes = std::fs::read(&file).unwrap();
        let certificate = Certificate::read(&bytes, None, Signature::Ps256).unwrap();
        assert!(certificate.thumbprint().to_lowercase().starts_with(&made.label()["intune-ferry ".len()..]));
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions()) & 0o777,
            0o600
        );
    }

    #[test]
    fn the_public_part_alone_is_enough_and_anything_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ferry.pem");
        let made = OwnCertificate::of(&file, "intune-ferry", 90).unwrap();
        let der = folder.path().join("ferry.cer");
        std::fs::write(&der, &made.der).unwrap();
        let read = OwnCertificate::of(&der, "", 1).unwrap();
        assert!(!read.has_key && read.label() == made.label());
        std::fs::write(&der, "nothing").unwrap();
        let error = OwnCertificate::of(&der, "", 1).unwrap_err();
        assert!(error.message.contains("no certificate"), "{error}");
        let nowhere = folder.path().join("none/ferry.pem");
        assert_eq!(OwnCertificate::of(&nowhere, "", 1).unwrap_err().exit, Exit::Usage);
    }
}
