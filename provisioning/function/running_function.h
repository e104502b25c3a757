// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "gateway/base/clock.h"
#include "gateway/base/metrics.h"
#include "provisioning/function/function.h"
#include "provisioning/function/options.h"
#include "storage/memory_store.h"
#include "storage/store.h"

namespace msggw::function {

/// Options of tests: loopback, any free port.
inline Options test_options() {
  Options options;
  options.port = 0;
  options.tls_port = 0;
  options.coap.coap_port = 0;
  options.coap.coaps_port = 0;
  return options;
}

/// For tests: a Provisioning Function on a loop of its own, as `msggw pf` runs it.
class RunningFunction {
 public:
  RunningFunction(storage::Store& store, const Options& options, Gateways gateways = Gateways())
      : function_({io_, clock_, metrics_}, options, store) {
    function_.set_gateways(std::move(gateways));
    function_.load();
    function_.start();
    ports_[base::Scheme::http] = function_.port();
    ports_[base::Scheme::https] = function_.tls_port();
    for (const auto scheme :
         {base::Scheme::coap, base::Scheme::coaps, base::Scheme::coap_tcp, base::Scheme::coaps_tcp})
      ports_[scheme] = function_.coap_port(scheme);
    loop_ = std::thread([this] { run(); });
  }
  ~RunningFunction() {
    stopping_ = true;
    work_.reset();
    io_.stop();
    loop_.join();
    function_.stop();
  }
  RunningFunction(const RunningFunction&) = delete;
  RunningFunction& operator=(const RunningFunction&) = delete;

  std::string root(base::Scheme scheme = base::Scheme::http) const {
    return std::string(base::name_of(scheme)) + "://127.0.0.1:" + std::to_string(ports_.at(scheme));
  }
  std::string tls_root() const { return root(base::Scheme::https); }
  /// 0: there is no such listener.
  std::uint16_t port(base::Scheme scheme = base::Scheme::http) const { return ports_.at(scheme); }
  /// Calls with the function on its own thread, and waits for the end of that.
  template <class Call>
  auto on_loop(Call&& call) {
    std::packaged_task<decltype(call(function_))()> task([&] { return call(function_); });
    auto done = task.get_future();
    boost::asio::post(io_, [&] { task(); });
    return done.get();
  }
  /// Whether the metrics say so, by and by: a request may be counted when its answer has been read.
  bool exposes(std::string_view line) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (base::metrics::expose(metrics_).find(line) == std::string::npos) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

 private:
  void run() {
    while (!stopping_) {
      io_.run_one_for(std::chrono::milliseconds(100));
      io_.poll();
      function_.end_turn(clock_.now());
    }
  }

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  base::Clock clock_;
  base::metrics::Registry metrics_;
  Function function_;
  std::map<base::Scheme, std::uint16_t> ports_;
  std::atomic<bool> stopping_ = false;
  std::thread loop_;
};

/// A store whose commits the test holds back or lets fail.
class GatedStore final : public storage::Store {
 public:
  base::Result<void> load(storage::TableNo table, const Visitor& visit) override {
    return store_.load(table, visit);
  }
  base::Result<void> apply(const storage::Batch& batch) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
    if (failing_) return base::fail(base::Errc::storage, "gated store: told to fail");
    return store_.apply(batch);
  }
  base::Result<std::optional<std::string>> find(storage::TableNo table,
                                                std::uint64_t key) override {
    return store_.find(table, key);
  }
  base::Result<void> check() override { return store_.check(); }

  void hold() { set(open_, false); }
  void let_go() { set(open_, true); }
  void fail(bool failing) { set(failing_, failing); }
  std::size_t rows() {
    std::size_t rows = 0;
    const auto loaded = store_.load(kAssignments, [&](std::uint64_t, std::string_view) { ++rows; });
    return loaded ? rows : 0;
  }

 private:
  void set(bool& flag, bool value) {
    const std::scoped_lock lock(mutex_);
    flag = value;
    changed_.notify_all();
  }

  storage::MemoryStore store_{store_tables().size()};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  bool failing_ = false;
};

}  // namespace msggw::function
