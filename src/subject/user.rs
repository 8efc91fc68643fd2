//! Another user to run the command as: ids, groups and the four variables that name the user.

use super::SpawnError;
use crate::sys::identity::Ids;
use nix::unistd::{Group, Uid, User, getgrouplist};
use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStrExt;

/// A user as named on the command line: a name, or `#` and a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserName(pub String);

/// A user that was found.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) ids: Ids,
    name: String,
    home: OsString,
    shell: OsString,
}

impl UserName {
    pub(super) fn look_up(&self) -> Result<Account, SpawnError> {
        let unknown = || SpawnError::NoSuchUser(self.0.clone());
        let found = match self.0.strip_prefix('#') {
            Some(number) => User::from_uid(Uid::from_raw(number.parse().map_err(|_| unknown())?)),
            None => User::from_name(&self.0),
        };
        let user = found.ok().flatten().ok_or_else(unknown)?;
        let name = CString::new(user.name.clone()).map_err(|_| unknown())?;
        let groups = getgrouplist(&name, user.gid).map_err(|_| unknown())?;
        Ok(Account {
            ids: Ids {
                uid: user.uid.as_raw(),
                gid: user.gid.as_raw(),
                groups: groups.into_iter().map(nix::unistd::Gid::as_raw).collect(),
            },
            name: user.name,
            home: user.dir.into(),
            shell: user.shell.into(),
        })
    }
}

impl Account {
    /// The environment with HOME, USER, LOGNAME and SHELL of this user; everything else, PATH too, stays.
    pub(super) fn environment(&self, base: Vec<CString>) -> Vec<CString> {
        let own = [
            ("HOME", self.home.as_bytes()),
            ("USER", self.name.as_bytes()),
            ("LOGNAME", self.name.as_bytes()),
            ("SHELL", self.shell.as_bytes()),
        ];
        let names = |entry: &CString| {
            let key = entry.as_bytes().split(|b| *b == b'=').next().unwrap_or_default();
            own.iter().any(|(name, _)| name.as_bytes() == key)
        };
        let mut environment: Vec<CString> = base.into_iter().filter(|entry| !names(entry)).collect();
        environment.extend(own.iter().filter_map(|(name, value)| {
            CString::new([name.as_bytes(), b"=", value].concat()).ok() // from passwd: without NUL
        }));
        environment
    }

    /// Whether this process already is that user, so that there is nothing to take on.
    pub(super) fn is_current(&self) -> bool {
        let mut wanted = self.ids.groups.clone();
        wanted.sort_unstable();
        let mut groups: Vec<_> =
            nix::unistd::getgroups().unwrap_or_default().into_iter().map(nix::unistd::Gid::as_raw).collect();
        groups.push(nix::unistd::getegid().as_raw());
        groups.sort_unstable();
        groups.dedup();
        let same = |a: Uid| a.as_raw() == self.ids.uid;
        same(nix::unistd::getuid()) && same(nix::unistd::geteuid()) && groups == wanted
    }

    /// `name (uid 33, gid 33 www-data)`, for messages.
    pub(super) fn describe(&self) -> String {
        let group = Group::from_gid(nix::unistd::Gid::from_raw(self.ids.gid)).ok().flatten();
        let group = group.map_or(String::new(), |g| format!(" {}", g.name));
        format!("{} (uid {}, gid {}{group})", self.name, self.ids.uid, self.ids.gid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_name_and_by_number() {
        let by_name = UserName("root".into()).look_up().unwrap();
        let by_number = UserName("#0".into()).look_up().unwrap();
        assert_eq!(by_name.ids.uid, 0);
        assert_eq!(by_number.name, "root");
        for unknown in ["no-such-user-here", "#4000000000", "#x", ""] {
            assert!(UserName(unknown.into()).look_up().is_err(), "{unknown}");
        }
    }

    #[test]
    fn only_the_variables_that_name_the_user_change() {
        let root = UserName("root".into()).look_up().unwrap();
        let base = ["HOME=/elsewhere", "PATH=/bin", "HOMES=x", "odd"].map(|e| CString::new(e).unwrap()).to_vec();
        let after = root.environment(base);
        let after: Vec<&str> = after.iter().map(|e| e.to_str().unwrap()).collect();
        assert!(after.starts_with(&["PATH=/bin", "HOMES=x", "odd"]), "{after:?}");
        assert!(after.contains(&"USER=root") && after.contains(&"LOGNAME=root"), "{after:?}");
        assert_eq!(after.iter().filter(|e| e.starts_with("HOME=")).count(), 1);
        assert!(!after.contains(&"HOME=/elsewhere"));
    }
}
