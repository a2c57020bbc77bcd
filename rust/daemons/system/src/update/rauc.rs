//! RAUC, over D-Bus. It alone writes sides and speaks to the firmware; whoever may ask it is the bus's policy.

use std::{collections::BTreeMap, path::Path, time::Duration};

use api::{
    system::Side,
    update::{Code, Refused, SideState, SideStatus},
};
use futures_util::{StreamExt as _, stream::BoxStream};
use rauc::{
    GetSlotStatusInfo, InspectBundleArgs, InstallBundleArgs, InstallationResult, InstallerProxy, MarkState, Operation,
    SlotBootStatus, SlotIdentifier, SlotInstallationStatus, SlotState,
};
use tokio::time::{Instant, interval_at, timeout};
use update::{Bundle, Inspection};
use zbus::{Connection, proxy::CacheProperties};

use super::write::NotWritten;

/// An answer, including the look at a bundle's signature, takes at most so long.
const PATIENCE: Duration = Duration::from_mins(1);
/// While a side is written RAUC is asked so often whether it still does.
const STILL: Duration = Duration::from_secs(5);
/// A side takes at most so long.
const LONGEST: Duration = Duration::from_hours(1);

type Slots = Vec<(String, GetSlotStatusInfo)>;

/// A connection for one conversation: RAUC may be restarted at any time.
async fn open() -> Result<InstallerProxy<'static>, String> {
    let open = async {
        let bus = Connection::system().await?;
        // What is asked is what is so now.
        InstallerProxy::builder(&bus).cache_properties(CacheProperties::No).build().await
    };
    within(open).await.map_err(|why| format!("RAUC cannot be reached over D-Bus: {why}"))
}

async fn within<T>(call: impl Future<Output = zbus::Result<T>>) -> Result<T, String> {
    match timeout(PATIENCE, call).await {
        Ok(answer) => answer.map_err(|error| words(&error)),
        Err(_) => Err(format!("RAUC did not answer within {} s", PATIENCE.as_secs())),
    }
}

/// RAUC's own words, without the bus's.
fn words(error: &zbus::Error) -> String {
    match error {
        zbus::Error::MethodError(_, Some(text), _) => text.clone(),
        other => other.to_string(),
    }
}

/// Looks at a bundle: its signature, and what it says of itself.
pub(super) async fn inspect(path: &Path) -> Result<Inspection, Refused> {
    let unreachable = |reason| Refused { code: Code::Unavailable, reason };
    let rauc = open().await.map_err(unreachable)?;
    let compatible = within(rauc.compatible()).await.map_err(unreachable)?;
    let source = path.to_string_lossy();
    let info = within(rauc.inspect_bundle(&source, InspectBundleArgs::default()))
        .await
        .map_err(|reason| Refused { code: code_of(&reason), reason })?;
    let update = info.update;
    let bundle = Bundle {
        version: update.version.unwrap_or_default(),
        compatible: update.compatible,
        description: update.description,
        manifest_hash: info.manifest_hash,
    };
    Ok(Inspection { bundle, compatible })
}

/// RAUC tells why in words only.
fn code_of(words: &str) -> Code {
    let words = words.to_ascii_lowercase();
    let has = |part: &str| words.contains(part);
    if has("no such file") {
        Code::Source
    } else if has("verification failed") || has("verify error") || has("certificate") {
        Code::Signature
    } else if has("did not answer") || has("cannot be reached") {
        Code::Unavailable
    } else {
        Code::Damaged
    }
}

/// Writes a bundle to the other side, and tells how far it is; with a manifest hash only if it is that one's.
pub(super) async fn install(
    path: &Path,
    transaction: &str,
    manifest_hash: Option<String>,
    told: impl FnMut(u8, String),
) -> Result<(), NotWritten> {
    let rauc = open().await.map_err(NotWritten::Failed)?;
    let completed = completed(&rauc).await.map_err(NotWritten::Failed)?;
    let bound = manifest_hash.is_some();
    let args = InstallBundleArgs {
        transaction_id: Some(transaction.to_owned()),
        require_manifest_hash: manifest_hash,
        ..InstallBundleArgs::default()
    };
    let begun = within(rauc.install_bundle(&path.to_string_lossy(), args)).await;
    begun.map_err(|words| {
        if bound && words.contains("require-manifest-hash") {
            NotWritten::CannotBind
        } else {
            NotWritten::Failed(words)
        }
    })?;
    wait(&rauc, transaction, completed, told).await.map_err(NotWritten::Failed)
}

/// Waits for what was begun by this program's predecessor, or finds out how it ended.
pub(super) async fn attend(transaction: &str, told: impl FnMut(u8, String)) -> Result<(), String> {
    let rauc = open().await?;
    let completed = completed(&rauc).await?;
    match within(rauc.operation()).await? {
        Operation::Installing => wait(&rauc, transaction, completed, told).await,
        Operation::Idle => ended(&rauc, transaction).await,
    }
}

/// How installations end, from now on.
async fn completed(rauc: &InstallerProxy<'static>) -> Result<BoxStream<'static, InstallationResult>, String> {
    let signals = within(rauc.receive_completed()).await?;
    Ok(signals.filter_map(|signal| async move { Some(*signal.args().ok()?.result()) }).boxed())
}

async fn wait(
    rauc: &InstallerProxy<'static>,
    transaction: &str,
    mut completed: BoxStream<'static, InstallationResult>,
    mut told: impl FnMut(u8, String),
) -> Result<(), String> {
    let begun = Instant::now();
    let mut progress = rauc.receive_progress_changed().await;
    let mut still = interval_at(begun + STILL, STILL);
    loop {
        tokio::select! {
            end = completed.next() => {
                return match end {
                    Some(InstallationResult::Success) => Ok(()),
                    Some(InstallationResult::Failure(code)) => Err(last_error(rauc, code).await),
                    None => ended(rauc, transaction).await,
                };
            }
            Some(change) = progress.next() => {
                if let Ok(now) = change.get().await {
                    told(u8::try_from(now.percentage.clamp(0, 100)).unwrap_or(0), now.message);
                }
            }
            _ = still.tick() => {
                // A RAUC that was restarted has forgotten what it was doing, and sends no signal.
                if within(rauc.operation()).await? == Operation::Idle
                    && timeout(STILL, completed.next()).await.is_err()
                {
                    return ended(rauc, transaction).await;
                }
                if begun.elapsed() > LONGEST {
                    return Err(format!("RAUC is not done after {} minutes", LONGEST.as_secs() / 60));
                }
            }
        }
    }
}

async fn last_error(rauc: &InstallerProxy<'static>, code: i32) -> String {
    match within(rauc.last_error()).await {
        Ok(words) if !words.is_empty() => words,
        _ => format!("RAUC failed with code {code}"),
    }
}

/// What the slots say of a transaction that no longer runs: it is whole if each slot of the side says so.
async fn ended(rauc: &InstallerProxy<'static>, transaction: &str) -> Result<(), String> {
    let slots = within(rauc.get_slot_status()).await?;
    let other = slots.iter().filter(|(_, slot)| slot.state == Some(SlotState::Inactive) && slot.bootname.is_some());
    let whole = |slot: &GetSlotStatusInfo| {
        slot.installed_transaction.as_deref() == Some(transaction) && slot.status == Some(SlotInstallationStatus::Ok)
    };
    let mut any = false;
    for (name, slot) in other {
        any = true;
        let parts = slots.iter().filter(|(_, part)| part.parent.as_ref() == Some(name)).map(|(_, part)| part);
        if let Some(part) = parts.chain([slot]).find(|part| !whole(part)) {
            return Err(format!("RAUC was restarted while it wrote; {} is not whole", part.device));
        }
    }
    if any { Ok(()) } else { Err("RAUC was restarted, and knows of no other side".to_owned()) }
}

/// Tells the firmware that the side which runs is good, if it does not know.
pub(super) async fn mark_good() -> Result<(), String> {
    let rauc = open().await?;
    let slots = within(rauc.get_slot_status()).await?;
    let booted = slots.iter().find(|(_, slot)| slot.state == Some(SlotState::Booted) && slot.bootname.is_some());
    let primary = within(rauc.get_primary()).await.ok();
    if let Some((name, slot)) = booted
        && primary.as_ref() == Some(name)
        && slot.boot_status == Some(SlotBootStatus::Good)
    {
        return Ok(());
    }
    let marked = within(rauc.mark(MarkState::Good, &SlotIdentifier::Booted)).await?;
    tracing::info!(slot = marked.slot_name, message = marked.message, "marked good");
    Ok(())
}

/// Both sides.
pub(super) async fn sides() -> Result<Vec<SideState>, String> {
    let rauc = open().await?;
    let slots = within(rauc.get_slot_status()).await?;
    // Without boot variables nobody is first.
    let primary = within(rauc.get_primary()).await.unwrap_or_default();
    Ok(sides_of(slots, &primary))
}

fn sides_of(slots: Slots, primary: &str) -> Vec<SideState> {
    let mut sides = BTreeMap::new();
    for (name, slot) in slots {
        let side = match slot.bootname.as_deref() {
            Some("a") => Side::A,
            Some("b") => Side::B,
            _ => continue,
        };
        let status = match slot.boot_status {
            Some(SlotBootStatus::Good) => SideStatus::Good,
            Some(SlotBootStatus::Bad) => SideStatus::Bad,
            Some(SlotBootStatus::Unknown) | None => SideStatus::Unknown,
        };
        let (version, installed_at) = (slot.bundle_version, slot.installed_timestamp);
        sides.insert(side == Side::B, SideState { side, status, primary: name == primary, version, installed_at });
    }
    sides.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_apart_by_words() {
        for (words, code) in [
            ("signature verification failed: Verify error: unable to get local issuer certificate", Code::Signature),
            ("Failed to open bundle: No such file or directory", Code::Source),
            ("Signature size (8317) exceeds bundle size", Code::Damaged),
            ("Invalid identifier. Did you pass a valid RAUC bundle?", Code::Damaged),
            ("RAUC did not answer within 60 s", Code::Unavailable),
        ] {
            assert_eq!(code_of(words), code, "{words}");
        }
    }
}
