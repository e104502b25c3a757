#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/core/ids.h"

namespace msggw::cli {

/// What the process ends with; documented in every --help.
enum class ExitCode : int {
  ok = 0,
  failed = 1,  ///< the operation was tried and did not work
  usage = 2,   ///< command line or configuration
  refused =
      3,  ///< provision: the Provisioning Function's policy says no, repeating changes nothing
  unreachable = 4,  ///< provision: no answer within the timeout, or "not now"
  useless = 5,      ///< provision: the answer cannot be understood
};

/// `msggw demo`
struct Demo {
  std::optional<std::filesystem::path> folder;  ///< none: a fresh one that goes with the process
  std::optional<std::uint16_t> port_base;       ///< none: the default ports
  bool devices = true;                          ///< the sample devices
};

/// `msggw run`; `settings` are "section.key=value", for config::load().
struct Run {
  std::filesystem::path config;
  std::vector<std::string> settings;
};

/// `msggw pf`
struct Function {
  std::filesystem::path config;  ///< empty: the defaults
  std::vector<std::string> settings;
};

/// `msggw check`
struct Check {
  std::filesystem::path config;
  std::vector<std::string> settings;
  bool function = false;  ///< as `msggw pf` would use it
};

/// `msggw check --defaults`
struct Defaults {};

/// `msggw provision`
struct Provision {
  core::UeType type = core::UeType::non_3gpp;
  std::string private_id;
  std::string info;  ///< compact JSON object, empty if no --info is given
  std::string uri;   ///< API root of the Provisioning Function, http or https
  base::Duration timeout{5'000};
  std::filesystem::path ca;
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::string token;
  bool json = false;
};

/// Whose device table is looked at: the one of a configuration, or the one in a folder. At most one
/// is not empty; neither means the defaults.
struct Source {
  std::filesystem::path config;
  std::filesystem::path folder;
};

/// `msggw devices list`
struct ListDevices {
  Source source;
  std::optional<core::DeviceState> state;  ///< none: all
  std::size_t limit = 0;                   ///< 0: all
  bool json = false;
};

/// `msggw devices show`
struct ShowDevice {
  std::string private_id;  ///< as typed
  Source source;
  bool json = false;
};

/// Nothing to do but to print: help and version (to standard output, with ExitCode::ok) or what is
/// wrong with the command line (to standard error).
struct Stop {
  ExitCode code = ExitCode::ok;
  std::string text;
};

using Command =
    std::variant<Stop, Demo, Run, Function, Check, Defaults, Provision, ListDevices, ShowDevice>;

/// Never throws on input.
Command parse(int argc, const char* const* argv);

}  // namespace msggw::cli
