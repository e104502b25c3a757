// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/wire/http/server.h"
#include "gateway/base/context.h"
#include "provisioning/tester/faults.h"
#include "provisioning/tester/journal.h"
#include "provisioning/tester/options.h"

namespace msggw::tester {

/// What happens to one request: decided when it comes in, kept with it until its answer.
struct Fate {
  std::uint64_t entry = 0;       ///< its first entry in the journal
  std::optional<Action> action;  ///< none: nothing goes wrong
};

/// The faults of a scenario file. Throws std::runtime_error, naming file and fault.
std::vector<Fault> read_scenario(const std::filesystem::path& file);

/// A tester's controls of the Provisioning Function: the journal of what it was asked, the faults
/// it shows on request, and the listener through which both are handled (docs/tester.md). Loop
/// thread only.
class Tester {
 public:
  struct Hooks {
    /// Called inside a handler: to be done in another one. Closes every connection and listener,
    /// opens them again after `down`; forgets all Service IDs first if told so.
    std::function<void(base::Duration down, bool lose_store)> restart;
  };

  /// Reads the scenario. Throws std::runtime_error, naming file and fault.
  Tester(const base::Context& context, const Options& options, Hooks hooks);
  ~Tester();
  Tester(const Tester&) = delete;
  Tester& operator=(const Tester&) = delete;

  /// Opens the listener. Throws std::runtime_error if it cannot.
  void start();
  std::uint16_t port() const noexcept;  ///< 0 before start()

  /// Notes a whole request and says what is to go wrong with it.
  Fate on_request(const Seen& seen);
  /// Notes what the item behind `entry` was answered; `service_id` is empty if none was given.
  void answered(std::uint64_t entry, unsigned status, std::string_view service_id);

 private:
  http::Response handle(const http::Request& request);
  http::Response on_journal(const http::Request& request);
  http::Response on_faults(const http::Request& request);
  http::Response on_fault(const http::Request& request, std::string_view name);
  http::Response on_counters(const http::Request& request) const;
  http::Response on_reset(const http::Request& request);
  http::Response on_restart(const http::Request& request);

  base::Context context_;
  Options options_;
  Hooks hooks_;
  Journal journal_;
  Faults faults_;
  std::map<std::string, std::uint64_t> asked_;     ///< by channel and operation
  std::map<std::string, std::uint64_t> answered_;  ///< by status, 0: not at all
  base::metrics::Counter& faults_total_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace msggw::tester
