//! SQLite's side of the disk: the functions that it calls instead of the operating system's.
#![expect(unsafe_code, reason = "SQLite's interface for file systems is made of C functions and pointers")]

use std::{
    collections::BTreeMap,
    ffi::{CStr, c_char, c_int, c_void},
    ptr, slice,
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak},
};

use rusqlite::ffi;

use crate::disk::{Refused, State};

/// The name of the file system.
pub(crate) const NAME: &str = "brittle";
const C_NAME: &CStr = c"brittle";
/// SQLite asks for shared memory in pieces of this size.
const PIECE: usize = 32 * 1024;

type Shared = Arc<Mutex<State>>;

static DISKS: Mutex<BTreeMap<u64, Weak<Mutex<State>>>> = Mutex::new(BTreeMap::new());
static REGISTERED: Once = Once::new();

/// Makes a disk known; gives its number.
pub(crate) fn mount(state: &Shared) -> u64 {
    REGISTERED.call_once(register);
    let mut disks = lock(&DISKS);
    let id = disks.last_key_value().map_or(1, |(last, _)| last + 1);
    disks.insert(id, Arc::downgrade(state));
    id
}

/// Forgets a disk.
pub(crate) fn unmount(id: u64) {
    lock(&DISKS).remove(&id);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn register() {
    // SAFETY: SQLite's default file system is a static; what is copied of it are plain functions without a state of their own.
    unsafe {
        let default = ffi::sqlite3_vfs_find(ptr::null());
        if default.is_null() {
            return;
        }
        let mut vfs = *default;
        vfs.szOsFile = c_int::try_from(size_of::<Handle>()).unwrap_or(c_int::MAX);
        vfs.pNext = ptr::null_mut();
        vfs.zName = C_NAME.as_ptr();
        vfs.pAppData = ptr::null_mut();
        vfs.xOpen = Some(open);
        vfs.xDelete = Some(delete);
        vfs.xAccess = Some(access);
        vfs.xFullPathname = Some(full_pathname);
        // It is registered for as long as the process lives.
        ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0);
    }
}

/// What SQLite holds of an open file; it allots the memory itself.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    open: *mut Open,
}

struct Open {
    disk: Shared,
    name: String,
    pieces: Vec<Box<[u8]>>,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(set_lock),
    xUnlock: Some(set_lock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// The disk and the file's name on it.
fn find(name: *const c_char) -> Option<(Shared, String)> {
    if name.is_null() {
        return None;
    }
    // SAFETY: SQLite hands names over as C strings.
    let path = unsafe { CStr::from_ptr(name) }.to_str().ok()?;
    let (id, name) = path.trim_start_matches('/').split_once('/')?;
    let disk = lock(&DISKS).get(&id.parse().ok()?)?.upgrade()?;
    Some((disk, name.to_owned()))
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let handle = file.cast::<Handle>();
    // SAFETY: SQLite gives `szOsFile` bytes for the handle, and room for the flags or none.
    unsafe {
        (*handle).base.pMethods = ptr::null();
        let Some((disk, name)) = find(name) else { return ffi::SQLITE_CANTOPEN };
        {
            let mut state = lock(&disk);
            if !state.files.contains_key(&name) {
                if flags & ffi::SQLITE_OPEN_CREATE == 0 {
                    return ffi::SQLITE_CANTOPEN;
                }
                state.files.insert(name.clone(), crate::disk::File::default());
            }
        }
        if !out_flags.is_null() {
            *out_flags = flags;
        }
        (*handle).open = Box::into_raw(Box::new(Open { disk, name, pieces: Vec::new() }));
        (*handle).base.pMethods = &raw const METHODS;
    }
    ffi::SQLITE_OK
}

/// The open file behind a handle.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Open {
    // SAFETY: SQLite calls these functions only between `open` and `close`, one at a time for each handle.
    unsafe { &mut *(*file.cast::<Handle>()).open }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: made by `open`, and closed once.
    drop(unsafe { Box::from_raw((*file.cast::<Handle>()).open) });
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, into: *mut c_void, amount: c_int, at: i64) -> c_int {
    // SAFETY: SQLite gives a buffer of `amount` bytes.
    let (open, into) = unsafe { (opened(file), slice::from_raw_parts_mut(into.cast::<u8>(), size(amount))) };
    let state = lock(&open.disk);
    let seen = state.files.get(&open.name).map_or(&[][..], |file| &file.seen);
    let found = seen.get(place(at)..).unwrap_or(&[]);
    let common = found.len().min(into.len());
    into.fill(0);
    for (into, from) in into.iter_mut().zip(found) {
        *into = *from;
    }
    if common < into.len() { ffi::SQLITE_IOERR_SHORT_READ } else { ffi::SQLITE_OK }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, amount: c_int, at: i64) -> c_int {
    // SAFETY: SQLite gives a buffer of `amount` bytes.
    let (open, from) = unsafe { (opened(file), slice::from_raw_parts(from.cast::<u8>(), size(amount))) };
    match lock(&open.disk).write(&open.name, place(at), from) {
        Ok(()) => ffi::SQLITE_OK,
        Err(Refused::Full) => ffi::SQLITE_FULL,
        Err(Refused::Dead) => ffi::SQLITE_IOERR_WRITE,
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    // SAFETY: see `opened`.
    let open = unsafe { opened(file) };
    let done = lock(&open.disk).truncate(&open.name, place(size));
    done.map_or(ffi::SQLITE_IOERR_TRUNCATE, |()| ffi::SQLITE_OK)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: see `opened`.
    let open = unsafe { opened(file) };
    let done = lock(&open.disk).sync(&open.name);
    done.map_or(ffi::SQLITE_IOERR_FSYNC, |()| ffi::SQLITE_OK)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, out: *mut i64) -> c_int {
    // SAFETY: SQLite gives room for the number.
    unsafe {
        let open = opened(file);
        let length = lock(&open.disk).files.get(&open.name).map_or(0, |file| file.seen.len());
        *out = i64::try_from(length).unwrap_or(i64::MAX);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn set_lock(_: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(_: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: SQLite gives room for the answer.
    unsafe { *out = 0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    512
}

unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    piece: c_int,
    amount: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: SQLite gives room for the pointer; a piece is boxed, so that it stays where it is.
    unsafe {
        let pieces = &mut opened(file).pieces;
        *out = ptr::null_mut();
        if size(amount) > PIECE {
            return ffi::SQLITE_IOERR_SHMMAP;
        }
        while extend != 0 && pieces.len() <= size(piece) {
            pieces.push(vec![0; PIECE].into_boxed_slice());
        }
        if let Some(piece) = pieces.get_mut(size(piece)) {
            *out = piece.as_mut_ptr().cast();
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(_: *mut ffi::sqlite3_file, _: c_int, _: c_int, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: SQLite does not use the pieces any more.
    unsafe { opened(file) }.pieces.clear();
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, _: c_int) -> c_int {
    let Some((disk, name)) = find(name) else { return ffi::SQLITE_IOERR_DELETE };
    let mut state = lock(&disk);
    if state.is_dead() {
        return ffi::SQLITE_IOERR_DELETE;
    }
    state.files.remove(&name);
    ffi::SQLITE_OK
}

unsafe extern "C" fn access(_: *mut ffi::sqlite3_vfs, name: *const c_char, _: c_int, out: *mut c_int) -> c_int {
    let exists =
        find(name).is_some_and(|(disk, name)| lock(&disk).files.get(&name).is_some_and(|f| !f.seen.is_empty()));
    // SAFETY: SQLite gives room for the answer.
    unsafe { *out = c_int::from(exists) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite hands names over as C strings, and gives `room` bytes.
    unsafe {
        let bytes = CStr::from_ptr(name).to_bytes_with_nul();
        if bytes.len() > size(room) {
            return ffi::SQLITE_CANTOPEN;
        }
        ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len());
    }
    ffi::SQLITE_OK
}

fn size(number: c_int) -> usize {
    usize::try_from(number).unwrap_or(0)
}

fn place(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}
