//! Microsoft Graph and sign-in. Knows nothing of policies.
