//! `ui`: the pages in the browser.

use std::path::PathBuf;

use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::open_browser;
use crate::exit::Exit;
use crate::ui::web_view;
use crate::web::Served;

const EXAMPLES: &str = "EXAMPLES:
  Look at the trees in this folder:
    intune-ferry ui

  Show the address instead of opening a browser, on a port that SSH forwards:
    intune-ferry ui backup --no-browser --port 8788

The pages show what is in the folder, and save the decisions of a mapping. They are for this computer only: the address that is shown works \
once, for one browser. Ctrl-C or the page's Stop button ends the command.";

/// Look at trees, policies, differences and reports in the browser
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder with trees, mappings, plans and journals
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub folder: PathBuf,
    /// Local port to listen on [default: a free one]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1024..))]
    pub port: Option<u16>,
}

/// Serves until it is stopped.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    if !args.folder.is_dir() {
        return Err(CliError::usage(format!("{} is not a folder", args.folder.display()))
            .hint("Name the folder that contains your trees, or omit FOLDER for the current one."));
    }
    let served = Served::start(&args.folder, args.port, context).await?;
    let opened = open_browser::open_start(&served.address(), context);
    context.printer.say(&web_view::started(&served.address(), opened));
    served.until_stopped().await;
    Ok(Answer::new(Exit::Done, String::new()))
}
