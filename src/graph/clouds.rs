//! The national clouds: which host answers Graph and which one signs in. The only table of these hosts.
//! Hosts that are not here can be given as URLs in the configuration.

use url::Url;

use super::GraphError;

/// One cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloudHosts {
    /// Its name in `ferry.toml`.
    pub name: &'static str,
    graph: &'static str,
    login: &'static str,
    /// What a token from outside must be for, to be exchanged here.
    pub exchange_audience: &'static str,
}

/// All clouds. A token of one is worthless in another.
pub static CLOUDS: [CloudHosts; 4] = [
    CloudHosts {
        name: "global",
        graph: "https://graph.microsoft.com",
        login: "https://login.microsoftonline.com",
        exchange_audience: "api://AzureADTokenExchange",
    },
    CloudHosts {
        name: "us-gov",
        graph: "https://graph.microsoft.us",
        login: "https://login.microsoftonline.us",
        exchange_audience: "api://AzureADTokenExchangeUSGov",
    },
    CloudHosts {
        name: "us-dod",
        graph: "https://dod-graph.microsoft.us",
        login: "https://login.microsoftonline.us",
        exchange_audience: "api://AzureADTokenExchangeUSGov",
    },
    CloudHosts {
        name: "china",
        graph: "https://microsoftgraph.chinacloudapi.cn",
        login: "https://login.chinacloudapi.cn",
        exchange_audience: "api://AzureADTokenExchangeChina",
    },
];

/// Finds a cloud by its name.
pub fn find(name: &str) -> Option<&'static CloudHosts> {
    CLOUDS.iter().find(|cloud| cloud.name == name)
}

/// The first cloud that signs in at this host.
pub fn by_login(login_url: &Url) -> Option<&'static CloudHosts> {
    CLOUDS.iter().find(|cloud| cloud.login_url().is_ok_and(|own| super::host::same_origin(&own, login_url)))
}

impl CloudHosts {
    /// Where Graph answers.
    pub fn graph_url(&self) -> Result<Url, GraphError> {
        parse(self.graph)
    }

    /// Where tokens are asked for.
    pub fn login_url(&self) -> Result<Url, GraphError> {
        parse(self.login)
    }
}

fn parse(text: &str) -> Result<Url, GraphError> {
    Url::parse(text).map_err(|error| GraphError::Setup { message: format!("`{text}` is not a URL: {error}") })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn every_host_is_a_usable_service_url() {
        for cloud in &CLOUDS {
            for url in [cloud.graph_url().unwrap(), cloud.login_url().unwrap()] {
                super::super::host::check(&url, "URL").unwrap();
                assert_eq!(url.scheme(), "https");
            }
        }
    }

    #[test]
    fn the_defence_cloud_shares_the_sign_in_of_the_government_cloud() {
        let (gov, dod) = (find("us-gov").unwrap(), find("us-dod").unwrap());
        assert_eq!(gov.login_url().unwrap(), dod.login_url().unwrap());
        assert_ne!(gov.graph_url().unwrap(), dod.graph_url().unwrap());
        assert!(find("mars").is_none());
    }
}
