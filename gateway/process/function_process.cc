// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/function_process.h"

#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "gateway/base/log.h"
#include "gateway/base/log_change.h"
#include "gateway/config/files/gateways_file.h"
#include "gateway/config/files/policy_file.h"
#include "gateway/config/language/config_error.h"
#include "gateway/process/build_info.h"
#include "storage/lmdb_store.h"
#include "storage/memory_store.h"

namespace msggw::process {

namespace {

std::unique_ptr<storage::Store> open_store(const function::Options& options) {
  if (options.volatile_store)
    return std::make_unique<storage::MemoryStore>(function::store_tables().size());
  storage::LmdbOptions lmdb;
  lmdb.folder = options.folder;
  lmdb.tables = function::store_tables();
  return storage::open_lmdb_store(std::move(lmdb));
}

/// When the file changed last; the epoch if that cannot be told.
std::filesystem::file_time_type time_of(const std::filesystem::path& file) {
  std::error_code ignored;
  const auto time = std::filesystem::last_write_time(file, ignored);
  return ignored ? std::filesystem::file_time_type{} : time;
}

constexpr std::chrono::seconds kLookAtGateways{5};

}  // namespace

function::Policy read_policy(const function::Options& options) {
  return {config_files::load_policy(options), options.wire};
}

function::Gateways read_gateways(const function::Options& options) {
  if (options.gateways_file.empty()) return {};
  return function::Gateways(config_files::load_gateways(options.gateways_file));
}

FunctionProcess::FunctionProcess(const function::Options& options, base::Duration watchdog)
    : options_(options),
      loop_("pf", watchdog, clock_, metrics_),
      store_(open_store(options)),
      function_(context_, options, *store_),
      admin_port_(options.admin_port),
      certificates_(context_, tls_files_of_function(options)) {
  function_.set_policy(read_policy(options_));
  gateways_time_ = time_of(options_.gateways_file);
  function_.set_gateways(read_gateways(options_));
  function_.load();
}

void FunctionProcess::watch_gateways() {
  if (options_.gateways_file.empty()) return gateways_timer_.cancel(), void();
  gateways_timer_.expires_after(kLookAtGateways);
  gateways_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    reload_changed_gateways();
    watch_gateways();
  });
}

void FunctionProcess::reload_changed_gateways() {
  const auto time = time_of(options_.gateways_file);
  if (time == std::exchange(gateways_time_, time)) return;
  try {
    auto gateways = read_gateways(options_);
    base::log::info("pf_gateways_reloaded", {{"gateways", gateways.size()}});
    put_in_force(std::move(gateways));
  } catch (const std::exception& error) {
    gateways_trouble_ = config_language::one_line(error);
    base::log::error("pf_reload_refused", {{"reason", gateways_trouble_}});
  }
}

void FunctionProcess::put_in_force(function::Gateways&& gateways) {
  function_.set_gateways(std::move(gateways));
  gateways_trouble_.clear();
  if (lacks_coaps()) base::log::warn("pf_restart_needed", {{"reason", kLacksCoaps}});
}

void FunctionProcess::start() {
  tell_build(metrics_);
  function_.start();
  certificates_.read();
  watch_gateways();
  watch_troubles();
  if (admin_port_ != 0)
    open_admin();
  else if (!options_.volatile_store)
    roster::remove_access(options_.folder);
}

void FunctionProcess::open_admin() {
  const boost::asio::ip::address here = boost::asio::ip::address_v4::loopback();
  admin_ = std::make_unique<admin::Admin>(
      context_, admin::Place{here, admin_port_, "pf", "admin_port"}, [this] { return look(); });
  if (options_.volatile_store) return;
  const admin::ApiAccess access{{}, roster::random_token()};
  admin_->open_to(access);
  admin_->open_reload(reloading_);
  admin_->open_status([this] { return status(); });
  access_.emplace(options_.folder,
                  roster::Access{base::Uri{base::Scheme::http, base::Host(here), admin_->port()},
                                 access.token});
}

void FunctionProcess::run() {
  loop_.run([this] { function_.end_turn(clock_.now()); });
  function_.stop();
}

base::Result<> FunctionProcess::apply(const config::Config& now) {
  try {
    // What can fail comes first, so that it is all or nothing.
    auto policy = read_policy(now.pf);
    const auto time = time_of(now.pf.gateways_file);  // what is written after it is looked at again
    auto gateways = read_gateways(now.pf);
    function_.reconfigure(now.pf);
    if (auto done = function_.reload_tls(); !done) {
      function_.reconfigure(options_);
      return done;
    }
    options_ = now.pf;
    base::log::change(now.log.level, now.log.private_ids);
    loop_.watch(now.gateway.watchdog_turn);
    base::log::info("pf_reloaded",
                    {{"rules", policy.rules().size() - 1}, {"gateways", gateways.size()}});
    function_.set_policy(std::move(policy));
    put_in_force(std::move(gateways));
    gateways_time_ = time;
    watch_gateways();
    certificates_.watch(tls_files_of_function(options_));
    certificates_.read();
    return {};
  } catch (const std::exception& error) {
    return base::fail(base::Errc::incorrect, config_language::one_line(error));
  }
}

}  // namespace msggw::process
