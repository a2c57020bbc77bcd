//! See the library crate `hmi` for what this daemon is responsible for.

use std::{
    io::{BufRead as _, Read as _, Write as _},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Parser as _;
use hmi::{
    App,
    args::{Args, Command},
    messages::Document,
    server, tls,
    users::Users,
};
use shell::exit;
use utoipa::OpenApi as _;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(exit::USAGE) } else { ExitCode::SUCCESS };
        }
    };
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "hmi: {error:#}");
            ExitCode::from(exit::INTERNAL)
        }
    }
}

fn run(args: Args) -> anyhow::Result<()> {
    if args.print_openapi {
        writeln!(std::io::stdout(), "{}", Document::openapi().to_pretty_json()?)?;
        return Ok(());
    }
    if let Some(Command::Passwd { user, role }) = args.command {
        let mut password = String::new();
        std::io::stdin().lock().take(1024).read_line(&mut password).context("standard input")?;
        let (users, _) = Users::open(&args.state_dir)?;
        users.set_password(&user, password.trim_end_matches(['\r', '\n']), role)?;
        return Ok(());
    }
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(serve(args))
}

async fn serve(args: Args) -> anyhow::Result<()> {
    shell::log::init("hmi");
    let app = App::open(&args.run_dir, &args.state_dir, &args.assets)?;
    let tls = tls::config(&args.state_dir)?;
    let listener = tokio::net::TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("--listen {}: cannot listen there", args.listen))?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    shell::notify::ready();
    server::serve(app.router(), listener, tls, shell::shutdown()).await;
    shell::notify::stopping();
    Ok(())
}
