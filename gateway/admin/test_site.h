// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/admin/admin.h"
#include "gateway/base/clock.h"
#include "gateway/base/metrics.h"
#include "gateway/core/gateway.h"
#include "gateway/credentials/doors.h"
#include "gateway/messages/device_side.h"
#include "gateway/messages/server_side.h"
#include "gateway/messages/store_side.h"
#include "provisioning/function/curl.h"
#include "tests/support/temp_folder.h"

/// What the tests of this room ask, with the curl program as the operator.
namespace msggw::admin::test {

using function::CurlAnswer;

/// A gateway without devices' protocols on a loop of its own. Commits are made as long as
/// `commits`, and every ask is answered as long as `answers`.
class Site {
 public:
  explicit Site(const core::Limits& limits = {});
  ~Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  /// On the thread of the loop, with its result.
  template <class Work>
  auto inside(Work work) {
    std::packaged_task<decltype(work(std::declval<core::Gateway&>()))()> task(
        [&] { return work(gateway_); });
    auto result = task.get_future();
    boost::asio::post(io_, [&] { task(); });
    return result.get();
  }
  template <class Condition>
  void until(Condition condition) {
    while (!inside(condition)) std::this_thread::yield();
  }

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(admin_.port()) + path;
  }
  CurlAnswer call(std::vector<std::string> arguments, const std::string& path,
                  const std::string& token = "secret") const;
  CurlAnswer post(const std::string& type, const std::string& body,
                  const std::string& path = "/api/v1/devices") const;
  std::string exposed() const { return base::metrics::expose(metrics_); }

  /// A message for the device of that Private ID, once it has its Service ID.
  void deliver(const std::string& private_id, const messages::Message& message);
  // Only inside().
  messages::DeviceSide& device_side() noexcept { return device_side_; }
  messages::ServerSide& server_side() noexcept { return server_side_; }
  credentials::Book& book() noexcept { return book_; }
  Status& status() noexcept { return status_; }
  const messages::Queue& queue() const noexcept { return queue_; }

  std::atomic<bool> commits = true;
  std::atomic<bool> answers = true;
  std::atomic<bool> has_told_broker = true;

 private:
  void run();
  void commit();

  boost::asio::io_context io_;
  base::Clock clock_;
  base::metrics::Registry metrics_;
  core::Gateway gateway_;
  Status status_;
  messages::Queue queue_;
  messages::DeviceSide device_side_;
  messages::ServerSide server_side_{queue_};
  messages::StoreSide store_side_{queue_};
  messages::OperatorSide operator_side_;
  msggw::test::TempFolder key_folder_;
  credentials::Book book_;
  credentials::OperatorSide credential_side_{book_};
  credentials::StoreSide stored_credentials_{book_};
  std::map<messages::MessageNo, messages::Carried> stored_;
  Admin admin_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

bool contains(const std::string& text, const std::string& part);

}  // namespace msggw::admin::test
