//! A certificate in one of Windows's stores: its key signs there and never leaves it, whether it could be exported or
//! not. Elsewhere there are no such stores, and that is what is said.

use super::certificate::{Certificate, Signature};

/// Where a certificate is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorePlace<'a> {
    /// Of the computer rather than of the user.
    pub of_machine: bool,
    /// The store, such as `My`.
    pub store: &'a str,
    /// The SHA-1 thumbprint.
    pub thumbprint: [u8; 20],
}

impl Certificate {
    /// Finds the certificate with a key that this user may use. The error says what is wrong, and what to do.
    #[cfg(windows)]
    pub fn stored(place: &StorePlace<'_>, signature: Signature) -> Result<Self, String> {
        use rustls_cng::key::AlgorithmGroup;
        use rustls_cng::store::{CertStore, CertStoreType};

        let kind = if place.of_machine { CertStoreType::LocalMachine } else { CertStoreType::CurrentUser };
        let store =
            CertStore::open(kind, place.store).map_err(|error| format!("the store cannot be opened: {error}"))?;
        let found =
            store.find_by_sha1(place.thumbprint).map_err(|error| format!("the store cannot be read: {error}"))?;
        let context = found.first().ok_or("the store has no certificate with this thumbprint")?;
        // No window may appear in a run without a user.
        let key = context
            .acquire_key(true)
            .map_err(|error| format!("the private key cannot be used by this account: {error}"))?;
        if !key.algorithm_group().is_ok_and(|group| group == AlgorithmGroup::Rsa) {
            return Err(
                "its private key is not an RSA key; Microsoft Entra accepts RSA certificates for applications".into()
            );
        }
        Self::with_signer(std::sync::Arc::new(windows::StoredKey(key)), context.as_der().to_vec(), signature)
    }

    /// There are no such stores here.
    #[cfg(not(windows))]
    pub fn stored(_place: &StorePlace<'_>, _signature: Signature) -> Result<Self, String> {
        Err("certificate stores exist on Windows only; use certificate_path on this computer".to_owned())
    }
}

#[cfg(windows)]
mod windows {
    use aws_lc_rs::digest::{SHA256, digest};
    use rustls_cng::key::{NCryptKey, SignaturePadding};

    use super::super::certificate::{Signature, SigningKey};
    use super::super::refusal::NoToken;

    /// A key that Windows keeps.
    pub(super) struct StoredKey(pub(super) NCryptKey);

    impl SigningKey for StoredKey {
        fn sign(&self, signature: Signature, text: &[u8]) -> Result<Vec<u8>, NoToken> {
            let padding = match signature {
                Signature::Ps256 => SignaturePadding::Pss,
                Signature::Rs256 => SignaturePadding::Pkcs1,
            };
            let hash = digest(&SHA256, text);
            let failed = |error| NoToken::Final(format!("Windows does not sign with the certificate's key: {error}"));
            self.0.sign(hash.as_ref(), padding).map_err(failed)
        }
    }
}

#[cfg(all(test, not(windows)))]
mod tests {
    use super::*;

    #[test]
    fn where_there_is_no_store_that_is_said() {
        let place = StorePlace { of_machine: false, store: "My", thumbprint: [0; 20] };
        let error = Certificate::stored(&place, Signature::Ps256).err();
        assert!(error.is_some_and(|error| error.contains("Windows only") && error.contains("certificate_path")));
    }
}
