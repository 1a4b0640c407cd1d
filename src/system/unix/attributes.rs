//! What a folder has beside its files: owner, group, mode, and extended attributes, access lists among them.

use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};

/// Read, write and search for the owner, without which nothing can be made in a folder.
const WORKABLE: u32 = 0o700;

/// Gives a folder what another has, or fails where that can't be had; when `workable`, with all that its owner needs
/// to make something in it: what is made there takes over a group (`setgid`) and a default access list.
pub fn take_over(from: &File, to: &File, workable: bool) -> io::Result<()> {
    let (wanted, found) = (from.metadata()?, to.metadata()?);
    let owner = (wanted.uid() != found.uid()).then_some(wanted.uid());
    let group = (wanted.gid() != found.gid()).then_some(wanted.gid());
    if owner.is_some() || group.is_some() {
        fchown(to, owner, group)?;
    }
    extended::take_over(from, to)?;
    // Last: another owner takes some of the bits away, and so does an access list.
    let mode = bits(&wanted) | if workable { WORKABLE } else { 0 };
    if bits(&to.metadata()?) != mode {
        to.set_permissions(Permissions::from_mode(mode))?;
    }
    // The system leaves `setgid` out for a group that the user isn't in, and says nothing.
    if bits(&to.metadata()?) == mode { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

fn bits(data: &Metadata) -> u32 {
    data.mode() & 0o7777
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod extended {
    use std::collections::BTreeMap;
    use std::ffi::CString;
    use std::fs::File;
    use std::io;

    use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr};
    use rustix::io::Errno;

    type Attributes = BTreeMap<CString, Vec<u8>>;

    /// The most bytes that the names, or one value, may have (`XATTR_LIST_MAX`, `XATTR_SIZE_MAX`).
    const MOST_BYTES: usize = 64 << 10;

    pub fn take_over(from: &File, to: &File) -> io::Result<()> {
        let (wanted, found) = (all(from)?, all(to)?);
        for (name, value) in &wanted {
            if found.get(name) != Some(value) {
                fsetxattr(to, name.as_c_str(), value, XattrFlags::empty())?;
            }
        }
        for name in found.keys().filter(|name| !wanted.contains_key(*name)) {
            fremovexattr(to, name.as_c_str())?;
        }
        Ok(())
    }

    fn all(folder: &File) -> io::Result<Attributes> {
        // Nearly every folder has none, and each folder of an output is asked.
        match flistxattr(folder, &mut [0_u8; 1][..]) {
            Ok(0) | Err(Errno::NOTSUP) => return Ok(Attributes::new()),
            Ok(_) | Err(Errno::RANGE) => {}
            Err(error) => return Err(error.into()),
        }
        let mut buffer = vec![0; MOST_BYTES];
        let length = flistxattr(folder, &mut buffer[..])?;
        let names = buffer[..length].split_inclusive(|byte| *byte == 0);
        let names: Vec<CString> = names.filter_map(|name| CString::from_vec_with_nul(name.to_vec()).ok()).collect();
        let mut attributes = Attributes::new();
        for name in names {
            match fgetxattr(folder, name.as_c_str(), &mut buffer[..]) {
                Ok(length) => {
                    attributes.insert(name, buffer[..length].to_vec());
                }
                // Gone since, or not for this user to see.
                Err(Errno::NODATA | Errno::ACCESS | Errno::PERM) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(attributes)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod extended {
    pub fn take_over(_: &std::fs::File, _: &std::fs::File) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    fn take_over(from: &Path, to: &Path, workable: bool) {
        let open = |path: &Path| File::open(path).expect("there");
        super::take_over(&open(from), &open(to), workable).expect("our own");
    }

    fn mode(path: &Path) -> u32 {
        bits(&fs::metadata(path).expect("there"))
    }

    #[test]
    fn a_new_folder_gets_what_the_standing_one_has() {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for path in [&from, &to] {
            fs::create_dir(path).expect("room");
        }
        fs::set_permissions(&from, Permissions::from_mode(0o2551)).expect("our own");
        take_over(&from, &to, true);
        assert_eq!(mode(&to), 0o2751);
        fs::create_dir(to.join("inner")).expect("still writable");
        take_over(&from, &to, false);
        assert_eq!(mode(&to), 0o2551);
        // A folder made in it has its group as well.
        #[cfg(target_os = "linux")]
        assert_eq!(mode(&to.join("inner")) & 0o2000, 0o2000);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn extended_attributes_are_those_of_the_standing_one() {
        use rustix::fs::{XattrFlags, getxattr, listxattr, setxattr};
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for path in [&from, &to] {
            fs::create_dir(path).expect("room");
        }
        let set = |path: &Path, name: &str| setxattr(path, name, b"1", XattrFlags::empty());
        if set(&from, "user.kept") == Err(rustix::io::Errno::NOTSUP) {
            return;
        }
        set(&to, "user.gone").expect("as the other");
        take_over(&from, &to, false);
        let mut buffer = [0; 64];
        let length = listxattr(&to, &mut buffer[..]).expect("there");
        assert_eq!(&buffer[..length], b"user.kept\0");
        assert_eq!(getxattr(&to, "user.kept", &mut buffer[..]), Ok(1));
    }
}
