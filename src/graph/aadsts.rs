//! What the sign-in service's numbers mean, in plain sentences. The numbers are stable, its texts are not.

/// The sentence for an AADSTS number, where it is known.
pub fn sentence(code: u32) -> Option<&'static str> {
    SENTENCES.iter().find(|(codes, _)| codes.contains(&code)).map(|(_, sentence)| *sentence)
}

/// The numbers that say that a consent is missing, and nothing else.
pub(super) const LACKS_CONSENT: [u32; 4] = [65_001, 90_093, 90_094, 90_095];

/// Whether the consent of an administrator would help.
pub(super) fn is_about_consent(code: u32) -> bool {
    LACKS_CONSENT.contains(&code) || code == 65_004
}

const SENTENCES: &[(&[u32], &str)] = &[
    (&[50_001, 500_011], "the tenant does not have the requested resource; check the cloud"),
    (&[50_034], "the user does not exist in this tenant; check tenant_id, or sign in as another user"),
    (&[50_053], "the account is locked after too many attempts; wait, then try again"),
    (&[50_055], "the password has expired; change it first"),
    (&[50_057], "the account is disabled; an administrator can enable it"),
    (&[50_058], "a silent sign-in is not possible; sign in interactively"),
    (&[50_076, 50_079, 50_158], "multifactor authentication is required; sign in interactively"),
    (&[50_105], "the user is not assigned to the application; assign it under Enterprise applications"),
    (&[50_126], "the user name or password is wrong"),
    (&[50_173], "the earlier sign-in was revoked; sign in again"),
    (&[50_196], "the service received too many identical requests; wait a few minutes"),
    (&[50_199], "the user must confirm the sign-in, which is not possible with a device code; use auth = \"browser\""),
    (&[53_000], "conditional access blocks the sign-in: use a compliant device, or sign in as an application"),
    (
        &[53_001],
        "conditional access blocks the sign-in: use a device joined to the domain, or sign in as an application",
    ),
    (
        &[53_002],
        "conditional access blocks the sign-in: only approved applications are allowed; sign in as an application",
    ),
    (
        &[53_003],
        "conditional access blocks the sign-in; many tenants block device codes: use auth = \"browser\", or sign in as an application",
    ),
    (&[530_003], "conditional access blocks the sign-in: use a managed device, or sign in as an application"),
    (&[530_036], "conditional access blocks device codes in this tenant; use auth = \"browser\""),
    (
        &[50_011, 500_113],
        "the app registration does not accept the answer address; add http://localhost under Authentication, Mobile and desktop applications",
    ),
    (&[54_005], "the authorization code was already used; sign in again"),
    (&[65_001], "consent is missing; an administrator must grant the permissions to the app registration"),
    (&[65_004], "consent was declined; sign in again and accept, or have an administrator grant it"),
    (&[70_002, 7_000_215], "the client secret is wrong; copy the secret's value, not its ID"),
    (&[70_011, 1_002_012], "the service refuses the requested scope; check cloud and graph_url"),
    (&[70_016], "the sign-in has not been completed yet; enter the code in the browser"),
    (&[70_020], "the code has expired; start the sign-in again"),
    (
        &[70_021, 700_021, 700_211, 700_212, 700_213],
        "no federated credential of the app registration matches; add one with exactly this issuer, subject and audience",
    ),
    (&[90_093, 90_094, 90_095], "the permissions need the consent of an administrator, which the user cannot give"),
    (&[90_002, 900_023], "the tenant is unknown; check tenant_id and the cloud"),
    (&[90_009], "an application cannot request a token for itself; check client_id"),
    (&[700_082, 700_084], "the earlier sign-in has expired; sign in again"),
    (&[501_481, 501_491], "the sign-in service does not recognize the sign-in that it was started with; sign in again"),
    (&[700_016], "the tenant does not know the application; check client_id and tenant_id"),
    (&[700_024], "the client assertion is outside its time range; check the clock of this computer"),
    (&[700_023], "the client assertion is for another sign-in address; check tenant_id, cloud and login_url"),
    (
        &[700_027],
        "the certificate is not registered with the app registration, or no longer; upload it under Certificates & secrets",
    ),
    (&[7_000_112], "the application is disabled; enable it under Enterprise applications"),
    (
        &[7_000_218],
        "the application requires a secret; for a user's sign-in, add http://localhost under Authentication, Mobile and desktop applications, and set Allow public client flows to Yes",
    ),
    (&[7_000_222], "the client secret has expired; create a new one in the app registration"),
    (&[9_002_313], "the sign-in request is malformed; check tenant_id and client_id"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_one_sentence() {
        let mut all: Vec<u32> = SENTENCES.iter().flat_map(|(codes, _)| codes.iter().copied()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn a_wrong_and_an_expired_secret_are_told_apart() {
        assert!(sentence(7_000_215).is_some_and(|text| text.contains("wrong")));
        assert!(sentence(7_000_222).is_some_and(|text| text.contains("expired")));
        assert_eq!(sentence(1), None);
    }
}
