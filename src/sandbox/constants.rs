//! Ids that are the same in every tenant: role templates, Microsoft's own applications, built-in authentication
//! strengths. Facts of the platform, as published.

/// The GUID of nothing.
pub(super) const ZERO: &str = "00000000-0000-0000-0000-000000000000";

/// Role templates that a Conditional Access policy may name (portability.md F: the same in every tenant).
pub(super) const ROLE_TEMPLATES: [&str; 42] = [
    "024906de-61e5-49c8-8572-40335f1e0e10",
    "e6d1a23a-da11-4be4-9570-befc86d067a7",
    "62e90394-69f5-4237-9190-012177145e10",
    "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "194ae4cb-b126-40b2-bd5b-6091b380977d",
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "158c047a-c907-4556-b7ef-446551a6b5f7",
    "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "b0f54661-2d74-4c50-afa3-1ec803f12efe",
    "c4e39bd9-1100-46d3-8c65-fb160da0071f",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    "966707d0-3269-4727-9be2-8c3a10f19b9d",
    "3a2c62db-5318-420d-8d74-23affee5d9d5",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "5d6b6bb7-de71-4623-b4af-96380a352509",
    "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f",
    "17315797-102d-40b4-93e0-432062caca18",
    "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2",
    "69091246-20e8-4a56-aa4d-066075b2a7a8",
    "fdd7a751-b60b-444a-984c-02652fe8fa1c",
    "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
    "d29b2b05-8046-44ba-8758-1e26182fcf32",
    "7698a772-787b-4ac8-901f-60d6b08affd2",
    "45d8d3c5-c802-45c6-b32a-1d70b5e1e86e",
    "8329153b-31d0-4727-b945-745eb3bc5f31",
    "be2f45a1-457d-42af-a067-6ec1fa63bc45",
    "cf1c38e5-3621-4004-a7cb-879624dced7c",
    "0526716b-113d-4c15-b2c8-68e3c22b9f80",
    "e3973bdf-4987-49ae-837a-ba8e231c7286",
    "4a5d8f65-41da-4de4-8968-e035b65339cf",
    "11648597-926c-4cf3-9c36-bcebb0ba8dcc",
    "a9ea8996-122f-4c74-9520-8edcd192826c",
    "4d6ac14f-3453-41d0-bef9-a3e0c569773a",
    "95e79109-95c0-4d8e-aee3-d01accf2d47b",
    "44367163-eba1-44c3-98af-f5787879f96a",
    "74ef975b-6605-40af-a5d2-b9539d836353",
    "2b745bdf-0803-4d80-aa65-822c4493daac",
    "d2562ede-74db-457e-a7b6-544e236ebb61",
];

/// Names that stand for several applications.
pub(super) const APPLICATION_NAMES: [&str; 5] =
    ["All", "None", "Office365", "MicrosoftAdminPortals", "AllAgentIdResources"];

/// Applications of Microsoft that every tenant knows.
pub(super) const MICROSOFT_APPLICATIONS: [&str; 17] = [
    "00000002-0000-0000-c000-000000000000",
    "00000002-0000-0ff1-ce00-000000000000",
    "00000003-0000-0000-c000-000000000000",
    "00000003-0000-0ff1-ce00-000000000000",
    "00000007-0000-0000-c000-000000000000",
    "0000000a-0000-0000-c000-000000000000",
    "d4ebce55-015a-49b5-a083-c84d1797ae8c",
    "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe",
    "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
    "0af06dc6-e4b5-4f28-818e-e78e62d137a5",
    "9cdead84-a844-4324-93f2-b2e6bb768d07",
    "270efc09-cd0d-444b-a71f-39af4910ec45",
    "a4a365df-50f1-4397-bc59-1a1564b8bb9c",
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    "1fec8e78-bce4-4aaf-ab1b-5451cc387264",
    "1b3c667f-cde3-4090-b60b-3d2abd0117f0",
];

/// Built-in authentication strengths: id, name, combinations.
pub(super) const STRENGTHS: [(&str, &str, &[&str]); 3] = [
    (
        "00000000-0000-0000-0000-000000000002",
        "Multifactor authentication",
        &[
            "windowsHelloForBusiness",
            "fido2",
            "x509CertificateMultiFactor",
            "deviceBasedPush",
            "temporaryAccessPassOneTime",
            "password,microsoftAuthenticatorPush",
            "password,softwareOath",
            "password,sms",
            "password,voice",
        ],
    ),
    (
        "00000000-0000-0000-0000-000000000003",
        "Passwordless MFA",
        &["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor", "deviceBasedPush"],
    ),
    (
        "00000000-0000-0000-0000-000000000004",
        "Phishing-resistant MFA",
        &["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"],
    ),
];
