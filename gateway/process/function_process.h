// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/admin/admin.h"
#include "gateway/base/context.h"
#include "gateway/config/sections/config.h"
#include "gateway/loop/loop.h"
#include "gateway/process/certificate_watch.h"
#include "gateway/process/listeners.h"
#include "gateway/process/reload.h"
#include "gateway/process/troubles.h"
#include "gateway/roster/access.h"
#include "provisioning/function/function.h"
#include "provisioning/function/options.h"
#include "provisioning/function/policy.h"
#include "storage/store.h"

namespace msggw::process {

/// The policy file over [pf.policy], compiled. Throws config_language::ConfigError or
/// std::runtime_error.
function::Policy read_policy(const function::Options& options);
/// The gateways file. Throws as read_policy().
function::Gateways read_gateways(const function::Options& options);

/// The Provisioning Function, wired: its own loop, writer and store, whether it is a process of its
/// own or a thread beside a gateway. The constructor opens and reads the store; start() binds. Both
/// throw std::runtime_error.
class FunctionProcess {
 public:
  FunctionProcess(const function::Options& options, base::Duration watchdog);

  void start();
  /// On the calling thread until stop().
  void run();
  void stop() { loop_.stop(); }  ///< from any thread

  /// See Prepare in reload.h: with the policy file, the gateways file and the certificates as they
  /// are now, for requests and handshakes to come; connections stay, but for those of a listener
  /// that moves. A gateways file that has changed is read without being told, every 5 s at most,
  /// and whatever else is wrong: who was taken out of it is to be out. On the thread that runs.
  Commit prepare(const config::Config& now);
  /// How the operator has it reload; before start().
  void offer_reload(admin::Reloading reloading) { reloading_ = std::move(reloading); }

  loop::Loop& loop() noexcept { return loop_; }
  base::metrics::Registry& metrics() noexcept { return metrics_; }
  std::vector<Listener> listeners() const;
  /// Each part of the process, and whether it is well.
  std::vector<admin::Part> look() const { return {{"store", function_.healthy(), true}}; }

 private:
  void watch_gateways();
  void reload_changed_gateways();
  void put_in_force(function::Gateways&& gateways);
  struct Ready;
  void apply(Ready&& ready);
  admin::Place admin_place(const function::Options& options) const;
  void open_admin();
  void write_access();
  /// The answer to `msggw status --pf`.
  std::string status();
  void look_at_troubles();
  void watch_troubles();

  function::Options options_;
  base::Clock clock_;
  base::TimePoint started_ = clock_.now();
  base::metrics::Registry metrics_;
  loop::Loop loop_;
  base::Context context_{loop_.io(), clock_, metrics_};
  std::unique_ptr<storage::Store> store_;
  function::Function function_;
  admin::Reloading reloading_;
  std::unique_ptr<admin::Admin> admin_;
  std::string admin_token_;
  std::optional<roster::AccessFile> access_;
  CertificateWatch certificates_;
  boost::asio::steady_timer gateways_timer_{loop_.io()};
  std::filesystem::file_time_type
      gateways_time_{};           ///< of the gateways file as it was looked at last
  std::string gateways_trouble_;  ///< why that is not in force; empty: it is
  std::string coaps_trouble_;     ///< why there is no listener for its PSKs; empty: there is
  Troubles troubles_;
  boost::asio::steady_timer trouble_timer_{loop_.io()};
};

}  // namespace msggw::process
