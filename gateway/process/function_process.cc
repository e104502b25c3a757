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
#include "gateway/process/stores.h"
#include "storage/memory_store.h"

namespace msggw::process {

namespace {

std::unique_ptr<storage::Store> open_store(const function::Options& options) {
  if (options.volatile_store)
    return std::make_unique<storage::MemoryStore>(function::store_tables().size());
  return storage::open_lmdb_store(store_of(options));
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

/// Who is out is out in any case; with the first PSK a listener for CoAP opens, with the last one
/// it closes.
void FunctionProcess::put_in_force(function::Gateways&& gateways) {
  const bool had_psk = function_.gateways().has_psk();
  function_.set_gateways(std::move(gateways));
  gateways_trouble_.clear();
  const bool has_psk = function_.gateways().has_psk();
  if (has_psk == had_psk) return;
  try {
    const auto before = listeners();
    function_.reconfigure(function_.prepare(options_, has_psk));
    tell_moves(before, listeners());
    coaps_trouble_.clear();
  } catch (const std::exception& error) {
    coaps_trouble_ = error.what();
    base::log::error("pf_reload_refused", {{"reason", coaps_trouble_}});
  }
}

void FunctionProcess::start() {
  tell_build(metrics_);
  function_.start();
  certificates_.read();
  watch_gateways();
  open_admin();
  watch_troubles();
}

admin::Place FunctionProcess::admin_place(const function::Options& options) const {
  return {boost::asio::ip::address_v4::loopback(), options.admin_port, "pf", "admin_port",
          options.admin_port != 0};
}

void FunctionProcess::open_admin() {
  admin_ =
      std::make_unique<admin::Admin>(context_, admin_place(options_), [this] { return look(); });
  if (options_.volatile_store) return;
  admin_token_ = roster::random_token();
  admin_->open_to({{}, admin_token_});
  admin_->open_reload(reloading_);
  admin_->open_status([this] { return status(); });
  write_access();
}

void FunctionProcess::write_access() {
  if (admin_token_.empty()) return;
  access_.reset();
  if (admin_->port() == 0) return roster::remove_access(options_.folder);
  const base::Host here{boost::asio::ip::address(boost::asio::ip::address_v4::loopback())};
  access_.emplace(
      options_.folder,
      roster::Access{base::Uri{base::Scheme::http, here, admin_->port()}, admin_token_});
}

void FunctionProcess::run() {
  loop_.run([this] { function_.end_turn(clock_.now()); });
  function_.stop();
}

struct FunctionProcess::Ready {
  config::Config config;
  function::Policy policy;
  std::filesystem::file_time_type gateways_time;
  function::Gateways gateways;
  function::Function::Prepared function;
  http::Place admin;
};

Commit FunctionProcess::prepare(const config::Config& now) {
  auto policy = read_policy(now.pf);
  const auto time = time_of(now.pf.gateways_file);  // what is written after it is looked at again
  auto gateways = read_gateways(now.pf);
  auto function = function_.prepare(now.pf, gateways.has_psk());
  const auto ready =
      std::make_shared<Ready>(Ready{now, std::move(policy), time, std::move(gateways),
                                    std::move(function), admin_->prepare(admin_place(now.pf))});
  return [this, ready]() -> base::Result<> {
    apply(std::move(*ready));
    return {};
  };
}

void FunctionProcess::apply(Ready&& ready) {
  const auto before = listeners();
  const config::Config& now = ready.config;
  options_ = now.pf;
  base::log::change(now.log.level, now.log.private_ids);
  loop_.watch(now.gateway.watchdog_turn);
  base::log::info("pf_reloaded", {{"rules", ready.policy.rules().size() - 1},
                                  {"gateways", ready.gateways.size()}});
  function_.reconfigure(std::move(ready.function));
  function_.set_policy(std::move(ready.policy));
  function_.set_gateways(std::move(ready.gateways));
  gateways_trouble_.clear();
  coaps_trouble_.clear();
  admin_->take(std::move(ready.admin));
  write_access();
  tell_moves(before, listeners());
  gateways_time_ = ready.gateways_time;
  watch_gateways();
  certificates_.watch(tls_files_of_function(options_));
  certificates_.read();
}

}  // namespace msggw::process
