//! Sends a person to the browser of this computer, or says which address to open. Not for the sign-in itself.

use std::ffi::OsString;

use super::context::Context;
use crate::config::Profile;
use crate::graph::BrowserPrompt;
use crate::ui::Printer;
use crate::ui::sign_in_view::{self, Page};

/// What tells that a browser would have a screen to appear on.
const SCREENS: [&str; 3] = ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"];

/// Shows a prompt of this tenant's sign-in.
pub fn prompter(profile: &Profile, context: &Context) -> impl Fn(&BrowserPrompt) + Send + Sync + 'static {
    let (printer, tenant, no_browser) = (context.printer.clone(), profile.name.clone(), context.browser.no_browser);
    move |prompt: &BrowserPrompt| show(&printer, &tenant, prompt, no_browser)
}

fn show(printer: &Printer, tenant: &str, prompt: &BrowserPrompt, no_browser: bool) {
    let opened = !no_browser && has_screen(&|name| std::env::var_os(name)) && opens(&prompt.address);
    let page = Page { address: &prompt.address, port: prompt.port, within: prompt.within, opened };
    printer.say(&sign_in_view::page(tenant, &page));
}

/// Opens the start page of the program itself, and says whether it did. Its address works once.
pub fn open_start(address: &str, context: &Context) -> bool {
    !context.browser.no_browser && has_screen(&|name| std::env::var_os(name)) && opens(address)
}

/// Without a screen, what opens a browser may start one in the terminal itself.
fn has_screen(variable: &dyn Fn(&str) -> Option<OsString>) -> bool {
    let is_set = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || SCREENS.iter().any(is_set)
}

/// The address is of a page of this computer that says nothing, or works once: it may be in a list of processes.
fn opens(address: &str) -> bool {
    match open::that_detached(address) {
        Ok(()) => true,
        Err(error) => {
            tracing::debug!(%error, "no browser could be opened");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(any(windows, target_os = "macos")))]
    #[test]
    fn no_browser_is_opened_where_there_is_no_screen() {
        let set = |names: &'static [&str]| move |name: &str| names.contains(&name).then(|| OsString::from(":0"));
        assert!(!has_screen(&set(&["HOME", "SSH_CONNECTION"])));
        assert!(!has_screen(&|_| Some(OsString::new())));
        for one in [&["DISPLAY"], &["WAYLAND_DISPLAY"], &["WSL_DISTRO_NAME"]] {
            assert!(has_screen(&set(one)));
        }
    }
}
