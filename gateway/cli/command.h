// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gateway/base/address.h"
#include "gateway/base/clock.h"
#include "gateway/base/document.h"
#include "gateway/core/ids.h"
#include "gateway/core/presence.h"
#include "gateway/roster/rows.h"

namespace msggw::cli {

/// What the process ends with; documented in every --help.
enum class ExitCode : int {
  ok = 0,
  failed =
      1,  ///< it was tried and did not work, or what it has to say cannot be written to standard
          ///< output; provision: there is no such Private ID
  usage = 2,  ///< command line or configuration
  refused =
      3,  ///< provision: the Provisioning Function's policy says no, repeating changes nothing
  unreachable = 4,  ///< provision: no answer within the timeout, or "not now"
  useless = 5,      ///< provision: the answer cannot be understood
};

/// `msggw demo`
struct Demo {
  std::filesystem::path folder;            ///< empty: a fresh one that goes with the process
  std::optional<std::uint16_t> port_base;  ///< none: the default ports
  bool devices = true;                     ///< the sample devices
};

/// `msggw run`; `settings` are "section.key=value", for config_files::load().
struct Run {
  std::filesystem::path config;
  std::vector<std::string> settings;
};

/// `msggw pf`
struct Function {
  std::filesystem::path config;  ///< empty: the defaults
  std::vector<std::string> settings;
};

/// `msggw pf --explain`
struct Explain {
  std::filesystem::path config;  ///< empty: the defaults
  std::vector<std::string> settings;
  std::string private_id;  ///< as typed
  core::UeType type = core::UeType::non_3gpp;
  std::string gateway = {};  ///< who would ask, taken as proven; empty: nobody
  std::string info = {};     ///< compact JSON object, empty if no --info is given
  bool json = false;
};

/// `msggw check`
struct Check {
  std::filesystem::path config;
  std::vector<std::string> settings;
  bool function = false;  ///< as `msggw pf` would use it
  bool reach = false;     ///< asks the MSGin5G Servers whether they are there
};

/// `msggw check --defaults`
struct Defaults {};

/// `msggw provision`
struct Provision {
  enum class Action { provision, look_up, release };
  Action action = Action::provision;
  core::UeType type = core::UeType::non_3gpp;
  std::string private_id;
  std::string info;  ///< compact JSON object, empty if no --info is given
  base::Uri uri;     ///< API root of the Provisioning Function
  base::Duration timeout{5'000};
  std::filesystem::path ca;
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::string psk_identity;  ///< empty: X.509
  std::string psk_key;
  std::string token;
  base::Encoding encoding = base::Encoding::json;
  bool message = false;  ///< as a MSGin5G message
  bool json = false;
};

/// Whose devices are meant: those of the gateway of a configuration, or with a folder. At most one
/// is not empty; neither means the defaults.
struct Source {
  std::filesystem::path config;
  std::filesystem::path folder;
};

/// `msggw devices list`
struct ListDevices {
  Source source;
  std::optional<core::DeviceState> state;  ///< none: all
  /// One of both: asks the running gateway.
  std::optional<core::Presence> presence;
  std::string bearer;     ///< over which it is there; empty: over any
  std::size_t limit = 0;  ///< 0: all
  bool json = false;
};

/// `msggw devices show`
struct ShowDevice {
  std::string private_id;  ///< as typed
  Source source;
  bool json = false;
};

/// `msggw devices add`
struct AddDevice {
  Source source;
  std::optional<core::UeType> type;  ///< none: as it is, or non_3gpp if it is new
  std::string private_id;            ///< as typed
  std::string info;                  ///< compact JSON object, empty if no --info is given
  std::vector<std::string> aliases;  ///< as typed
  bool json = false;
};

/// `msggw devices import`, and `msggw devices credential import`
struct ImportDevices {
  Source source;
  std::filesystem::path file;  ///< "-": standard input
  roster::Format format = roster::Format::csv;
  std::filesystem::path errors;    ///< why rows failed; empty: standard error
  std::filesystem::path rejected;  ///< these rows; empty: nowhere
  std::size_t resume_from = 1;     ///< line
  bool credentials = false;        ///< of devices that are in the table; in CSV
  bool json = false;
};

/// `msggw devices credential add`
struct AddCredential {
  Source source;
  std::string private_id;                   ///< as typed
  std::string kind = "psk";                 ///< or "password" or "certificate"
  std::string name;                         ///< empty: the Private ID
  std::filesystem::path secret_file = "-";  ///< "-": standard input; not read of a certificate
  std::string not_before;                   ///< as roster::parse_time() reads it; empty: no bound
  std::string not_after;                    ///< likewise
  bool json = false;
};

/// `msggw devices credential list`
struct ListCredentials {
  Source source;
  std::string private_id;  ///< as typed
  bool json = false;
};

/// `msggw devices credential remove`
struct RemoveCredentials {
  Source source;
  std::string private_id;  ///< as typed
  std::vector<std::uint32_t> numbers;
  bool last = false;  ///< also the last one that the device has
  bool json = false;
};

/// `msggw devices suspend`, `resume`, `remove` and `reprovision`
struct OperateDevices {
  enum class Operation { suspend, resume, remove, reprovision };
  Operation operation{};
  Source source;
  std::vector<std::string> private_ids;  ///< as typed
  bool force = false;                    ///< of remove: the release is not waited for
  bool json = false;
};

/// `msggw devices remove PRIVATE_ID --alias OTHER`
struct RemoveAliases {
  Source source;
  std::string private_id;            ///< as typed
  std::vector<std::string> aliases;  ///< as typed, one at least
  bool json = false;
};

/// `msggw devices remove` of all that have something in common; one of the three is said.
struct RemoveDevices {
  Source source;
  std::string matching;    ///< pattern of Private IDs
  std::string idle_since;  ///< a time as roster::parse_time() reads it; empty: not asked for
  std::string from;        ///< numeric address, "broker" or "smsc:N"
  bool yes = false;        ///< no question is asked
  bool force = false;      ///< as of OperateDevices
  bool json = false;
};

/// Which messages are meant, in the words of the command line; what is empty fits all.
struct MessageFilter {
  std::string device;     ///< a Private ID, as typed
  std::string direction;  ///< "up" or "down"
  std::string priority;   ///< "high", "normal" or "low"
};

/// `msggw messages list`
struct ListMessages {
  Source source;
  MessageFilter filter;
  std::string stage;  ///< "waiting", "handed", "done" or "failed"; empty: those that have not ended
  std::size_t limit = 0;  ///< 0: all
  bool json = false;
};

/// `msggw messages show`
struct ShowMessage {
  Source source;
  std::uint64_t number = 0;
  bool content = false;  ///< with what its sender wrote
  bool json = false;
};

/// `msggw messages remove`: either by number or by what they have in common.
struct RemoveMessages {
  Source source;
  std::vector<std::uint64_t> numbers;
  MessageFilter filter;
  bool yes = false;  ///< no question is asked about the many
  bool json = false;
};

/// `msggw why`
struct Why {
  Source source;
  std::string private_id;  ///< as typed
  bool json = false;
};

/// `msggw trace`
struct Trace {
  Source source;
  std::string of;  ///< a msgId, a Private ID or a Service ID
  bool json = false;
};

/// Whose store is meant: that of a gateway, or of a Provisioning Function.
struct StoreSource {
  Source source;
  bool function = false;
};

/// `msggw status`
struct ShowStatus {
  StoreSource of;
  base::Duration timeout{5'000};
  bool json = false;
};

/// `msggw backup`
struct MakeBackup {
  StoreSource of;
  std::filesystem::path to;
  bool with_key = false;   ///< of the credentials
  std::uint64_t rate = 0;  ///< octets a second; 0: as fast as it goes
  bool json = false;
};

/// `msggw restore`
struct Restore {
  StoreSource of;
  std::filesystem::path from;
  bool replace = false;  ///< what is there is put aside
  bool check = false;    ///< only looks at the backup
  bool json = false;
};

/// `msggw store`
struct CareForStore {
  enum class Action { check, compact, upgrade };
  Action action{};
  StoreSource of;
  bool json = false;
};

/// `msggw export`
struct ExportTable {
  StoreSource of;
  std::filesystem::path file;  ///< "-": standard output
  bool credentials = false;    ///< PSKs in clear, too
};

/// `msggw import`
struct ImportTable {
  StoreSource of;
  std::filesystem::path file;  ///< "-": standard input
  bool json = false;
};

/// `msggw reload`
struct Reload {
  Source source;
  bool function = false;  ///< the Provisioning Function is meant, with its folder
  base::Duration timeout{60'000};
  bool json = false;
};

/// `msggw config show`
struct ShowConfig {
  std::filesystem::path config;  ///< empty: the installed one, or the defaults
  std::vector<std::string> settings;
  bool function = false;  ///< as `msggw pf` would use it
  bool origin = false;
  bool json = false;
};

/// `msggw config diff`
struct DiffConfig {
  std::vector<std::filesystem::path> files;  ///< two; or none: what the running one would change
  Source source;
  bool function = false;  ///< as of ShowConfig
  base::Duration timeout{60'000};
  bool json = false;
};

/// Nothing to do but to print: help and version (to standard output, with ExitCode::ok) or what is
/// wrong with the command line (to standard error).
struct Stop {
  ExitCode code = ExitCode::ok;
  std::string text;
};

using Command =
    std::variant<Stop, Demo, Run, Function, Explain, Check, Defaults, Provision, ListDevices,
                 ShowDevice, AddDevice, ImportDevices, AddCredential, ListCredentials,
                 RemoveCredentials, OperateDevices, RemoveAliases, RemoveDevices, ListMessages,
                 ShowMessage, RemoveMessages, Why, Trace, ShowStatus, MakeBackup, Restore,
                 CareForStore, ExportTable, ImportTable, Reload, ShowConfig, DiffConfig>;

/// Never throws on input.
Command parse(int argc, const char* const* argv);

}  // namespace msggw::cli
