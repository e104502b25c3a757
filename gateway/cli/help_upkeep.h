// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace msggw::cli {

// What stands below the options of backup, restore, store, export and import in --help.

inline constexpr std::string_view kBackupFooter =
    R"(Copies the store, also beside a running gateway: all that was committed when it begins, and nothing since. Says before
how large it will be at most, and makes nothing if the disk has no room for it. The folder is to be new or empty; it
holds data.mdb, and backup.json, which is made last: without it there is no backup. The configuration, certificates and
policies are not in it, nor is the key that PSKs of devices are encrypted with, unless --with-key says so: keep that key
elsewhere, since a backup without it has no PSKs, and with it all of them.

Without -c and --dir it is the folder of /etc/msggw/msggw.toml, or the default one where there is no such file.

Examples:
  msggw backup /srv/backup/2026-11-30 -c /etc/msggw/msggw.toml
  msggw backup /srv/backup/pf-2026-11-30 --pf -c /etc/msggw/msggw.toml
  msggw backup /mnt/slow/now --rate 20MiB --json

Exit codes: 0 it is made and on disk, 1 it is not, 2 wrong command line or configuration.)";

inline constexpr std::string_view kRestoreFooter =
    R"(Puts a backup into the folder of a gateway that does not run. Before anything changes, the backup is looked at as a
whole: its checksum, its format, every row, and whether a gateway would start with it. A store that is there already is
replaced by --replace alone, and kept in a folder within. As root it makes all files those of the folder's owner.

Devices that were given their Service IDs since the backup ask again and get the same ones, if the Provisioning Function
was not restored; handles given since are answered by 4.04; messages accepted since are lost, and those that had gone
since go once more. See docs/backup.md.

Examples:
  msggw restore /srv/backup/2026-11-30 --check -c /etc/msggw/msggw.toml
  msggw restore /srv/backup/2026-11-30 -c /etc/msggw/msggw.toml
  msggw restore /srv/backup/pf-2026-11-30 --pf --replace -c /etc/msggw/msggw.toml

Exit codes: 0 it is in place and on disk (--check: it is good), 1 nothing has changed, 2 wrong command line or
configuration.)";

inline constexpr std::string_view kStoreFooter =
    R"(check reads every row and says what a start would say, also beside a running gateway. compact gives back the room that
lies free in data.mdb; upgrade makes a store of an older format one of this version, as the next start would. Both need the
gateway to be stopped, and leave a store that is damaged as it is.

Examples:
  msggw store check -c /etc/msggw/msggw.toml
  msggw store check --pf -c /etc/msggw/msggw.toml
  msggw store compact --dir /tmp/first
  msggw store upgrade -c /etc/msggw/msggw.toml

Exit codes: 0 the store is good (compact, upgrade: it is done), 1 it is not, each fault is named, or it is in use, 2 wrong
command line or configuration.)";

inline constexpr std::string_view kExportFooter =
    R"(Writes all that each device is, one JSON object a line, also beside a running gateway: Private IDs, Service ID, its
registrations and times, and what the operator said of it. With --credentials also what it proves by who it is, PSKs IN
CLEAR: whoever has the file is these devices. FILE must not be there, and is of mode 0600; - is standard output.
With --pf: the assignments of a Provisioning Function.

Examples:
  msggw export devices.jsonl -c /etc/msggw/msggw.toml
  msggw export - --pf -c /etc/msggw/msggw.toml | grep meter-42
  msggw export /root/all.jsonl --credentials

Exit codes: 0 all is written, 1 it is not, 2 wrong command line or configuration.)";

inline constexpr std::string_view kImportTableFooter =
    R"(Takes what `msggw export` wrote into a gateway that has no device and does not run: all of it, or nothing. The table is the
same then; PSKs are encrypted with this gateway's own key. Handles of before are answered by 4.04, and the devices register
anew. (A list of devices to be added to a running gateway: msggw devices import.)
With --pf assignments are added to those that a Provisioning Function has; it may be the export of a gateway, whose Service
IDs it then gives again.

Examples:
  msggw import devices.jsonl -c /etc/msggw/msggw.toml
  msggw import devices.jsonl --pf -c /etc/msggw/msggw.toml

Exit codes: 0 all is in the table and on disk, 1 no device or assignment has been taken, 2 wrong command line or configuration.)";

}  // namespace msggw::cli
